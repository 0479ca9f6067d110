import {
  createFakeClock,
  type FakeService,
  type Issuer,
  startDocumentStore,
  startFakeService,
  startIssuer,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

jest.setTimeout(60_000);

const clock = createFakeClock(new Date());
let documentStore: TestDocumentStore;
let issuer: Issuer;
let orders: FakeService;
let service: TestService;

const start = async (env: Record<string, string>): Promise<TestService> => {
  const started = await startService({
    name: 'product',
    create: createService,
    schema: configSchema,
    env: { MONGO_URL: documentStore.url('product'), DEMO_MODE: 'true', ...env },
    issuer,
    clock,
  });
  await waitFor('readiness', async () => (await fetch(`${started.admin}/health/ready`)).ok);
  return started;
};

beforeAll(async () => {
  documentStore = await startDocumentStore();
  issuer = await startIssuer();
  orders = await startFakeService();
  service = await start({ ORDER_URL: orders.url, SETTLED_PRUNE_INTERVAL_MS: '50' });
});

afterAll(async () => {
  await service?.stop();
  await orders?.stop();
  await issuer?.stop();
  await documentStore?.stop();
});

const asOrder = async (method: string, orderId: string, quantity?: number): Promise<number> => {
  const response = await fetch(`${service.internal}/internal/skus/TEA-001/holds/${orderId}`, {
    method,
    headers: { 'x-service-key': service.serviceKey('order'), 'content-type': 'application/json' },
    ...(quantity === undefined ? {} : { body: JSON.stringify({ quantity }) }),
  });
  return response.status;
};

test('a settlement is forgotten once the order service says that the order is terminal', async () => {
  let terminal: string[] = [];
  orders.on('POST', '/internal/orders/terminal', () => ({ status: 200, body: { terminal } }));
  expect(await asOrder('DELETE', 'order-000a')).toBe(200);
  expect(await asOrder('DELETE', 'order-000b')).toBe(200);
  clock.advance(10 * 60_000);
  await waitFor('the question', () => orders.requests.length > 1);
  expect(orders.requests.at(-1)?.body).toEqual({ orderIds: ['order-000a', 'order-000b'] });
  expect(orders.requests.at(-1)?.headers['x-service-key']).toBe(service.serviceKey('product'));
  expect(await asOrder('PUT', 'order-000a', 1)).toBe(409);

  terminal = ['order-000a', 'somebody-elses'];
  await waitFor('the pruning', () => service.facts('stock.pruned').length > 0);
  expect(await asOrder('PUT', 'order-000a', 1)).toBe(200);
  expect(await asOrder('PUT', 'order-000b', 1)).toBe(409);
});

test('an order service that is down or talks nonsense prunes nothing', async () => {
  const pruned = service.facts('stock.pruned').length;
  for (const answer of [{ status: 500 }, { status: 200, body: { terminal: 'order-000b' } }]) {
    orders.on('POST', '/internal/orders/terminal', () => answer);
    const asked = orders.requests.length;
    await waitFor('two more questions', () => orders.requests.length > asked + 1);
  }
  expect(service.facts('stock.pruned')).toHaveLength(pruned);
  expect(await asOrder('PUT', 'order-000b', 1)).toBe(409);
});

test('a second replica finds the demo’s products and adds none', async () => {
  const second = await start({});
  expect(service.facts('product.seeded')).toHaveLength(1);
  expect(second.facts('product.seeded')).toHaveLength(0);
  await second.stop();
});
