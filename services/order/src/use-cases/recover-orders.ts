import { isTerminal, type Order } from '../domain.js';
import { createBudget } from './budget.js';
import type { Outbox } from './outbox.js';
import type { Driver, Ports } from './ports.js';
import type { Saga } from './saga.js';

const limit = 50;
/** One order that waits for a hanging service must not keep the others waiting. */
const lanes = 8;
const leaseMs = 30_000;
/** Ends before the lease does. The pause between attempts is the order's own back-off. */
const budgetMs = 20_000;

/**
 * One pass over the orders that nobody is working on: takes each over and drives it on. Every replica runs it each second, and a
 * signal ends it between two steps.
 */
export const createRecoverOrders = (
  { store, probe, clock, newId }: Ports,
  saga: Saga,
  outbox: Outbox,
): ((signal: AbortSignal) => Promise<void>) => {
  const recover = async (order: Order, signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    const driver: Driver = {
      id: newId(),
      by: 'recovery',
      leaseMs,
      budget: createBudget(clock, { totalMs: budgetMs, attempts: 1, signal }),
    };
    const lease = { owner: driver.id, until: new Date(now.getTime() + leaseMs) };
    const claimed = await store.claim(order, lease, now);
    if (claimed === undefined) return;
    await probe.recovery(claimed, async () => {
      if (isTerminal(claimed)) {
        probe.retold(claimed);
        return outbox.told(claimed);
      }
      const reached = await saga.drive(claimed, driver);
      if (isTerminal(reached)) probe.recovered(reached);
    });
  };

  return async (signal) => {
    const due = await store.due(clock.now(), limit);
    const lane = async (): Promise<void> => {
      for (let order = due.shift(); order !== undefined && !signal.aborted; order = due.shift()) {
        await recover(order, signal);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: lanes }, lane));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };
};
