import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { listen, waitFor } from '@glasshouse/test-kit';
import { buy } from './buyer.js';
import { createEvidence, type Evidence, sumOf } from './evidence.js';
import { type ServiceName, startShop, type TestShop } from './shop.js';

let shop: TestShop;
let evidence: Evidence;
const closers: (() => unknown)[] = [];

/** Takes connections and never says a word. */
const startBlackHole = async (): Promise<number> => {
  const server = createTcpServer(() => {}).unref();
  closers.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
};

/** Answers whatever comes with 500. */
const startFailing = async (): Promise<string> => {
  const { url, close } = await listen(createHttpServer((_req, res) => res.writeHead(500).end()));
  closers.push(close);
  return url;
};

beforeAll(async () => {
  const [blackHole, failing] = await Promise.all([startBlackHole(), startFailing()]);
  shop = await startShop({
    environment: {
      // Nobody listens at port 1.
      ORDER__FLUENTD_URL: 'tcp://127.0.0.1:1',
      ORDER__JAEGER_ENDPOINT: 'http://127.0.0.1:1/api/traces',
      PAYMENT__FLUENTD_URL: `tcp://127.0.0.1:${blackHole}`,
      PAYMENT__JAEGER_ENDPOINT: `http://127.0.0.1:${blackHole}/api/traces`,
      PRODUCT__JAEGER_ENDPOINT: `${failing}/api/traces`,
      GATEWAY__FLUENTD_URL: '',
      GATEWAY__ZIPKIN_ENDPOINT: `${failing}/api/v2/spans`,
    },
  });
  evidence = createEvidence(shop.addresses);
});
afterAll(async () => {
  await shop?.stop();
  for (const close of closers) await close();
});

/** Where the records of one service are, by its own count. */
const readAccount = async (service: ServiceName) => {
  const samples = await evidence.scrape(service);
  return {
    lines: sumOf(samples, 'log_records_total'),
    onStdout: sumOf(samples, 'log_records_delivered_total', { sink: 'stdout' }),
    atFluentd: sumOf(samples, 'log_records_delivered_total', { sink: 'fluentd' }),
    buffered: sumOf(samples, 'log_records_buffered'),
    dropped: sumOf(samples, 'log_records_dropped_total') + sumOf(samples, 'spans_dropped_total'),
    spansDelivered: sumOf(samples, 'spans_reported_total'),
    spansBuffered: sumOf(samples, 'spans_buffered'),
  };
};

test('sinks that refuse, say nothing or fail from the start: the shop sells, and every record is accounted for', async () => {
  const { token } = await shop.newCustomer();
  const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
  const purchases = await Promise.all(Array.from({ length: 20 }, () => buy(shop, { token, key: randomUUID(), wish })));
  expect(purchases.map(({ final }) => final.status)).toEqual(purchases.map(() => 201));

  for (const service of ['order', 'payment'] as const) {
    // What stdout has yet to take stands in the same gauge, so the sum is right as soon as that has taken all.
    const account = await waitFor(`all of ${service} to wait for Fluentd alone`, async () => {
      const found = await readAccount(service);
      return found.lines === found.onStdout && found.lines === found.buffered ? found : undefined;
    });
    expect(account).toMatchObject({ atFluentd: 0, dropped: 0, spansDelivered: 0 });
    expect(account.lines).toBeGreaterThan(purchases.length);
    expect(account.spansBuffered).toBeGreaterThan(purchases.length);
  }
  const product = await readAccount('product');
  expect(product).toMatchObject({ dropped: 0, spansDelivered: 0 });
  expect(product.spansBuffered).toBeGreaterThan(purchases.length);
  // Who has no Fluentd by configuration waits for none, and a second tracing backend that fails takes nothing from the first.
  const gateway = await waitFor('the gateway to come to rest', async () => {
    const found = await readAccount('gateway');
    return found.lines === found.onStdout && found.spansDelivered >= purchases.length ? found : undefined;
  });
  expect(gateway).toMatchObject({ atFluentd: 0, buffered: 0, dropped: 0 });
});
