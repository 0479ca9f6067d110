import type { Database } from '@glasshouse/service-kit';
import { startDocumentStore, type TestDocumentStore } from '@glasshouse/test-kit';
import fc from 'fast-check';
import mongoose from 'mongoose';
import { createProcessor } from './clients/processor.js';
import type { Charge, PaymentMethod } from './domain.js';
import { createAttempts, createStore } from './store.js';
import { createUseCases, type Probe, type UseCases } from './use-cases.js';

jest.setTimeout(60_000);
/** Many examples, but no more than a busy machine can run in a few seconds. */
const enough = { numRuns: 40, interruptAfterTimeLimit: 6_000 };

let documentStore: TestDocumentStore;
let connection: mongoose.Connection;
/** Money in and out as the facts told it, per order. */
const ledger = new Map<string, string[]>();
let createPayments: () => UseCases;

beforeAll(async () => {
  documentStore = await startDocumentStore();
  connection = await mongoose
    .createConnection(documentStore.url('payment'), { sanitizeFilter: true } as object)
    .asPromise();
  const database: Database = {
    connection,
    model: <T>(name: string, schema: mongoose.Schema<T>) => connection.model<T>(name, schema, name),
  };
  const store = createStore(database);
  const attempts = createAttempts(database);
  createPayments = () => {
    const clock = { now: () => new Date() };
    const processor = createProcessor({ attempts, clock, slowMs: 5 });
    return createUseCases({ store, processor, probe, clock });
  };
});

afterAll(async () => {
  await connection?.close();
  await documentStore?.stop();
});

const note = (kind: string) => (payment: { orderId: string }) => {
  ledger.set(payment.orderId, [...(ledger.get(payment.orderId) ?? []), kind]);
};
const probe: Probe = {
  paymentSucceeded: note('captured'),
  paymentDeclined: note('declined'),
  paymentVoided: note('voided'),
  paymentRefunded: note('refunded'),
  paymentRepeated: () => {},
  chargeRefused: () => {},
  processorFailed: () => {},
};

let lastOrder = 0;
const newCharge = (paymentMethod: PaymentMethod): Charge => {
  lastOrder += 1;
  return { orderId: `order-${lastOrder}`, money: { amount: 2580, currency: 'EUR' }, sub: 'ada', paymentMethod };
};
const inTime = () => new AbortController().signal;

const run = async (payments: UseCases, charge: Charge, operation: 'charge' | 'void'): Promise<string> => {
  try {
    return operation === 'charge'
      ? (await payments.charge(charge, inTime())).state
      : await payments.void(charge.orderId);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('charged from many sides at once, an order has one decision and money moves once', async () => {
  for (const method of ['card_ok', 'card_declined', 'card_slow'] as const) {
    const charge = newCharge(method);
    const answers = await Promise.all(Array.from({ length: 30 }, () => run(createPayments(), charge, 'charge')));
    expect(new Set(answers)).toEqual(new Set([method === 'card_declined' ? 'DECLINED' : 'SUCCEEDED']));
    expect(ledger.get(charge.orderId)).toHaveLength(1);
  }
});

test('the flaky card fails for exactly one of many callers, and for none after a restart', async () => {
  const charge = newCharge('card_flaky');
  const answers = await Promise.all(Array.from({ length: 20 }, () => run(createPayments(), charge, 'charge')));
  expect(answers.filter((answer) => answer === 'processor_unavailable')).toHaveLength(1);
  expect(await run(createPayments(), charge, 'charge')).toBe('SUCCEEDED');
  expect(ledger.get(charge.orderId)).toEqual(['captured']);
});

test('charges and voids in any order and all at once end with money that is right', async () => {
  const method = fc.constantFrom<PaymentMethod[]>('card_ok', 'card_declined', 'card_slow', 'card_flaky');
  const operations = fc.array(fc.constantFrom<('charge' | 'void')[]>('charge', 'void'), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(method, operations, fc.boolean(), async (paymentMethod, steps, atOnce) => {
      const charge = newCharge(paymentMethod);
      const payments = createPayments();
      if (atOnce) await Promise.all(steps.map((each) => run(payments, charge, each)));
      else for (const each of steps) await run(payments, charge, each);
      const final = await run(payments, charge, 'void');
      const moved = ledger.get(charge.orderId) ?? [];
      expect([['voided'], ['declined'], ['captured', 'refunded']]).toContainEqual(moved);
      expect({ voided: 'VOIDED', declined: 'DECLINED', captured: 'REFUNDED' }[moved[0] ?? '']).toBe(final);
      // What is given up stays so, however late the next charge comes.
      const late = await run(payments, charge, 'charge');
      expect(late).toBe(final === 'DECLINED' ? 'DECLINED' : 'payment_voided');
      expect(await run(payments, charge, 'void')).toBe(final);
      expect(ledger.get(charge.orderId)).toEqual(moved);
    }),
    enough,
  );
});

test('a charge that its caller gave up on is decided once, by whoever asks again', async () => {
  const charge = newCharge('card_slow');
  const payments = createPayments();
  await expect(payments.charge(charge, AbortSignal.abort())).rejects.toMatchObject({ code: 'processor_unavailable' });
  expect(ledger.get(charge.orderId)).toBeUndefined();
  expect(await run(payments, charge, 'charge')).toBe('SUCCEEDED');
});

test('nothing stored tells how a payment was made', async () => {
  const charge = newCharge('card_flaky');
  await run(createPayments(), charge, 'charge');
  await run(createPayments(), charge, 'charge');
  for (const name of ['payments', 'attempts']) {
    expect(JSON.stringify(await connection.collection(name).find({}).toArray())).not.toContain('card');
  }
});
