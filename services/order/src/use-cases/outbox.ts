import type { Order } from '../domain.js';
import type { Ports } from './ports.js';

export type Outbox = ReturnType<typeof createOutbox>;

/** Log lines and spans wait this long at most before they leave a process that lives. */
const flushedAfterMs = 5_000;

/**
 * Sees to it that no order ends in silence. A terminal order stays due until whoever ended it has lived long enough to tell;
 * if that process was killed, what it said may have died in its buffers, and a recovery tells it again.
 */
export const createOutbox = ({ store, clock }: Pick<Ports, 'store' | 'clock'>) => {
  const told = new Map<string, number>();

  const settleThose = async (isReady: (toldAt: number) => boolean): Promise<void> => {
    const ids = [...told].filter(([, toldAt]) => isReady(toldAt)).map(([id]) => id);
    if (ids.length === 0) return;
    await store.settle(ids);
    for (const id of ids) told.delete(id);
  };

  return {
    /** This process has stated how the order ended. */
    told(order: Order): void {
      told.set(order.id, clock.now().getTime());
    },
    /** Settles the orders that were told of long enough ago. */
    sweep: (): Promise<void> => settleThose((toldAt) => toldAt <= clock.now().getTime() - flushedAfterMs),
    /** Settles all: this process goes down in order, and flushes what it has said. */
    close: (): Promise<void> => settleThose(() => true),
  };
};
