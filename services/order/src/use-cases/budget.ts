import { kitErrors } from '@glasshouse/service-kit';
import type { Budget } from './ports.js';

/** Below this there is no use in beginning a call: the other side refuses it. */
const minimumMs = 50;
/** What the pauses between the attempts of one call may take, at most. */
const pauseMs = 200;

export interface BudgetOptions {
  readonly totalMs: number;
  /** How often one call may be tried. */
  readonly attempts: number;
  /** Ends the budget early: the process is going down. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts the clock of one driver. */
export const createBudget = (clock: { now(): Date }, { totalMs, attempts, signal }: BudgetOptions): Budget => {
  const endsAt = clock.now().getTime() + totalMs;
  return {
    forCall(capMs) {
      if (signal?.aborted) throw kitErrors.shuttingDown();
      const pausesMs = pauseMs * (attempts - 1);
      const timeoutMs = Math.floor((endsAt - clock.now().getTime() - pausesMs) / attempts);
      if (timeoutMs < minimumMs) throw kitErrors.deadlineExceeded();
      return { timeoutMs: Math.min(capMs, timeoutMs), attempts };
    },
  };
};
