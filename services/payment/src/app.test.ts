import {
  expectNoneOf,
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
  headers: Headers;
  body: Record<string, unknown>;
}

let documentStore: TestDocumentStore;
let issuer: Issuer;
let service: TestService;
let replica: TestService;

const startReplica = async (): Promise<TestService> => {
  const started = await startService({
    name: 'payment',
    create: createService,
    schema: configSchema,
    env: { MONGO_URL: documentStore.url('payment'), PROCESSOR_SLOW_MS: '400' },
    issuer,
  });
  await waitFor('readiness', async () => (await fetch(`${started.admin}/health/ready`)).ok);
  return started;
};

beforeAll(async () => {
  documentStore = await startDocumentStore();
  issuer = await startIssuer();
  service = await startReplica();
  replica = await startReplica();
});

afterAll(async () => {
  await replica?.stop();
  await service?.stop();
  await issuer?.stop();
  await documentStore?.stop();
});

const send = async (url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
};

interface Call {
  at?: TestService;
  headers?: Record<string, string>;
}
const asOrder = (method: string, path: string, body?: unknown, { at = service, headers = {} }: Call = {}) =>
  send(`${at.internal}${path}`, method, body, { 'x-service-key': at.serviceKey('order'), ...headers });
const charge = (orderId: string, changes: Record<string, unknown> = {}, options: Call = {}) => {
  const body = { amount: 2580, currency: 'EUR', paymentMethod: 'card_ok', sub: 'ada', ...changes };
  return asOrder('PUT', `/internal/payments/${orderId}`, body, options);
};
/** A busy machine may answer 503 with an unknown outcome; a caller then sends the same charge again, and so does a test. */
const chargePersistently = async (...call: Parameters<typeof charge>): Promise<Answer> => {
  const answer = await charge(...call);
  return answer.status < 500 ? answer : chargePersistently(...call);
};
const voidPayment = (orderId: string) => asOrder('POST', `/internal/payments/${orderId}/void`);
const read = (orderId: string, token?: string) =>
  send(`${service.app}/api/payments/${orderId}`, 'GET', undefined, token ? { authorization: `Bearer ${token}` } : {});

let lastOrder = 0;
const newOrder = (): string => {
  lastOrder += 1;
  return `order-${String(lastOrder).padStart(4, '0')}`;
};
const factsOf = (orderId: string, from = service) =>
  from.logs.filter((record) => record['glasshouse.order.id'] === orderId).map((record) => record['event.action']);

describe('a charge', () => {
  test.each([
    ['card_ok', 'SUCCEEDED', 'payment.succeeded'],
    ['card_declined', 'DECLINED', 'payment.declined'],
    ['card_slow', 'SUCCEEDED', 'payment.succeeded'],
  ])('by %s is %s once, however often it is sent', async (paymentMethod, state, fact) => {
    const orderId = newOrder();
    const outcome = state.toLowerCase();
    const before = await service.metric('payments_total', { outcome });
    const first = await charge(orderId, { paymentMethod });
    expect(first).toMatchObject({
      status: 200,
      body: { orderId, state, amount: { amount: 2580, currency: 'EUR' }, at: expect.any(String) },
    });
    expect((await charge(orderId, { paymentMethod })).body).toEqual(first.body);
    expect((await charge(orderId, { paymentMethod }, { at: replica })).body).toEqual(first.body);
    expect(await service.metric('payments_total', { outcome })).toBe(before + 1);
    expect(factsOf(orderId)).toEqual([fact, 'payment.repeated']);
    expect(factsOf(orderId, replica)).toEqual(['payment.repeated']);
  });

  test('sent to two replicas at once is one payment', async () => {
    const orderId = newOrder();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => chargePersistently(orderId, {}, { at: i % 2 === 0 ? service : replica })),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const succeeded = [...factsOf(orderId), ...factsOf(orderId, replica)].filter((f) => f === 'payment.succeeded');
    expect(succeeded).toHaveLength(1);
  });

  test('by the flaky card fails once with 503 and then succeeds, also at another replica', async () => {
    const orderId = newOrder();
    const failed = await charge(orderId, { paymentMethod: 'card_flaky' });
    expect(failed.body).toMatchObject({ status: 503, code: 'processor_unavailable' });
    expect(failed.headers.get('retry-after')).toBe('1');
    expect(service.facts('payment.processor_failed').at(-1)).toMatchObject({ 'log.level': 'warn' });
    expect((await charge(orderId, { paymentMethod: 'card_flaky' }, { at: replica })).status).toBe(200);
  });

  test('by the slow card that runs out of time is decided for whoever asks again', async () => {
    const orderId = newOrder();
    const hurried = await charge(orderId, { paymentMethod: 'card_slow' }, { headers: { 'x-deadline-ms': '150' } });
    expect([503, 504]).toContain(hurried.status);
    expect((await charge(orderId, { paymentMethod: 'card_slow' }, { at: replica })).body).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect((await charge(orderId, { paymentMethod: 'card_slow' })).body).toMatchObject({ state: 'SUCCEEDED' });
    expect([...factsOf(orderId), ...factsOf(orderId, replica)].filter((f) => f === 'payment.succeeded')).toHaveLength(
      1,
    );
  });

  test.each([{ amount: 2581 }, { sub: 'eve' }])('of the same order with %j is another charge: 422', async (changes) => {
    const orderId = newOrder();
    await charge(orderId);
    expect((await charge(orderId, changes)).body).toMatchObject({ status: 422, code: 'payment_mismatch' });
    expect(service.facts('payment.refused').at(-1)).toMatchObject({ 'glasshouse.reason': 'payment_mismatch' });
  });
});

describe('a void', () => {
  test('of a paid order gives the money back, once', async () => {
    const orderId = newOrder();
    await charge(orderId);
    for (const _ of [1, 2]) {
      expect(await voidPayment(orderId)).toMatchObject({ status: 200, body: { orderId, state: 'REFUNDED' } });
    }
    expect((await charge(orderId)).body).toMatchObject({ status: 409, code: 'payment_voided' });
    expect(factsOf(orderId)).toEqual(['payment.succeeded', 'payment.refunded', 'payment.repeated', 'payment.refused']);
  });

  test('that comes before the charge stops it for ever', async () => {
    const orderId = newOrder();
    for (const _ of [1, 2]) expect((await voidPayment(orderId)).body).toMatchObject({ state: 'VOIDED' });
    expect((await charge(orderId)).body).toMatchObject({ status: 409, code: 'payment_voided' });
    expect(factsOf(orderId)).toEqual(['payment.voided', 'payment.repeated', 'payment.refused']);
  });

  test('of a declined payment leaves it as it is', async () => {
    const orderId = newOrder();
    await charge(orderId, { paymentMethod: 'card_declined' });
    expect((await voidPayment(orderId)).body).toMatchObject({ state: 'DECLINED' });
  });
});

describe('reading a payment', () => {
  test('is for its owner and for admins; for others it does not exist', async () => {
    const orderId = newOrder();
    const sub = 'customer-ada';
    await charge(orderId, { sub });
    const owner = await read(orderId, issuer.token({ sub }));
    expect(owner.body).toEqual({
      orderId,
      state: 'SUCCEEDED',
      amount: { amount: 2580, currency: 'EUR' },
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((await read(orderId, issuer.token({ roles: ['admin'] }))).body).toEqual(owner.body);
    const other = await read(orderId, issuer.token({ sub: 'customer-eve' }));
    const absent = await read('order-that-is-not', issuer.token({ sub }));
    expect(other.body).toMatchObject({ status: 404, code: 'payment_not_found' });
    expect({ ...other.body, traceId: '' }).toEqual({ ...absent.body, traceId: '' });
    expect((await read(orderId)).status).toBe(401);
    expect((await read(orderId, issuer.token({ sub, expiresInS: -60 }))).status).toBe(401);
  });

  test('shows a tombstone to admins only', async () => {
    const orderId = newOrder();
    await voidPayment(orderId);
    expect((await read(orderId, issuer.token())).status).toBe(404);
    const { body } = await read(orderId, issuer.token({ roles: ['admin'] }));
    expect(body).toEqual({ orderId, state: 'VOIDED', at: expect.any(String) });
  });
});

describe('hostile input', () => {
  const good = { amount: 1, currency: 'EUR', paymentMethod: 'card_ok', sub: 'ada' };
  test.each([
    ['PUT', '/internal/payments/order-0000', '{'],
    ['PUT', '/internal/payments/order-0000', {}],
    ['PUT', '/internal/payments/order-0000', { ...good, amount: 0 }],
    ['PUT', '/internal/payments/order-0000', { ...good, amount: 1.5 }],
    ['PUT', '/internal/payments/order-0000', { ...good, amount: '1' }],
    ['PUT', '/internal/payments/order-0000', { ...good, currency: 'XXX' }],
    ['PUT', '/internal/payments/order-0000', { ...good, paymentMethod: '4111111111111111' }],
    ['PUT', '/internal/payments/order-0000', { ...good, sub: { $ne: '' } }],
    ['PUT', '/internal/payments/order-0000', { ...good, state: 'SUCCEEDED' }],
    ['PUT', '/internal/payments/x', good],
    ['PUT', `/internal/payments/${'x'.repeat(65)}`, good],
    ['PUT', '/internal/payments/%24ne00000', good],
  ])('%s %s %j is refused as a problem that names the trace', async (method, path, body) => {
    const answer = await asOrder(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: expect.any(String), traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  test('only the order service may charge and void, and only inside', async () => {
    for (const key of ['', 'order.wrong', service.serviceKey('product')]) {
      const answer = await charge(newOrder(), {}, { headers: { 'x-service-key': key } });
      expect([401, 403]).toContain(answer.status);
    }
    const outside = await send(`${service.app}/internal/payments/order-0000/void`, 'POST', undefined, {
      'x-service-key': service.serviceKey('order'),
    });
    expect(outside.status).toBe(404);
  });

  test('how somebody pays is in no log, span or metric, and neither is a key or a token', async () => {
    const token = issuer.token();
    await read(newOrder(), token);
    for (const paymentMethod of ['card_ok', 'card_declined', 'card_flaky', '4111111111111111']) {
      await charge(newOrder(), { paymentMethod });
    }
    const secrets = [token, service.serviceKey('order'), '4111111111111111', 'card_ok', 'card_declined', 'card_flaky'];
    await expectNoneOf(service, [...secrets, 'card_slow']);
    await expectNoneOf(replica, [...secrets, 'card_slow']);
  });
});
