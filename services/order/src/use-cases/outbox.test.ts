import { createFakeClock } from '@glasshouse/test-kit';
import type { Order } from '../domain.js';
import { createOutbox } from './outbox.js';

const setUp = () => {
  const clock = createFakeClock();
  const settled: string[] = [];
  let isDown = false;
  const store = {
    settle: async (ids: readonly string[]) => {
      if (isDown) throw new Error('the store is down');
      settled.push(...ids);
    },
  };
  const outbox = createOutbox({ store, clock } as never);
  const tell = (id: string): void => outbox.told({ id } as Order);
  const setDown = (value: boolean): void => {
    isDown = value;
  };
  return { clock, settled, outbox, tell, setDown };
};

test('an order is settled once what was said of it has had the time to leave the process', async () => {
  const { clock, settled, outbox, tell } = setUp();
  tell('a');
  clock.advance(4_999);
  tell('b');
  await outbox.sweep();
  expect(settled).toEqual([]);
  clock.advance(1);
  await outbox.sweep();
  await outbox.sweep();
  expect(settled).toEqual(['a']);
});

test('what could not be settled is settled by a later sweep', async () => {
  const { clock, settled, outbox, tell, setDown } = setUp();
  tell('a');
  clock.advance(5_000);
  setDown(true);
  await expect(outbox.sweep()).rejects.toThrow();
  setDown(false);
  await outbox.sweep();
  expect(settled).toEqual(['a']);
});

test('a process that goes down in order settles all at once', async () => {
  const { settled, outbox, tell } = setUp();
  tell('a');
  tell('b');
  await outbox.close();
  expect(settled).toEqual(['a', 'b']);
});
