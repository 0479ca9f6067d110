import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { listen, waitFor } from '@glasshouse/test-kit';
import { buy, type Purchase } from './buyer.js';
import { createEvidence, type Evidence, sumOf } from './evidence.js';
import { type ServiceName, services, startShop, type TestShop } from './shop.js';

// What happens beyond a sink's bound (50,000 lines, 10,000 spans) is tested where the bound can be made small: in
// packages/telemetry/src/outbox.test.ts, fluentd-sink.test.ts and span-reporter.test.ts.

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };

const buyMany = async (shop: TestShop, token: string, count: number): Promise<Purchase[]> =>
  Promise.all(Array.from({ length: count }, () => buy(shop, { token, key: randomUUID(), wish })));

/** Where the records of one service are, by its own count. */
const readAccounts = async (evidence: Evidence, service: ServiceName) => {
  const samples = await evidence.scrape(service);
  return {
    lines: sumOf(samples, 'log_records_total'),
    linesDelivered: sumOf(samples, 'log_records_delivered_total', { sink: 'fluentd' }),
    linesOnStdout: sumOf(samples, 'log_records_delivered_total', { sink: 'stdout' }),
    linesDropped: sumOf(samples, 'log_records_dropped_total'),
    linesBuffered: sumOf(samples, 'log_records_buffered'),
    spansDelivered: sumOf(samples, 'spans_reported_total'),
    spansDropped: sumOf(samples, 'spans_dropped_total'),
    spansBuffered: sumOf(samples, 'spans_buffered'),
  };
};

/** Waits until every line of every service has reached both of its sinks, and every span its own. */
const untilDelivered = (evidence: Evidence) =>
  waitFor(
    'every line and span to be delivered',
    async () => {
      const accounts = await Promise.all(services.map((service) => readAccounts(evidence, service)));
      const isDelivered = accounts.every(
        ({ lines, linesDelivered, linesOnStdout, linesBuffered, spansBuffered }) =>
          lines === linesDelivered && lines === linesOnStdout && linesBuffered === 0 && spansBuffered === 0,
      );
      return isDelivered ? accounts : undefined;
    },
    60_000,
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Each order has told in its log how it came to its end, step by step, and has its trace from the gateway to the card. */
const expectToldOf = async (evidence: Evidence, purchases: readonly Purchase[]): Promise<void> => {
  for (const { final } of purchases) {
    const lines = await evidence.logs({ term: { 'glasshouse.order.id': final.body.id } });
    const actions = lines.map((line) => line['event.action']);
    for (const action of ['order.accepted', 'order.reserved', 'order.charged', 'order.placed']) {
      expect(actions.filter((each) => each === action)).toHaveLength(1);
    }
    // More than one if the request's time was over and a recovery went on.
    const traceIds = [...new Set(lines.map((line) => String(line['trace.id'])))];
    const traces = await Promise.all(traceIds.map((traceId) => evidence.wholeTrace(traceId)));
    const names = traces.flatMap(({ spans }) => spans.map(({ name }) => name));
    expect(names).toEqual(
      expect.arrayContaining(['orders.insert', 'skus.findOneAndUpdate', 'payments.insert', 'skus.update']),
    );
  }
};

describe('a telemetry backend', () => {
  let shop: TestShop;
  let evidence: Evidence;
  let token: string;

  beforeAll(async () => {
    shop = await startShop();
    evidence = createEvidence(shop.addresses);
    ({ token } = await shop.newCustomer());
    await buyMany(shop, token, 2);
  });
  afterAll(() => shop?.stop());

  test('that hangs holds nobody up, and gets everything, once, when it goes on', async () => {
    await shop.signal('telemetry backend', 'SIGSTOP');
    let purchases: Purchase[];
    try {
      purchases = await buyMany(shop, token, 20);
      expect(purchases.map(({ final }) => final.status)).toEqual(purchases.map(() => 201));
      const waiting = await readAccounts(evidence, 'order');
      expect(waiting.linesBuffered).toBeGreaterThan(0);
      expect(waiting.linesDelivered + waiting.linesBuffered).toBe(waiting.lines);
    } finally {
      await shop.signal('telemetry backend', 'SIGCONT');
    }
    const accounts = await untilDelivered(evidence);
    expect(accounts.map(({ linesDropped, spansDropped }) => linesDropped + spansDropped)).toEqual(
      accounts.map(() => 0),
    );
    await waitFor('both ends to agree on the lines', async () => {
      const delivered = sum((await untilDelivered(evidence)).map(({ linesDelivered }) => linesDelivered));
      return delivered === (await evidence.received('log_records'));
    });
    // A span that was sent twice is counted twice when it arrives, and told apart when it is read.
    expect(await evidence.received('spans')).toBeGreaterThanOrEqual(
      sum(accounts.map(({ spansDelivered }) => spansDelivered)),
    );
    await expectToldOf(evidence, purchases);
  });

  test('that is killed holds nobody up, and gets all that it had not yet when it is back', async () => {
    const pid = await shop.pid('telemetry backend');
    await shop.signal('telemetry backend', 'SIGKILL');
    const purchases = await buyMany(shop, token, 20);
    expect(purchases.map(({ final }) => final.status)).toEqual(purchases.map(() => 201));
    await shop.untilReplaced('telemetry backend', pid);
    const accounts = await untilDelivered(evidence);
    expect(accounts.map(({ linesDropped, spansDropped }) => linesDropped + spansDropped)).toEqual(
      accounts.map(() => 0),
    );
    await expectToldOf(evidence, purchases);
  });
});

describe('sinks that never work', () => {
  let shop: TestShop;
  let evidence: Evidence;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    const silent = createTcpServer(() => {});
    const blackHole = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
    });
    silent.unref();
    const failing = await listen(createServer((_req, res) => res.writeHead(500).end()));
    closers.push(() => silent.close(), failing.close);
    shop = await startShop({
      environment: {
        // Nobody listens at port 1.
        ORDER__FLUENTD_URL: 'tcp://127.0.0.1:1',
        ORDER__JAEGER_ENDPOINT: 'http://127.0.0.1:1/api/traces',
        PAYMENT__FLUENTD_URL: `tcp://127.0.0.1:${blackHole}`,
        PAYMENT__JAEGER_ENDPOINT: `http://127.0.0.1:${blackHole}/api/traces`,
        PRODUCT__JAEGER_ENDPOINT: `${failing.url}/api/traces`,
        GATEWAY__FLUENTD_URL: '',
        GATEWAY__ZIPKIN_ENDPOINT: `${failing.url}/api/v2/spans`,
      },
    });
    evidence = createEvidence(shop.addresses);
  });
  afterAll(async () => {
    await shop?.stop();
    for (const close of closers) await close();
  });

  test('refused, silent or failing: the shop sells, and every record is accounted for', async () => {
    const { token } = await shop.newCustomer();
    const purchases = await buyMany(shop, token, 20);
    expect(purchases.map(({ final }) => final.status)).toEqual(purchases.map(() => 201));
    for (const service of ['order', 'payment'] as const) {
      // The lines that stdout has yet to take are in the same gauge, so the sum is right only at rest.
      const account = await waitFor(`${service} to come to rest`, async () => {
        const found = await readAccounts(evidence, service);
        return found.lines === found.linesOnStdout && found.linesBuffered === found.lines ? found : undefined;
      });
      expect(account.lines).toBeGreaterThan(purchases.length);
      expect(account).toMatchObject({ linesDelivered: 0, linesDropped: 0, spansDelivered: 0, spansDropped: 0 });
      expect(account.spansBuffered).toBeGreaterThan(purchases.length);
    }
    expect((await readAccounts(evidence, 'gateway')).linesDropped).toBe(0);
    const stuck = await readAccounts(evidence, 'product');
    expect(stuck.spansBuffered).toBeGreaterThan(purchases.length);
  });
});
