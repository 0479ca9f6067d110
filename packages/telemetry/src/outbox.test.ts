import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { createOutbox, type DropReason, type OutboxOptions, Refused } from './outbox.js';
import { waitFor } from './testing/wait-for.js';

const setup = (options: Partial<OutboxOptions<number>> = {}) => {
  const delivered: number[] = [];
  const dropped: Record<DropReason, number> = { full: 0, refused: 0, closed: 0 };
  const batches: number[] = [];
  let confirmed = 0;
  const outbox = createOutbox<number>({
    maxItems: 1_000,
    maxBytes: 1_000_000,
    batch: { maxItems: 10, maxBytes: 1_000_000, lingerMs: 1 },
    retry: { minMs: 1, maxMs: 5 },
    onDelivered: (count) => {
      confirmed += count;
    },
    onDropped: (count, reason) => {
      dropped[reason] += count;
    },
    ...options,
    deliver: async (items, signal) => {
      await options.deliver?.(items, signal);
      batches.push(items.length);
      delivered.push(...items);
    },
  });
  const totalDropped = () => dropped.full + dropped.refused + dropped.closed;
  return { outbox, delivered, dropped, batches, confirmed: () => confirmed, totalDropped };
};

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('outbox', () => {
  it('delivers in order, in batches no larger than allowed', async () => {
    const { outbox, delivered, batches } = setup();
    for (const item of range(95)) outbox.push(item, 1);
    await outbox.close(1_000);
    expect(delivered).toEqual(range(95));
    expect(Math.max(...batches)).toBe(10);
  });

  it('limits a batch by its bytes, too', async () => {
    const { outbox, batches } = setup({ batch: { maxItems: 100, maxBytes: 30, lingerMs: 1 } });
    for (const item of range(12)) outbox.push(item, 10);
    await outbox.close(1_000);
    expect(batches).toEqual([3, 3, 3, 3]);
  });

  it('sends a failed batch again before anything newer', async () => {
    let failures = 5;
    const { outbox, delivered, confirmed } = setup({
      deliver: async () => {
        if (failures-- > 0) throw new Error('down');
      },
    });
    for (const item of range(50)) outbox.push(item, 1);
    await waitFor('all delivered', () => confirmed() === 50);
    expect(delivered).toEqual(range(50));
    await outbox.close(1_000);
  });

  it('drops the oldest and counts them when the receiver stays away', async () => {
    let isDown = true;
    const { outbox, delivered, dropped } = setup({
      maxItems: 20,
      deliver: async () => {
        if (isDown) throw new Error('down');
      },
    });
    for (const item of range(100)) {
      outbox.push(item, 1);
      await turn();
    }
    expect(outbox.waiting()).toBeLessThanOrEqual(20);
    isDown = false;
    await outbox.close(1_000);
    expect(delivered).toEqual(range(100).slice(80));
    expect(dropped.full).toBe(80);
  });

  it('keeps its bound in bytes and drops what could never fit', async () => {
    const { outbox, dropped, delivered } = setup({
      maxBytes: 100,
      batch: { maxItems: 1_000, maxBytes: 50, lingerMs: 5 },
    });
    outbox.push(0, 101);
    for (const item of range(20)) outbox.push(item, 10);
    expect(outbox.waiting()).toBe(10);
    await outbox.close(1_000);
    expect(dropped.full).toBe(11);
    expect(delivered).toHaveLength(10);
  });

  it('drops a refused batch instead of sending it for ever', async () => {
    const { outbox, dropped } = setup({
      deliver: async (items) => {
        if (items.includes(0)) throw new Refused('malformed');
      },
    });
    for (const item of range(15)) outbox.push(item, 1);
    await outbox.close(1_000);
    expect(dropped.refused).toBe(10);
  });

  it('gives up at the closing timeout, tells the delivery in flight, and counts it as dropped', async () => {
    let wasTold = false;
    const { outbox, dropped, confirmed } = setup({
      deliver: (_items, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            wasTold = true;
            reject(new Error('aborted'));
          });
        }),
    });
    for (const item of range(25)) outbox.push(item, 1);
    await outbox.close(20);
    expect(wasTold).toBe(true);
    expect(dropped.closed).toBe(25);
    outbox.push(1, 1);
    expect(dropped.closed).toBe(26);
    expect(confirmed()).toBe(0);
  });

  it('can be closed twice, and at once when nothing waits', async () => {
    const { outbox } = setup();
    await outbox.close(60_000);
    await outbox.close(60_000);
    expect(outbox.waiting()).toBe(0);
  });

  it('accounts for every item exactly once, whatever the receiver does', async () => {
    const step = fc.constantFrom('ok', 'fail', 'refuse');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 0, max: 200 }), async (script, count) => {
        let attempt = 0;
        const { outbox, confirmed, totalDropped } = setup({
          maxItems: 40,
          deliver: async () => {
            await turn();
            const outcome = script[attempt++] ?? 'ok';
            if (outcome === 'fail') throw new Error('down');
            if (outcome === 'refuse') throw new Refused('no');
          },
        });
        for (const item of range(count)) {
          outbox.push(item, 1);
          if (item % 7 === 0) await turn();
          expect(confirmed() + totalDropped() + outbox.waiting()).toBe(item + 1);
        }
        await outbox.close(200);
        expect(outbox.waiting()).toBe(0);
        expect(confirmed() + totalDropped()).toBe(count);
      }),
      { numRuns: 50 },
    );
  });
});
