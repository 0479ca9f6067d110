import {
  type Issuer,
  startDocumentStore,
  startIssuer,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

jest.setTimeout(60_000);

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

let documentStore: TestDocumentStore;
let issuer: Issuer;
let service: TestService;

beforeAll(async () => {
  documentStore = await startDocumentStore();
  issuer = await startIssuer();
  service = await startService({
    name: 'product',
    create: createService,
    schema: configSchema,
    env: { MONGO_URL: documentStore.url('product') },
    issuer,
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok);
});

afterAll(async () => {
  await service?.stop();
  await issuer?.stop();
  await documentStore?.stop();
});

const send = async (url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
};
const call = (method: string, path: string, body?: unknown) => send(`${service.app}${path}`, method, body, {});
const asAdmin = (method: string, path: string, body?: unknown) =>
  send(`${service.app}${path}`, method, body, {
    authorization: `Bearer ${issuer.token({ roles: ['admin'] })}`,
    'if-match': '*',
  });
const asOrder = (method: string, path: string, body?: unknown, key = service.serviceKey('order')) =>
  send(`${service.internal}${path}`, method, body, { 'x-service-key': key });

/** A busy machine may answer 503 with an unknown outcome; a caller then sends the same call again, and so does a test. */
const asPersistentOrder = async (...call: Parameters<typeof asOrder>): Promise<Answer> => {
  const answer = await asOrder(...call);
  return answer.status < 500 ? answer : asPersistentOrder(...call);
};

let lastSku = 0;
const addProduct = async (available: number): Promise<string> => {
  lastSku += 1;
  const sku = `NEW-${lastSku}`;
  const price = { amount: 1290, currency: 'EUR' };
  expect(await asAdmin('POST', '/api/products', { sku, name: 'New', price, available })).toMatchObject({ status: 201 });
  return sku;
};

describe('the order service', () => {
  test('reserves, commits and releases, each call twice, and every one leaves its trace', async () => {
    const sku = await addProduct(10);
    const hold = (order: string, end = '') => `/internal/skus/${sku}/holds/${order}${end}`;
    const held = await service.metric('stock_reservations_total', { outcome: 'held' });
    for (const _ of [1, 2]) {
      expect(await asOrder('PUT', hold('order-000a'), { quantity: 4 })).toMatchObject({
        status: 200,
        body: { state: 'HELD' },
      });
    }
    expect((await call('GET', `/api/products/${sku}`)).body.available).toBe(6);
    for (const _ of [1, 2])
      expect(await asOrder('PUT', hold('order-000a', '/commit'))).toMatchObject({
        status: 200,
        body: { state: 'COMMITTED' },
      });
    for (const _ of [1, 2])
      expect(await asOrder('DELETE', hold('order-000b'))).toMatchObject({ status: 200, body: { state: 'RELEASED' } });
    expect((await asOrder('PUT', hold('order-000b'), { quantity: 1 })).body).toMatchObject({
      status: 409,
      code: 'hold_settled',
    });
    expect((await asOrder('PUT', hold('order-000c'), { quantity: 7 })).body).toMatchObject({
      status: 409,
      code: 'out_of_stock',
    });
    expect((await asOrder('PUT', hold('order-000c', '/commit'))).body).toMatchObject({
      status: 409,
      code: 'commit_lost',
    });

    expect(await service.metric('stock_reservations_total', { outcome: 'held' })).toBe(held + 1);
    const facts = service.logs.filter((record) => record['glasshouse.sku'] === sku);
    expect(facts.map((record) => record['event.action'])).toEqual([
      'product.created',
      'stock.reserved',
      'stock.repeated',
      'stock.committed',
      'stock.repeated',
      'stock.released',
      'stock.repeated',
      'stock.refused',
      'stock.refused',
      'stock.commit_lost',
    ]);
    expect(facts.at(-1)).toMatchObject({ 'log.level': 'error', 'glasshouse.order.id': 'order-000c' });
    const span = service.spans.find(
      ({ traceId, tags }) => traceId === facts[1]?.['trace.id'] && tags['span.kind'] === 'server',
    );
    expect(span?.name).toBe('PUT /internal/skus/:sku/holds/:orderId');
    expect(span?.tags).toMatchObject({ 'glasshouse.sku': sku, 'glasshouse.order.id': 'order-000a' });
    expect(
      service.spans.some((child) => child.parentId === span?.spanId && child.name === 'skus.findOneAndUpdate'),
    ).toBe(true);
  });

  test('a hundred reserves at once on a stock of ten: exactly ten are held', async () => {
    const sku = await addProduct(10);
    const soldOut = await service.metric('products_out_of_stock');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        asPersistentOrder('PUT', `/internal/skus/${sku}/holds/rush-0000${i}`, { quantity: 1 }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === 'out_of_stock')).toHaveLength(90);
    expect((await call('GET', `/api/products/${sku}/availability`)).body.available).toBe(0);
    expect(await service.metric('products_out_of_stock')).toBe(soldOut + 1);
    expect((await asAdmin('DELETE', `/api/products/${sku}`)).body).toMatchObject({
      status: 409,
      code: 'product_has_holds',
    });
  });

  test('gets the current prices of what exists, never from the cache', async () => {
    const sku = await addProduct(1);
    const ask = () => asOrder('POST', '/internal/prices', { skus: [sku, 'no such', sku] });
    const item = { sku, name: 'New', unitPrice: { amount: 1290, currency: 'EUR' } };
    expect((await ask()).body).toEqual({ items: [item] });
    await call('GET', `/api/products/${sku}`);
    await asAdmin('PATCH', `/api/products/${sku}`, { price: { amount: 1, currency: 'EUR' } });
    expect((await ask()).body).toEqual({ items: [{ ...item, unitPrice: { amount: 1, currency: 'EUR' } }] });
    await asAdmin('DELETE', `/api/products/${sku}`);
    expect((await ask()).body).toEqual({ items: [] });
  });

  test('is the only one who may', async () => {
    const body = { skus: ['TEA-001'] };
    for (const key of ['', 'order.wrong', service.serviceKey('payment'), service.serviceKey('order').toUpperCase()]) {
      expect([401, 403]).toContain((await asOrder('POST', '/internal/prices', body, key)).status);
    }
    expect((await call('POST', '/internal/prices', body)).status).toBe(404);
  });

  test.each([
    ['PUT', '/internal/skus/TEA-001/holds/order-000z', {}],
    ['PUT', '/internal/skus/TEA-001/holds/order-000z', { quantity: 0 }],
    ['PUT', '/internal/skus/TEA-001/holds/order-000z', { quantity: { $gt: 0 } }],
    ['PUT', '/internal/skus/TEA-001/holds/x', { quantity: 1 }],
    ['POST', '/internal/prices', { skus: [] }],
    ['POST', '/internal/prices', { skus: [{ $ne: '' }] }],
  ])('%s %s %j is refused as a bad request', async (method, path, body) => {
    expect((await asOrder(method, path, body)).status).toBe(400);
  });
});
