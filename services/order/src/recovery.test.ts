import {
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
import mongoose from 'mongoose';
import { newOrder, type Order, type OrderState, toOrderId, toOrderNo } from './domain.js';
import { configSchema, createService } from './main.js';
import { createDownstreams, type Mood } from './testing/downstreams.js';
import { brokenAtRest } from './testing/invariants.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are whatever the test expects them to be
  readonly body: any;
}
interface StoredOrder extends Omit<Order, 'id' | 'state'> {
  _id: string;
  state: OrderState;
}

// Orders wait for their back-off here; the time-out only ends a test that hangs.
jest.setTimeout(60_000);

let documents: TestDocumentStore;
let connection: mongoose.Connection;
let issuer: Issuer;
let fakes: Record<'product' | 'payment' | 'customer', FakeService>;
let downstreams: ReturnType<typeof createDownstreams>;
let replicas: [TestService, TestService];
let service: TestService;
let keys = 0;

const startReplica = async (): Promise<TestService> => {
  const replica = await startService({
    name: 'order',
    create: createService,
    schema: configSchema,
    env: {
      MONGO_URL: documents.url('order'),
      PRODUCT_URL: fakes.product.url,
      PAYMENT_URL: fakes.payment.url,
      CUSTOMER_URL: fakes.customer.url,
      RECOVERY_INTERVAL_MS: '50',
    },
    issuer,
  });
  await waitFor('readiness', async () => (await fetch(`${replica.admin}/health/ready`)).ok);
  return replica;
};

beforeAll(async () => {
  documents = await startDocumentStore();
  connection = await mongoose.createConnection(documents.url('order')).asPromise();
  issuer = await startIssuer();
  fakes = {
    product: await startFakeService(),
    payment: await startFakeService(),
    customer: await startFakeService(),
  };
  downstreams = createDownstreams(fakes, { 'TEA-001': 500, 'TEA-002': 500 });
  replicas = [await startReplica(), await startReplica()];
  [service] = replicas;
});

afterAll(async () => {
  await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  await connection?.close();
  for (const fake of Object.values(fakes ?? {})) await fake.stop();
  await issuer?.stop();
  await documents?.stop();
});

const call = async (
  method: string,
  path: string,
  { body, headers = {}, replica = service }: { body?: unknown; headers?: object; replica?: TestService } = {},
): Promise<Answer> => {
  const response = await fetch(`${replica.app}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${issuer.token({ sub: 'ada' })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};
const newKey = (): string => `key-${++keys}`;
const lines = ['TEA-001', 'TEA-002'].map((sku) => ({ sku, quantity: 1 }));
const place = (key: string, paymentMethod = 'card_ok', replica = service): Promise<Answer> =>
  call('POST', '/api/orders', { body: { lines, paymentMethod }, headers: { 'idempotency-key': key }, replica });
const stored = () => connection.collection<StoredOrder>('orders');
const untilTerminal = (id: string): Promise<StoredOrder> =>
  waitFor(
    `the end of order ${id}`,
    () => stored().findOne({ _id: id, state: { $in: ['CONFIRMED', 'CANCELLED'] } }),
    30_000,
  );
const facts = (action: string, id: string) =>
  replicas.flatMap((replica) => replica.facts(action)).filter((fact) => fact['glasshouse.order.id'] === id);

afterEach(async () => {
  const found = await stored().find().toArray();
  const orders = new Map(found.map(({ _id, ...order }) => [_id, { ...order, id: _id }]));
  expect(brokenAtRest({ ...downstreams.shop, orders })).toEqual([]);
});

const operations = ['reserve', 'charge', 'commit', 'void', 'release'] as const;

test.each<Mood>(['lost', 'down', 'hang'])(
  'whichever call is %s, the order is answered with 202 in time and ends as it should',
  async (mood) => {
    // Other orders go well, so that no circuit breaker hides what is tested here.
    for (let i = 0; i < 10; i += 1) expect((await place(newKey())).status).toBe(201);
    const cases = operations.map(async (operation) => {
      const isDeclined = operation === 'void' || operation === 'release';
      const paymentMethod = isDeclined ? 'card_declined' : 'card_ok';
      const key = newKey();
      const id = toOrderId('ada', key);
      downstreams.moods.set(`${operation} ${id}`, mood);
      const answer = await place(key, paymentMethod);
      downstreams.moods.delete(`${operation} ${id}`);
      expect([operation, answer.status]).toEqual([operation, 202]);
      expect(answer.headers.get('location')).toMatch(new RegExp(`/api/orders/${id}$`));
      expect(answer.headers.get('retry-after')).toBe('1');
      expect((await untilTerminal(id)).state).toBe(isDeclined ? 'CANCELLED' : 'CONFIRMED');
      expect((await place(key, paymentMethod)).status).toBe(isDeclined ? 402 : 201);
      await waitFor('the fact', () => facts('order.recovered', id).length === 1);
      expect(facts('order.deferred', id)[0]).toMatchObject({ 'glasshouse.order.driver': 'request' });
    });
    await Promise.all(cases);
  },
);

test('a recovery has a trace of its own, which refers to the first one and carries the order', async () => {
  const key = newKey();
  const id = toOrderId('ada', key);
  downstreams.moods.set(`charge ${id}`, 'down');
  const answer = await place(key);
  downstreams.moods.clear();
  await untilTerminal(id);
  const traceId = answer.headers.get('traceresponse')?.split('-')[1];
  const span = await waitFor('the span', () =>
    replicas
      .flatMap(({ spans }) => spans)
      .find(({ name, tags }) => name === 'order.recover' && tags['glasshouse.order.id'] === id),
  );
  expect(span.parentId).toBeUndefined();
  expect(span.traceId).not.toBe(traceId);
  expect(span.followsFrom).toEqual([expect.stringContaining(`${traceId}:`)]);
  expect(facts('order.placed', id)).toEqual([expect.objectContaining({ 'trace.id': span.traceId })]);
  const { history } = (await stored().findOne({ _id: id })) ?? {};
  expect(history?.map(({ state, by, traceId }) => [state, by, traceId])).toEqual([
    ['ACCEPTED', 'request', traceId],
    ['RESERVED', 'request', traceId],
    ['CHARGED', 'recovery', span.traceId],
    ['CONFIRMED', 'recovery', span.traceId],
  ]);
});

/** An order as a process leaves it that is killed right after it has accepted it. */
const abandon = async (at: Date, fields: Partial<Order> = {}): Promise<string> => {
  const id = toOrderId('ada', newKey());
  const { id: _id, ...order } = newOrder({
    id,
    salt: 0,
    sub: 'ada',
    bodyHash: 'hash',
    lines: lines.map((line) => ({ ...line, name: line.sku, unitPrice: 1290 })),
    currency: 'EUR',
    paymentMethod: 'card_ok',
    lease: { owner: 'dead', until: new Date(at.getTime() + 10) },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    at,
  });
  await stored().insertOne({ _id, ...order, ...fields });
  return id;
};

test('two replicas share the orders that a killed process left, and each arrow is followed once', async () => {
  const ids = await Promise.all(Array.from({ length: 16 }, () => abandon(new Date())));
  await Promise.all(ids.map(untilTerminal));
  for (const id of ids) {
    const order = await stored().findOne({ _id: id });
    expect(order).toMatchObject({ state: 'CONFIRMED', version: 4 });
    for (const action of ['order.reserved', 'order.charged', 'order.placed', 'order.recovered']) {
      expect([action, facts(action, id).length]).toEqual([action, 1]);
    }
  }
});

test('an order that is not charged after a quarter of an hour is given up', async () => {
  const id = await abandon(new Date(Date.now() - 16 * 60_000));
  expect(await untilTerminal(id)).toMatchObject({ state: 'CANCELLED', reason: { code: 'expired' } });
  expect(facts('order.expired', id)).toHaveLength(1);
});

test('an order whose number is taken draws another one', async () => {
  const key = newKey();
  const id = toOrderId('ada', key);
  const orderNo = toOrderNo(id, new Date().getUTCFullYear(), 0);
  const other = await abandon(new Date(), { orderNo });
  const { status, body } = await place(key);
  expect(status).toBe(201);
  expect(body.orderNo).toBe(toOrderNo(id, new Date().getUTCFullYear(), 1));
  expect((await untilTerminal(other)).orderNo).toBe(orderNo);
});

test('an end that a killed process could not tell of is told by a recovery, once', async () => {
  const key = newKey();
  const id = toOrderId('ada', key);
  expect((await place(key)).status).toBe(201);
  const due = { nextAttemptAt: new Date(), 'lease.until': new Date() };
  await stored().updateOne({ _id: id }, { $set: due });
  await waitFor('the fact', () => facts('order.retold', id).length > 0);
  expect(facts('order.retold', id)).toHaveLength(1);
});

test('a process that goes down in order leaves no end to be told of', async () => {
  const replica = await startReplica();
  const key = newKey();
  expect((await place(key, 'card_ok', replica)).status).toBe(201);
  const isDue = { _id: toOrderId('ada', key), nextAttemptAt: { $exists: true } };
  expect(await stored().countDocuments(isDue)).toBe(1);
  await replica.stop();
  expect(await stored().countDocuments(isDue)).toBe(0);
});

test('a customer can cancel while the payment hangs, and whatever arrives later changes nothing', async () => {
  const key = newKey();
  const id = toOrderId('ada', key);
  downstreams.moods.set(`charge ${id}`, 'hang');
  const placing = place(key);
  await waitFor('the charge', () => fakes.payment.requests.some(({ path }) => path.endsWith(id)));
  const cancelled = await call('POST', `/api/orders/${id}/cancel`);
  expect([cancelled.status, cancelled.body.state, cancelled.body.reason]).toEqual([
    200,
    'CANCELLED',
    'cancelled_by_customer',
  ]);
  downstreams.moods.clear();
  expect([202, 409]).toContain((await placing).status);
  expect((await call('POST', `/api/orders/${id}/cancel`)).status).toBe(200);
  const again = await place(key);
  expect([again.status, again.body.code]).toEqual([409, 'order_cancelled']);
  expect(downstreams.shop.payments.get(id)).toMatchObject({ state: 'VOIDED', captures: 0 });
});

test.each([
  ['reserve', 200, 'order_cancelled', 'CANCELLED'],
  ['charge', 200, 'order_cancelled', 'CANCELLED'],
  ['commit', 409, undefined, 'CONFIRMED'],
])(
  'a cancellation in the middle of %s is answered %s and the purchase agrees',
  async (operation, status, code, state) => {
    const key = newKey();
    const id = toOrderId('ada', key);
    let cancelling: Promise<Answer> | undefined;
    downstreams.meanwhile.set(`${operation} ${id}`, () => {
      cancelling ??= call('POST', `/api/orders/${id}/cancel`);
      return cancelling;
    });
    const placed = await place(key);
    expect([(await cancelling)?.status, placed.body.code]).toEqual([status, code]);
    expect((await untilTerminal(id)).state).toBe(state);
  },
);

test('cancellations that race with purchases leave one truth that all answers agree on', async () => {
  for (const operation of ['reserve', 'charge', 'commit', 'reserve', 'charge', 'commit']) {
    const key = newKey();
    const id = toOrderId('ada', key);
    let cancelling: Promise<Answer> | undefined;
    downstreams.meanwhile.set(`${operation} ${id}`, async () => {
      cancelling ??= call('POST', `/api/orders/${id}/cancel`);
    });
    const placed = await place(key);
    const cancelled = await cancelling;
    const { state } = await untilTerminal(id);
    if (placed.status === 201 || cancelled?.status === 409) expect(state).toBe('CONFIRMED');
    if (placed.status === 409 || cancelled?.status === 200) expect(state).toBe('CANCELLED');
  }
});

test.each(['prices', 'customer'])('nothing is accepted while %s cannot be asked', async (operation) => {
  const key = newKey();
  downstreams.moods.set(operation === 'customer' ? 'customer ada' : 'prices ', 'down');
  const answer = await place(key);
  downstreams.moods.clear();
  expect([answer.status, answer.body.code]).toEqual([503, 'downstream_unavailable']);
  expect(await stored().findOne({ _id: toOrderId('ada', key) })).toBeNull();
  expect((await place(key)).status).toBe(201);
});

test('a lost commit is an alarm, and the order stays as it is for a person to look at', async () => {
  const key = newKey();
  const id = toOrderId('ada', key);
  downstreams.moods.set(`commit ${id}`, 'down');
  await place(key);
  const sku = downstreams.shop.skus.get('TEA-001');
  sku?.holds.delete(id);
  downstreams.moods.clear();
  const alarm = await waitFor('the alarm', () => facts('order.commit_lost', id)[0]);
  expect(alarm).toMatchObject({ 'log.level': 'error', 'glasshouse.sku': 'TEA-001' });
  expect((await call('GET', `/api/orders/${id}`)).body.state).toBe('CHARGED');
  expect(await service.metric('order_saga_oldest_seconds')).toBeGreaterThan(0);
  // The person has found the goods.
  sku?.holds.set(id, 1);
  await untilTerminal(id);
});
