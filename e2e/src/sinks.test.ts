import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MetricSample, waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, sumOf } from './evidence.js';
import { type Answer, type Customer, services, startShop, type TestShop } from './shop.js';

// That a full buffer drops its oldest items and counts each of them is tested where the bound can be reached in
// milliseconds, in packages/telemetry (outbox, fluentd-sink, span-reporter, telemetry): the bounds are constants,
// 50,000 records and 10,000 spans, and no setting exists that only a test would use.

const backend = 'telemetry backend';
const logSinks = ['stdout', 'fluentd'] as const;
/** Longer than the 3 s after which a sink gives up an attempt, so that what it had sent is sent a second time. */
const outageMs = 4_000;
const settleMs = 60_000;

let shop: TestShop;
let evidence: Evidence;
let customer: Customer;

const buy = (): Promise<Answer> =>
  shop.order(customer.token, { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' });

/** Buys one after the other, at least once, for as long as the condition holds. */
const buyWhile = async (condition: () => boolean | Promise<boolean>): Promise<Answer[]> => {
  const answers: Answer[] = [];
  do answers.push(await buy());
  while (await condition());
  return answers;
};

const buyFor = (durationMs: number): Promise<Answer[]> => {
  const endsAt = Date.now() + durationMs;
  return buyWhile(() => Date.now() < endsAt);
};

const isBackendAway = async (): Promise<boolean> => {
  try {
    return !(await fetch(`${shop.addresses().jaeger}/api/services`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return true;
  }
};

/** Of one scrape: what each sink still owes, and what the service says is waiting for them. */
const toLogAccount = (samples: readonly MetricSample[]) => {
  const owed = logSinks.map(
    (sink) =>
      sumOf(samples, 'log_records_total') -
      sumOf(samples, 'log_records_delivered_total', { sink }) -
      sumOf(samples, 'log_records_dropped_total', { sink }),
  );
  return { owed, buffered: sumOf(samples, 'log_records_buffered') };
};

const isBalanced = ({ owed, buffered }: ReturnType<typeof toLogAccount>): boolean =>
  owed.every((count) => count >= 0) && owed.reduce((sum, count) => sum + count, 0) === buffered;

/** Records are always on their way, so the account is looked at until it was seen balanced once. */
const untilBalanced = () =>
  Promise.all(
    services.map((name) =>
      waitFor(
        `emitted = delivered + dropped + buffered in ${name}`,
        async () => isBalanced(toLogAccount(await evidence.scrape(name))),
        settleMs,
      ),
    ),
  );

/** Every record and span emitted until now has been confirmed by every sink. */
const untilDelivered = () =>
  Promise.all(
    services.map((name) =>
      waitFor(
        `nothing to be buffered in ${name}`,
        async () => {
          const samples = await evidence.scrape(name);
          const { owed, buffered } = toLogAccount(samples);
          return [...owed, buffered, sumOf(samples, 'spans_buffered')].every((count) => count === 0);
        },
        settleMs,
      ),
    ),
  );

const sumOverServices = async (name: string, labels?: Readonly<Record<string, string>>): Promise<number> => {
  const values = await Promise.all(services.map((service) => evidence.metric(service, name, labels)));
  return values.reduce((sum, value) => sum + value, 0);
};

const expectNothingDropped = async (): Promise<void> => {
  for (const name of services) {
    const samples = await evidence.scrape(name);
    const dropped = samples.filter(({ name: metric }) => /^(log_records|spans)_dropped_total$/.test(metric));
    expect(dropped.filter(({ value }) => value !== 0)).toEqual([]);
  }
};

/** Each order's record is found, once although it may have been sent twice, and so is its trace, whole. */
const expectAllFound = async (orders: readonly Answer[]): Promise<void> => {
  const ids = orders.map(({ body }) => body.id as string);
  const placed = await evidence.logs({
    bool: { filter: [{ term: { 'event.action': 'order.placed' } }, { terms: { 'glasshouse.order.id': ids } }] },
  });
  expect(placed.map((line) => line['glasshouse.order.id']).sort()).toEqual([...ids].sort());
  for (const { traceId } of orders) {
    const { spans } = await evidence.wholeTrace(traceId);
    expect(new Set(spans.map(({ service }) => service)).size).toBe(5);
  }
};

const expectAllPlaced = (orders: readonly Answer[]): void =>
  expect(orders.map(({ status }) => status)).toEqual(orders.map(() => 201));

beforeAll(async () => {
  shop = await startShop();
  evidence = createEvidence(shop.addresses);
  customer = await shop.newCustomer();
  // The first one of a shop that has just started may take longer than its deadline.
  await waitFor('an order that is confirmed within its request', async () => (await buy()).status === 201, 60_000);
});
afterAll(() => shop?.stop());

test('purchases go on while the sinks hang, and afterwards not a line or span is missing', async () => {
  await untilDelivered();
  const countArrivals = async () => ({
    lines: {
      confirmed: await sumOverServices('log_records_delivered_total', { sink: 'fluentd' }),
      received: await evidence.received('log_records'),
    },
    spans: {
      confirmed: await sumOverServices('spans_reported_total', { sink: 'jaeger' }),
      received: await evidence.received('spans'),
    },
  });
  const before = await countArrivals();

  await shop.signal(backend, 'SIGSTOP');
  const orders = await buyFor(outageMs);
  expectAllPlaced(orders);
  // What waits is visible, and nothing is given up.
  expect(await evidence.metric('order', 'log_records_buffered')).toBeGreaterThanOrEqual(orders.length);
  expect(await evidence.metric('order', 'spans_buffered')).toBeGreaterThanOrEqual(orders.length);
  await untilBalanced();
  await expectNothingDropped();

  await shop.signal(backend, 'SIGCONT');
  await untilDelivered();
  await expectNothingDropped();
  await expectAllFound(orders);
  await waitFor('as many lines to be confirmed as have arrived', async () => {
    const { lines } = await countArrivals();
    return lines.confirmed - before.lines.confirmed === lines.received - before.lines.received;
  });
  // The backend counts a span as often as it was sent, and shows it once.
  const { spans } = await countArrivals();
  expect(spans.confirmed).toBeGreaterThan(before.spans.confirmed);
  expect(spans.received - before.spans.received).toBeGreaterThanOrEqual(spans.confirmed - before.spans.confirmed);
});

test('purchases go on while the sinks hang and then die, and whatever they had not confirmed reaches the next ones', async () => {
  const previousPid = await shop.pid(backend);
  await shop.signal(backend, 'SIGSTOP');
  const whileHung = await buyFor(outageMs);
  await shop.signal(backend, 'SIGKILL');
  const whileDead = await buyWhile(isBackendAway);
  await shop.untilReplaced(backend, previousPid);
  const orders = [...whileHung, ...whileDead];
  expectAllPlaced(orders);

  await untilDelivered();
  await expectNothingDropped();
  await expectAllFound(orders);
});

test('the log file has every line of an outage at once, in the order in which they were written', async () => {
  await shop.signal(backend, 'SIGSTOP');
  const orders = await buyFor(0);
  const ids = new Set(orders.map(({ body }) => body.id));
  const placed = await waitFor('the lines of the orders', async () => {
    const text = await readFile(join(shop.dataDirectory, 'logs/order.log'), 'utf8');
    // The last one may be half written.
    const lines = text.split('\n').slice(0, -1);
    const found = lines.map((line) => JSON.parse(line)).filter((line) => ids.has(line['glasshouse.order.id']));
    const isThere = found.filter((line) => line['event.action'] === 'order.placed').length === orders.length;
    return isThere ? found : undefined;
  });
  const times = placed.map((line) => line['@timestamp']);
  expect(times).toEqual([...times].sort());
  await shop.signal(backend, 'SIGCONT');
});
