import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { type Books, openBooks } from '../../books.js';
import { createEvidence, type Evidence } from '../../evidence.js';
import { isAlive } from '../../launcher.js';
import { startShop, type TestShop } from '../../shop.js';
import { describeWith } from '../tool.js';
import { conform } from './conformance.js';

/** What the product service leaves of one purchase, whatever it is written in. */
const spansOfProduct = [
  'POST /internal/prices < POST product',
  'PUT /internal/skus/:sku/holds/:orderId < PUT product',
  'PUT /internal/skus/:sku/holds/:orderId/commit < PUT product',
  'skus.find < POST /internal/prices',
  'skus.findOne < PUT /internal/skus/:sku/holds/:orderId/commit',
  'skus.findOneAndUpdate < PUT /internal/skus/:sku/holds/:orderId',
  'skus.update < PUT /internal/skus/:sku/holds/:orderId/commit',
];
const factsOfProduct = ['http.request', 'http.request', 'http.request', 'stock.committed', 'stock.reserved'];

const tea = { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' };

describeWith(['productPython'], 'the product service in Python in place of ours', () => {
  let shop: TestShop;
  let evidence: Evidence;
  let books: Books;
  let token: string;

  beforeAll(async () => {
    shop = await startShop({ args: ['--replace', 'product=examples/product-python'] });
    evidence = createEvidence(shop.addresses);
    books = await openBooks(shop, { 'E2E-TEA': 5_000, 'E2E-RARE': 5 });
    ({ token } = await shop.newCustomer());
  });
  afterAll(() => shop?.stop());

  const queryConsole = async (query: string): Promise<number> => {
    const url = `${shop.addresses().console}/api/prometheus/query?query=${encodeURIComponent(query)}`;
    const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]);
  };

  test('a purchase goes through it, and its spans and log lines join the others', async () => {
    const { final: answer } = await books.place({ token, wish: tea });
    expect([answer.status, answer.body.state]).toEqual([201, 'CONFIRMED']);
    const { spans, logs } = await evidence.wholeTrace(answer.traceId);
    const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));
    const own = spans.filter(({ service }) => service === 'product');
    expect(own.map(({ name, parentId }) => `${name} < ${nameOf.get(parentId ?? '')}`).sort()).toEqual(spansOfProduct);
    expect(spans).toHaveLength(28);
    const lines = logs.filter((line) => line['service.name'] === 'product');
    expect(lines.map((line) => line['event.action']).sort()).toEqual(factsOfProduct);
    expect(new Set(logs.map((line) => line['request.id']))).toEqual(new Set([answer.headers.get('x-request-id')]));
  });

  test('the page Now of the console has its rate and its latency, and Prometheus its count', async () => {
    // A rate needs a counter that has been seen twice.
    await waitFor(
      'the recorded rate',
      async () => {
        await books.place({ token, wish: tea });
        return (await queryConsole('job:http_server_requests:rate1m{job="product"}')) > 0;
      },
      60_000,
    );
    const p95 = await waitFor(
      'the recorded latency',
      async () => {
        const seconds = await queryConsole(
          'job:http_server_request_duration_seconds:quantile1m{job="product",quantile="0.95"}',
        );
        return Number.isFinite(seconds) ? seconds : undefined;
      },
      60_000,
    );
    expect(p95).toBeGreaterThan(0);
    expect(await queryConsole('up{job="product"}')).toBe(1);
    expect(await queryConsole('stock_reservations_total{job="product",outcome="held"}')).toBeGreaterThan(0);
  });

  test('sold out is refused, and the same key again is the same order', async () => {
    const soldOut = { ...tea, lines: [{ sku: 'SET-002', quantity: 1 }] };
    const { final: refused } = await books.place({ token, wish: soldOut });
    expect([refused.status, refused.body.code]).toEqual([409, 'out_of_stock']);
    const key = randomUUID();
    const { final: first } = await books.place({ token, wish: tea, key });
    const { final: second } = await books.place({ token, wish: tea, key });
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
  });

  test('of ten who want one of five at once five get it, and every stock and payment is right', async () => {
    const wish = { lines: [{ sku: 'E2E-RARE', quantity: 1 }], paymentMethod: 'card_ok' };
    const bought = await Promise.all(Array.from({ length: 10 }, () => books.place({ token, wish })));
    const statuses = bought.map(({ final }) => final.status).sort();
    expect(statuses).toEqual([...Array(5).fill(201), ...Array(5).fill(409)]);
    expect(await books.contradictions()).toEqual([]);
  });

  test('killed in the middle, twice, it is started again and the books balance', async () => {
    let isOver = false;
    const buyForEver = async (): Promise<void> => {
      const methods = ['card_ok', 'card_declined'];
      for (let round = 0; !isOver; round += 1) {
        const paymentMethod = methods[round % methods.length] ?? 'card_ok';
        await books.place({ token, wish: { lines: [{ sku: 'E2E-TEA', quantity: 2 }], paymentMethod } });
      }
    };
    const buyers = Promise.all([buyForEver(), buyForEver(), buyForEver()]);
    try {
      for (let death = 0; death < 2; death += 1) {
        const before = await evidence.metric('order', 'orders_total');
        await waitFor(
          'purchases on their way',
          async () => (await evidence.metric('order', 'orders_total')) > before + 3,
          30_000,
        );
        await shop.crash('product');
      }
    } finally {
      isOver = true;
    }
    await buyers;
    expect(await books.contradictions()).toEqual([]);
    expect(shop.output()).toContain('product            down (was killed by SIGKILL');
  });

  test('it keeps the contract, is ended for that and started again', async () => {
    const { code, failed, passed } = await conform(['--service', 'product', '--data', shop.dataDirectory]);
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    expect(passed).toContain('drain the request that was being worked on is finished');
  });

  test('a launcher that is killed takes it along', async () => {
    const pid = await shop.pid('product');
    const { pid: launcher } = JSON.parse(await readFile(join(shop.dataDirectory, 'run.json'), 'utf8'));
    process.kill(launcher, 'SIGKILL');
    await waitFor('the end of product', () => !isAlive(pid), 15_000);
  });
});
