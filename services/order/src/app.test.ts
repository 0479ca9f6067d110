import {
  expectNoneOf,
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
import { createDownstreams } from './testing/downstreams.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are whatever the test expects them to be
  readonly body: any;
}

const stock = { 'TEA-001': 1_000, 'TEA-002': 1_000, 'GONE-001': 0, 'YEN-001': 10, 'FREE-001': 10 };
let documents: TestDocumentStore;
let issuer: Issuer;
let fakes: Record<'product' | 'payment' | 'customer', FakeService>;
let downstreams: ReturnType<typeof createDownstreams>;
let service: TestService;
let keys = 0;

beforeAll(async () => {
  documents = await startDocumentStore();
  issuer = await startIssuer();
  fakes = {
    product: await startFakeService(),
    payment: await startFakeService(),
    customer: await startFakeService(),
  };
  downstreams = createDownstreams(fakes, stock);
  downstreams.prices.set('YEN-001', { amount: 500, currency: 'JPY' });
  downstreams.prices.set('FREE-001', { amount: 0, currency: 'EUR' });
  downstreams.mayNotBuy.add('banned');
  service = await startService({
    name: 'order',
    create: createService,
    schema: configSchema,
    env: {
      MONGO_URL: documents.url('order'),
      PRODUCT_URL: fakes.product.url,
      PAYMENT_URL: fakes.payment.url,
      CUSTOMER_URL: fakes.customer.url,
      PUBLIC_URL: 'http://shop.test',
      RECOVERY_INTERVAL_MS: '50',
    },
    issuer,
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok);
});

afterAll(async () => {
  await service?.stop();
  for (const fake of Object.values(fakes ?? {})) await fake.stop();
  await issuer?.stop();
  await documents?.stop();
});

const call = async (
  method: string,
  path: string,
  { sub = 'ada', roles = ['customer'], body, headers = {} }: CallOptions = {},
): Promise<Answer> => {
  const response = await fetch(`${service.app}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${issuer.token({ sub, roles })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
};
interface CallOptions {
  sub?: string;
  roles?: string[];
  body?: unknown;
  headers?: Record<string, string>;
}

const tea = { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' };
const newKey = (): string => `key-${++keys}`;
const place = (
  body: unknown = tea,
  { key = newKey(), ...options }: CallOptions & { key?: string } = {},
): Promise<Answer> =>
  call('POST', '/api/orders', { ...options, body, headers: { 'idempotency-key': key, ...options.headers } });
const requestsFor = (id: string) =>
  [...fakes.product.requests, ...fakes.payment.requests].filter(({ path }) => path.includes(id));
const read = async (id: string): Promise<Answer['body']> => (await call('GET', `/api/orders/${id}`)).body;

test('an order is reserved, charged, committed and confirmed', async () => {
  const { status, headers, body } = await place();
  expect(status).toBe(201);
  expect(headers.get('location')).toBe(`http://shop.test/api/orders/${body.id}`);
  expect(body).toEqual({
    id: expect.stringMatching(/^[\w-]{43}$/),
    orderNo: expect.stringMatching(/^G-\d{4}-[0-9A-Z]{6}$/),
    state: 'CONFIRMED',
    lines: [{ sku: 'TEA-001', name: 'Name of TEA-001', quantity: 2, unitPrice: { amount: 1290, currency: 'EUR' } }],
    total: { amount: 2580, currency: 'EUR' },
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    history: ['ACCEPTED', 'RESERVED', 'CHARGED', 'CONFIRMED'].map((state) => ({ state, at: expect.any(String) })),
    links: {
      self: `http://shop.test/api/orders/${body.id}`,
      invoice: `http://shop.test/api/orders/${body.id}/invoice`,
      payment: `http://shop.test/api/payments/${body.id}`,
    },
  });
  const hold = `/internal/skus/TEA-001/holds/${body.id}`;
  const charge = { amount: 2580, currency: 'EUR', paymentMethod: 'card_ok', sub: 'ada' };
  expect(requestsFor(body.id).map(({ method, path, body }) => [method, path, body ?? {}])).toEqual([
    ['PUT', hold, { quantity: 2 }],
    ['PUT', `${hold}/commit`, {}],
    ['PUT', `/internal/payments/${body.id}`, charge],
  ]);
  for (const { headers } of requestsFor(body.id)) {
    expect(headers).toMatchObject({
      'x-service-key': expect.stringMatching(/^order\./),
      authorization: expect.stringMatching(/^Bearer /),
      'x-deadline-ms': expect.stringMatching(/^\d+$/),
    });
  }
});

test('a purchase is one trace, with its saga steps as parents of the calls, and each fact carries its ids', async () => {
  const before = { confirmed: await service.metric('orders_total', { outcome: 'confirmed' }) };
  const { body, headers } = await place();
  const traceId = headers.get('traceresponse')?.split('-')[1] ?? '';
  const server = await waitFor('the server span', () =>
    service.spans.find((span) => span.traceId === traceId && span.name === 'POST /api/orders'),
  );
  const spans = service.spans.filter((span) => span.traceId === traceId);
  const parentOf = (name: string): string | undefined => {
    const { parentId } = spans.find((span) => span.name === name) ?? {};
    return spans.find(({ spanId }) => spanId === parentId)?.name;
  };
  const step = (name: string) => spans.find((span) => span.name === name);
  for (const name of ['order.reserve', 'order.charge', 'order.confirm', 'orders.insert', 'GET customer']) {
    expect([name, parentOf(name)]).toEqual([name, 'POST /api/orders']);
  }
  expect(parentOf('PUT payment')).toBe('order.charge');
  const childrenOf = (name: string): string[] =>
    spans.filter(({ parentId }) => parentId === step(name)?.spanId).map((span) => span.name);
  expect(childrenOf('order.reserve')).toEqual(['PUT product', 'orders.findOneAndUpdate']);
  expect(childrenOf('order.confirm')).toEqual(['PUT product', 'orders.findOneAndUpdate']);

  const ids = { 'glasshouse.order.id': body.id, 'glasshouse.order.number': body.orderNo };
  expect(server.tags).toMatchObject(ids);
  for (const name of ['order.reserve', 'order.charge', 'order.confirm']) expect(step(name)?.tags).toMatchObject(ids);
  for (const action of ['order.accepted', 'order.reserved', 'order.charged', 'order.placed']) {
    expect(service.facts(action)).toContainEqual(
      expect.objectContaining({ ...ids, 'trace.id': traceId, 'user.id': 'ada', 'log.level': 'info' }),
    );
  }
  expect(await service.metric('orders_total', { outcome: 'confirmed' })).toBe(before.confirmed + 1);
  expect(await service.metric('order_value_euros_count')).toBeGreaterThan(0);
  expect(await service.metric('order_saga_oldest_seconds')).toBe(0);
});

test('a declined payment is 402, gives the stock back, and a repetition says the same', async () => {
  const key = newKey();
  const declined = { ...tea, paymentMethod: 'card_declined' };
  const first = await place(declined, { key });
  expect(first.status).toBe(402);
  expect(first.headers.get('content-type')).toBe('application/problem+json');
  expect(first.body).toMatchObject({ code: 'payment_declined', status: 402 });
  const again = await place(declined, { key });
  expect(again.status).toBe(402);
  expect({ ...again.body, traceId: '' }).toEqual({ ...first.body, traceId: '' });
  const id = first.headers.get('location')?.split('/').at(-1) ?? '';
  expect(await read(id)).toMatchObject({ state: 'CANCELLED', reason: 'payment_declined' });
  expect(downstreams.shop.skus.get('TEA-001')?.settled.get(id)).toBe('R');
  expect(service.facts('order.declined')).toContainEqual(expect.objectContaining({ 'glasshouse.order.id': id }));
});

test('a line that is out of stock is 409 and named, nothing is charged, and the other lines are given back', async () => {
  const key = newKey();
  const order = { ...tea, lines: [...tea.lines, { sku: 'GONE-001', quantity: 1 }] };
  for (const answer of [await place(order, { key }), await place(order, { key })]) {
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'out_of_stock', detail: expect.stringContaining('GONE-001') });
    expect(answer.body.errors).toEqual([{ path: 'body.lines.1', problem: expect.stringContaining('GONE-001') }]);
    const id = answer.headers.get('location')?.split('/').at(-1) ?? '';
    expect(downstreams.shop.payments.get(id)).toMatchObject({ state: 'VOIDED' });
    expect(downstreams.shop.skus.get('TEA-001')?.settled.get(id)).toBe('R');
  }
});

test('a confirmed order is replayed with the same body, with or without quotes around the key, and charged once', async () => {
  const key = newKey();
  const first = await place(tea, { key });
  const again = await place(JSON.stringify(tea, null, 3), { key: `"${key}"` });
  expect([again.status, again.body]).toEqual([201, first.body]);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(requestsFor(first.body.id)).toHaveLength(3);
});

test('the same key with another body is 422, and another customer may use the same key', async () => {
  const key = newKey();
  const first = await place(tea, { key });
  const other = await place({ ...tea, lines: [{ sku: 'TEA-001', quantity: 3 }] }, { key });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  const bob = await place(tea, { key, sub: 'bob' });
  expect(bob.status).toBe(201);
  expect(bob.body.id).not.toBe(first.body.id);
});

test('the same key twenty times at once makes one order and one charge', async () => {
  const key = newKey();
  const answers = await Promise.all(Array.from({ length: 20 }, () => place(tea, { key })));
  const created = answers.filter(({ status }) => status === 201);
  expect(created.length).toBeGreaterThan(0);
  for (const { status, body, headers } of answers) {
    if (status === 201) expect(body).toEqual(created[0]?.body);
    else expect([status, body.code, headers.get('retry-after')]).toEqual([409, 'order_in_progress', '1']);
    expect(headers.get('location')).toBe(created[0]?.headers.get('location'));
  }
  expect(downstreams.shop.payments.get(created[0]?.body.id)).toMatchObject({ captures: 1 });
  expect(requestsFor(created[0]?.body.id).filter(({ path }) => path.startsWith('/internal/payments'))).toHaveLength(1);
});

test.each([
  ['without a key', tea, { 'idempotency-key': '' }, 400, 'invalid_request'],
  ['with a key of 256 letters', tea, { 'idempotency-key': 'k'.repeat(256) }, 400, 'invalid_request'],
  ['with two keys', tea, { 'idempotency-key': '"a", "b"' }, 400, 'invalid_request'],
  ['with a key that is open', tea, { 'idempotency-key': '"a' }, 400, 'invalid_request'],
  ['with an unknown field', { ...tea, total: 1 }, {}, 400, 'invalid_request'],
  [
    'with an unknown field in a line',
    { ...tea, lines: [{ sku: 'A', quantity: 1, unitPrice: 1 }] },
    {},
    400,
    'invalid_request',
  ],
  ['without lines', { ...tea, lines: [] }, {}, 400, 'invalid_request'],
  [
    'with 21 lines',
    { ...tea, lines: Array.from({ length: 21 }, (_, i) => ({ sku: `A${i}`, quantity: 1 })) },
    {},
    400,
    'invalid_request',
  ],
  ['with a SKU twice', { ...tea, lines: [tea.lines[0], tea.lines[0]] }, {}, 400, 'invalid_request'],
  ['with half a unit', { ...tea, lines: [{ sku: 'TEA-001', quantity: 0.5 }] }, {}, 400, 'invalid_request'],
  ['with a negative quantity', { ...tea, lines: [{ sku: 'TEA-001', quantity: -1 }] }, {}, 400, 'invalid_request'],
  ['with an operator for a SKU', { ...tea, lines: [{ sku: { $ne: '' }, quantity: 1 }] }, {}, 400, 'invalid_request'],
  ['with a path for a SKU', { ...tea, lines: [{ sku: '../payments', quantity: 1 }] }, {}, 400, 'invalid_request'],
  ['with a card number', { ...tea, paymentMethod: '4242424242424242' }, {}, 400, 'invalid_request'],
  ['with a broken body', '{"lines":', {}, 400, 'malformed_json'],
  ['with an array for a body', [tea], {}, 400, 'invalid_request'],
  ['with a body that is no JSON', 'hello', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ['for an unknown product', { ...tea, lines: [{ sku: 'NONE-001', quantity: 1 }] }, {}, 422, 'unknown_sku'],
  [
    'in two currencies',
    { ...tea, lines: [...tea.lines, { sku: 'YEN-001', quantity: 1 }] },
    {},
    422,
    'mixed_currencies',
  ],
  ['for nothing', { ...tea, lines: [{ sku: 'FREE-001', quantity: 1 }] }, {}, 422, 'total_out_of_bounds'],
])('an order %s is refused and leaves nothing', async (_what, body, headers, status, code) => {
  const sub = `refused-${newKey()}`;
  const answer = await place(body, { sub, headers });
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect((await call('GET', '/api/orders', { sub })).body.items).toEqual([]);
});

test.each(['banned', 'nobody-knows'])('a customer who may not buy (%s) is 403', async (sub) => {
  const answer = await place(tea, { sub });
  expect([answer.status, answer.body.code]).toEqual([403, 'customer_may_not_buy']);
});

test('nobody places orders without a token or without being a customer', async () => {
  expect((await place(tea, { headers: { authorization: '' } })).status).toBe(401);
  expect((await place(tea, { roles: ['admin'] })).body.code).toBe('forbidden');
});

test('orders are listed newest first in pages; an administrator sees those of all, others only their own', async () => {
  const sub = 'lister';
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.unshift((await place(tea, { sub })).body.id);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await call('GET', `/api/orders?limit=2${cursor}`, { sub });
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.next === undefined ? '' : `&cursor=${body.next}`;
  } while (cursor !== '');
  expect(seen).toEqual(ids);
  const all = await call('GET', '/api/orders?limit=100', { sub: 'root', roles: ['admin'] });
  expect(all.body.items.length).toBeGreaterThan(5);
  const [id] = ids;
  expect((await call('GET', `/api/orders/${id}`, { sub: 'root', roles: ['admin'] })).status).toBe(200);
  for (const path of [`/api/orders/${id}`, `/api/orders/${id}/invoice`]) {
    const other = await call('GET', path, { sub: 'somebody-else' });
    expect([other.status, other.body.code]).toEqual([404, 'order_not_found']);
  }
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=e30', 'cursor=%7B%7D', 'state=CONFIRMED']) {
    expect((await call('GET', `/api/orders?${query}`, { sub })).body.code).toBe('invalid_request');
  }
  expect((await call('GET', '/api/orders/short', { sub })).status).toBe(400);
});

test('a confirmed order cannot be cancelled, and nobody else can even try', async () => {
  const { body } = await place();
  const mine = await call('POST', `/api/orders/${body.id}/cancel`);
  expect([mine.status, mine.body.code]).toEqual([409, 'order_not_cancellable']);
  const theirs = await call('POST', `/api/orders/${body.id}/cancel`, { sub: 'somebody-else' });
  expect([theirs.status, theirs.body.code]).toEqual([404, 'order_not_found']);
});

test('the invoice of a confirmed order is a PDF from a worker thread', async () => {
  const { body } = await place();
  // The first thread has to start, which on a busy machine takes longer than one request may.
  const response = await waitFor('the invoice', async () => {
    const headers = { authorization: `Bearer ${issuer.token({ sub: 'ada' })}` };
    const answer = await fetch(`${service.app}/api/orders/${body.id}/invoice`, { headers });
    return answer.status !== 504 && answer;
  });
  const pdf = Buffer.from(await response.arrayBuffer()).toString('latin1');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  expect(response.headers.get('content-disposition')).toBe(`inline; filename="invoice-${body.orderNo}.pdf"`);
  expect(pdf.startsWith('%PDF-')).toBe(true);
  expect(pdf).toContain(body.orderNo);
  const thread = await waitFor('its span', () => service.spans.find(({ name }) => name === 'thread invoice.render'));
  expect(service.spans).toContainEqual(expect.objectContaining({ name: 'invoice.render', parentId: thread.spanId }));
});

test('the product service learns which orders are at their end, and nobody else does', async () => {
  const { body } = await place();
  const ask = (headers: Record<string, string>) =>
    fetch(`${service.internal}/internal/orders/terminal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ orderIds: [body.id, 'unknown'] }),
    });
  const answer = await ask({ 'x-service-key': service.serviceKey('product') });
  expect([answer.status, await answer.json()]).toEqual([200, { terminal: [body.id] }]);
  expect((await ask({})).status).toBe(401);
  expect((await ask({ 'x-service-key': service.serviceKey('customer') })).status).toBe(403);
});

test('no token, service key, idempotency key or payment method stands in telemetry', async () => {
  const key = 'canary-key-9f3a';
  await place({ ...tea, paymentMethod: 'card_flaky' }, { key });
  const [request] = fakes.payment.requests.slice(-1);
  const { authorization, 'x-service-key': serviceKey } = request?.headers ?? {};
  expect(authorization).toEqual(expect.any(String));
  await expectNoneOf(service, [
    String(authorization).slice('Bearer '.length),
    String(serviceKey).slice('order.'.length),
    key,
    'card_flaky',
    'card_ok',
    'card_declined',
  ]);
});
