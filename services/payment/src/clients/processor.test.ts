import type { Charge, PaymentMethod } from '../domain.js';
import { type Attempts, createProcessor } from './processor.js';

const createMemory = (): Attempts => {
  const firsts = new Map<string, Date>();
  return {
    async begin(orderId, at) {
      const firstAt = firsts.get(orderId);
      if (firstAt === undefined) firsts.set(orderId, at);
      return { isFirst: firstAt === undefined, firstAt: firstAt ?? at };
    },
  };
};

const chargeBy = (paymentMethod: PaymentMethod): Charge => ({
  orderId: 'order-0001',
  money: { amount: 2580, currency: 'EUR' },
  sub: 'ada',
  paymentMethod,
});

const inTime = () => new AbortController().signal;
const createAt = (nowMs: () => number, { slowMs = 60_000, attempts = createMemory() } = {}) =>
  createProcessor({ attempts, clock: { now: () => new Date(nowMs()) }, slowMs });
const unavailable = expect.objectContaining({ code: 'processor_unavailable', status: 503, retryAfterSeconds: 1 });

test('the good card succeeds and the bad one is declined', async () => {
  const processor = createAt(() => 0);
  expect(await processor.decide(chargeBy('card_ok'), inTime())).toBe('SUCCEEDED');
  expect(await processor.decide(chargeBy('card_declined'), inTime())).toBe('DECLINED');
});

test('the flaky card fails once, whichever replica is asked next', async () => {
  const attempts = createMemory();
  const replicas = [createAt(() => 0, { attempts }), createAt(() => 0, { attempts })] as const;
  await expect(replicas[0].decide(chargeBy('card_flaky'), inTime())).rejects.toEqual(unavailable);
  expect(await replicas[1].decide(chargeBy('card_flaky'), inTime())).toBe('SUCCEEDED');
});

test('the slow card decides once its time is over, counted from the first attempt', async () => {
  let nowMs = 0;
  const processor = createAt(() => nowMs);
  const impatient = new AbortController();
  const first = processor.decide(chargeBy('card_slow'), impatient.signal);
  impatient.abort();
  await expect(first).rejects.toEqual(unavailable);
  nowMs = 60_000;
  // A wait that began anew would outlive the test.
  expect(await processor.decide(chargeBy('card_slow'), inTime())).toBe('SUCCEEDED');
});

test('a caller that has already gone gets no decision from the slow card', async () => {
  const processor = createAt(() => 0, { slowMs: 0 });
  await expect(processor.decide(chargeBy('card_slow'), AbortSignal.abort())).rejects.toEqual(unavailable);
});

test('a replica whose clock runs behind never waits longer than the whole', async () => {
  let nowMs = 3_600_000;
  const processor = createAt(() => nowMs, { slowMs: 20 });
  await processor.decide(chargeBy('card_slow'), inTime());
  nowMs = 0;
  expect(await processor.decide(chargeBy('card_slow'), inTime())).toBe('SUCCEEDED');
});
