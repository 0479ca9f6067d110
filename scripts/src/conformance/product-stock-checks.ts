import { eventually } from '../verify/check.js';
import { type Check, expectAll, expectEqual } from './check.js';
import { type LogRecord, readMetrics, type Span, sumOf } from './evidence.js';
import { type Answered, newCallerSpan } from './exchange.js';
import { expectTracedProblem } from './problem.js';
import type { ProductCalls } from './product-calls.js';
import { serverSpanOf } from './span-checks.js';
import type { Subject } from './subject.js';

const expectState = ({ status, json }: Answered, state: string): void =>
  expectEqual('status and body', [status, json], [200, { state }]);

/** Stock and the order service's claims on it: each call may come twice, late, or after the one meant to follow it. */
export const stockChecks = (subject: Subject, calls: ProductCalls): Check[] => {
  const { add, available, claim, commit, newOrder } = calls;
  const check = (what: string, run: () => Promise<string>): Check => ({ section: 'stock', what, run });
  return [
    check('POST /internal/prices tells name and price, and leaves out what it does not know', async () => {
      const { status, json } = await calls.internal('POST', '/internal/prices', {
        skus: ['TEA-001', 'NONE-1', 'TEA-001'],
      });
      const price = { sku: 'TEA-001', name: 'Assam Second Flush', unitPrice: { amount: 1290, currency: 'EUR' } };
      expectEqual('status and body', [status, json], [200, { items: [price] }]);
      return '1 item';
    }),
    check('a hold takes stock once, however often it comes', async () => {
      const [sku, order] = [await add(5), newOrder()];
      for (let time = 0; time < 3; time++) expectState(await claim('PUT', sku, order, 2), 'HELD');
      expectEqual('available', await available(sku), 3);
      expectTracedProblem(await claim('PUT', sku, order, 1), 422, 'hold_mismatch');
      return '5, then 3';
    }),
    check('a hold of more than there is is 409 out_of_stock, and takes nothing', async () => {
      const sku = await add(1);
      const seen = expectTracedProblem(await claim('PUT', sku, newOrder(), 2), 409, 'out_of_stock');
      expectEqual('available', await available(sku), 1);
      expectTracedProblem(await claim('PUT', 'NONE-1', newOrder(), 1), 409, 'out_of_stock');
      return seen;
    }),
    check('of twenty orders that want one of ten at once ten get it', async () => {
      const sku = await add(10);
      const answers = await Promise.all(Array.from({ length: 20 }, () => claim('PUT', sku, newOrder(), 1)));
      const held = answers.filter(({ status }) => status === 200).length;
      const refused = answers.filter(({ json }) => json?.code === 'out_of_stock').length;
      expectEqual('held, refused, available', [held, refused, await available(sku)], [10, 10, 0]);
      return '10 held, 10 refused';
    }),
    check('the same hold ten times at once takes stock once', async () => {
      const [sku, order] = [await add(10), newOrder()];
      const answers = await Promise.all(Array.from({ length: 10 }, () => claim('PUT', sku, order, 2)));
      for (const answer of answers) expectState(answer, 'HELD');
      expectEqual('available', await available(sku), 8);
      return '10, then 8';
    }),
    check('a commit sells what is held, once, and then nothing is given back', async () => {
      const [sku, order] = [await add(5), newOrder()];
      expectState(await claim('PUT', sku, order, 2), 'HELD');
      for (let time = 0; time < 2; time++) expectState(await commit(sku, order), 'COMMITTED');
      expectState(await claim('DELETE', sku, order), 'COMMITTED');
      expectTracedProblem(await claim('PUT', sku, order, 2), 409, 'hold_settled');
      expectEqual('available', await available(sku), 3);
      return '3 left';
    }),
    check('a release gives back, once, and that order may never hold again', async () => {
      const [sku, order] = [await add(5), newOrder()];
      expectState(await claim('PUT', sku, order, 2), 'HELD');
      for (let time = 0; time < 2; time++) expectState(await claim('DELETE', sku, order), 'RELEASED');
      expectTracedProblem(await claim('PUT', sku, order, 2), 409, 'hold_settled');
      expectEqual('available', await available(sku), 5);
      return '5 left';
    }),
    check('a release that comes before its hold stops it', async () => {
      const [sku, order] = [await add(5), newOrder()];
      expectState(await claim('DELETE', sku, order), 'RELEASED');
      const seen = expectTracedProblem(await claim('PUT', sku, order, 2), 409, 'hold_settled');
      expectEqual('available', await available(sku), 5);
      return seen;
    }),
    check('a commit without a hold is 409 commit_lost', async () =>
      expectTracedProblem(await commit(await add(5), newOrder()), 409, 'commit_lost'),
    ),
    check('a hold changes the ETag, a commit does not: its reader sees no difference', async () => {
      const [sku, order] = [await add(5), newOrder()];
      const etag = async () => (await calls.read(`/api/products/${sku}/availability`)).headers.etag;
      const first = await etag();
      await claim('PUT', sku, order, 1);
      const held = await etag();
      await commit(sku, order);
      expectAll([[held !== first, `the same ETag ${first} after a hold`, 'another']]);
      expectEqual('etag after the commit', await etag(), held);
      return `${first}, ${held}`;
    }),
    check('a hold is told: stock.reserved, its tags on the server span, its command, its count', () =>
      followHold(subject, calls),
    ),
    check('products_out_of_stock counts those of which nothing is left', async () => {
      const read = async (): Promise<number> => sumOf(await readMetrics(subject.admin), 'products_out_of_stock');
      const before = await read();
      await add(0);
      expectEqual('products_out_of_stock', await read(), before + 1);
      return `${before}, then ${before + 1}`;
    }),
  ];
};

const followHold = async (subject: Subject, calls: ProductCalls): Promise<string> => {
  const { admin, evidence } = subject;
  const [sku, order, caller] = [await calls.add(5), calls.newOrder(), newCallerSpan()];
  const count = async (): Promise<number> =>
    sumOf(await readMetrics(admin), 'stock_reservations_total', { outcome: 'held' });
  const before = await count();
  const path = `/internal/skus/${sku}/holds/${order}`;
  expectState(await calls.internal('PUT', path, { quantity: 2 }, { traceparent: caller.traceparent }), 'HELD');
  const isFact = (record: LogRecord): boolean => record['event.action'] === 'stock.reserved';
  const records = await evidence.records(caller.traceId, 'stock.reserved', (found) => found.some(isFact));
  const fact = records.find(isFact) ?? {};
  const fields = { 'glasshouse.sku': sku, 'glasshouse.order.id': order };
  const amounts = { 'glasshouse.quantity': 2, 'glasshouse.available': 3 };
  for (const [name, value] of Object.entries({ ...fields, ...amounts })) expectEqual(name, fact[name], value);
  const spans = await evidence.spans(caller.traceId, 'its spans', (found) => found.length >= 2);
  const server = serverSpanOf(spans);
  expectEqual('name', server.name, 'PUT /internal/skus/:sku/holds/:orderId');
  for (const [name, value] of Object.entries(fields)) expectEqual(`tag ${name}`, server.tags[name], value);
  expectCommand(spans, server);
  await eventually('count', async () => ((await count()) > before ? true : undefined), 2_000).catch(() => {});
  expectEqual('stock_reservations_total{outcome="held"} grew by', (await count()) - before, 1);
  return spans.map(({ name }) => name).join(', ');
};

const expectCommand = (spans: readonly Span[], server: Span): void => {
  const command = spans.find(({ name }) => name === 'skus.findOneAndUpdate');
  expectAll([[command !== undefined, `spans ${spans.map(({ name }) => name).join(', ')}`, 'skus.findOneAndUpdate']]);
  expectEqual('its parent', command?.parentId, server.spanId);
  const tags = ['span.kind', 'db.type', 'db.operation', 'db.collection'].map((name) => command?.tags[name]);
  expectEqual('its tags', tags, ['client', 'mongodb', 'findOneAndUpdate', 'skus']);
};
