import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@glasshouse/service-kit';
import type { Charge, Decision } from '../domain.js';
import { errors } from '../errors.js';
import type { Processor } from '../use-cases.js';

/** What the simulated processor remembers, so that it behaves the same after a restart and behind every replica. */
export interface Attempts {
  /** Notes that a charge was tried, unless it was noted before; exactly one caller is told that it is the first. */
  begin(orderId: string, at: Date): Promise<{ isFirst: boolean; firstAt: Date }>;
}

interface ProcessorOptions {
  attempts: Attempts;
  clock: Clock;
  /** Milliseconds that the slow method takes, counted from the first attempt. */
  slowMs: number;
}

/** Simulates a card processor. The method alone decides, so every outcome can be provoked and repeated. */
export const createProcessor = ({ attempts, clock, slowMs }: ProcessorOptions): Processor => {
  /**
   * The time runs from the first attempt and not from this one: a caller whose deadline is shorter than the wait gets
   * its decision by asking again, instead of beginning anew for ever.
   */
  const decideSlowly = async ({ orderId }: Charge, signal: AbortSignal): Promise<Decision> => {
    const now = clock.now();
    const { firstAt } = await attempts.begin(orderId, now);
    const elapsedMs = now.getTime() - firstAt.getTime();
    // Replicas' clocks differ; never wait longer than the whole.
    await pause(Math.min(slowMs, Math.max(0, slowMs - elapsedMs)), signal);
    return 'SUCCEEDED';
  };

  const failOnce = async ({ orderId }: Charge): Promise<Decision> => {
    const { isFirst } = await attempts.begin(orderId, clock.now());
    if (isFirst) throw errors.processorUnavailable({ retryAfterSeconds: 1 });
    return 'SUCCEEDED';
  };

  return {
    async decide(charge, signal) {
      switch (charge.paymentMethod) {
        case 'card_ok':
          return 'SUCCEEDED';
        case 'card_declined':
          return 'DECLINED';
        case 'card_slow':
          return decideSlowly(charge, signal);
        case 'card_flaky':
          return failOnce(charge);
      }
    },
  };
};

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await wait(ms, undefined, { signal });
  } catch (cause) {
    throw errors.processorUnavailable({ cause, retryAfterSeconds: 1 });
  }
};
