import { connect } from 'node:net';
import {
  expectNoneOf,
  type FakeService,
  type Issuer,
  startFakeService,
  startIssuer,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import request from 'supertest';
import { configSchema, createService } from './main.js';

let issuer: Issuer;
let upstream: FakeService;
let gateway: TestService;

beforeAll(async () => {
  issuer = await startIssuer();
  upstream = await startFakeService();
  gateway = await start({});
  upstream.on('GET', '/api/products', () => ({ status: 200, body: { items: [] } }));
  upstream.on('GET', '/api/products/:sku', ({ params }) => ({
    status: 200,
    body: { sku: params.sku },
    headers: { etag: '"1"', server: 'upstream', 'x-request-id': 'upstream' },
  }));
  upstream.on('POST', '/api/orders', ({ body }) => ({ status: 201, body, headers: { location: '/api/orders/1' } }));
  upstream.on('POST', '/users/api/login', () => ({ status: 401, body: {} }));
});

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  await issuer.stop();
});

const start = (env: Record<string, string>): Promise<TestService> =>
  startService({
    name: 'gateway',
    create: createService,
    schema: configSchema,
    issuer,
    env: {
      OAUTH_URL: upstream.url,
      CUSTOMER_URL: upstream.url,
      PRODUCT_URL: upstream.url,
      ORDER_URL: upstream.url,
      PAYMENT_URL: upstream.url,
      PUBLIC_URL: 'http://shop.test',
      ANONYMOUS_RATE: '1000',
      ...env,
    },
  });

const lastRequest = () => upstream.requests[upstream.requests.length - 1];

test('a request is forwarded with a trace of its own, and its answer leads to that trace', async () => {
  const answer = await request(gateway.app)
    .get('/api/products/TEA-001')
    .set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
    .expect(200, { sku: 'TEA-001' });
  const traceId = answer.headers.traceresponse?.split('-')[1];
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');
  expect(lastRequest()?.headers.traceparent).toContain(traceId);
  expect(answer.headers.etag).toBe('"1"');
  expect(answer.headers['x-request-id']).not.toBe('upstream');
  const spans = await waitFor('both spans', () => {
    const found = gateway.spans.filter((span) => span.traceId === traceId);
    return found.length === 2 && found;
  });
  const server = spans.find((span) => span.name === 'GET /api/products/:sku');
  const client = spans.find((span) => span.name === 'GET product');
  expect(client?.parentId).toBe(server?.spanId);
  expect(server?.followsFrom).toHaveLength(1);
});

test('a body and its headers reach the service, what a caller must not say does not', async () => {
  await request(gateway.app)
    .post('/api/orders')
    .set('authorization', `Bearer ${issuer.token()}`)
    .set('idempotency-key', 'k1')
    .set('x-service-key', 'order.secret')
    .set('x-client-address', '1.2.3.4')
    .set('x-forwarded-for', '1.2.3.4')
    .send({ lines: [] })
    .expect(201, { lines: [] });
  const headers = lastRequest()?.headers ?? {};
  expect(headers['idempotency-key']).toBe('k1');
  expect(headers['x-service-key']).toBe(gateway.serviceKey('gateway'));
  expect(headers['x-client-address']).toMatch(/127\.0\.0\.1$/);
  expect(headers['x-forwarded-for']).toBeUndefined();
});

test('a body without a length is held to the limit and forwarded', async () => {
  const chunked = (bytes: number) =>
    fetch(`${gateway.app}/api/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${issuer.token()}`, 'content-type': 'application/json' },
      body: new Blob([JSON.stringify({ text: 'x'.repeat(bytes) })]).stream(),
      duplex: 'half',
    } as RequestInit);
  const small = await chunked(10);
  expect([small.status, await small.json()]).toEqual([201, { text: 'x'.repeat(10) }]);
  expect((await chunked(70_000)).status).toBe(413);
});

test.each([
  ['GET', '/api/unknown', 404, 'route_not_found'],
  ['GET', '/internal/skus/TEA-001/holds/1', 404, 'route_not_found'],
  ['GET', '/metrics', 404, 'route_not_found'],
  ['DELETE', '/api/products', 405, 'method_not_allowed'],
  ['GET', '/api/products/%2e%2e/internal', 400, 'invalid_path'],
  ['GET', '/api/products/%zz', 400, 'invalid_path'],
  ['GET', '/api/orders', 401, 'unauthenticated'],
])('%s %s is answered with %i %s and reaches no service', async (method, path, status, code) => {
  const before = upstream.requests.length;
  const answer = await rawRequest(`${method} ${path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toContain('application/problem+json');
  expect(answer).toContain(`"code":"${code}"`);
  expect(answer).toMatch(/"traceId":"[0-9a-f]{32}"/);
  expect(upstream.requests.length).toBe(before);
});

/** Bytes as they are: clients would tidy the path. */
const rawRequest = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.app).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });

test('a token that does not hold is refused, and a role that does not suffice is too', async () => {
  await request(gateway.app).get('/api/orders').set('authorization', 'Bearer junk').expect(401);
  await request(gateway.app)
    .get('/api/orders')
    .set('authorization', `Bearer ${issuer.token({ expiresInS: -60 })}`)
    .expect(401);
  await request(gateway.app)
    .post('/api/products')
    .set('authorization', `Bearer ${issuer.token({ roles: ['customer'] })}`)
    .send({})
    .expect(403);
});

test('a GET is repeated once after a lost connection, a POST never', async () => {
  let calls = 0;
  upstream.on('GET', '/api/products/:sku/availability', () => {
    calls++;
    return calls === 1 ? { status: 200, close: true } : { status: 200, body: { available: 1 } };
  });
  await request(gateway.app).get('/api/products/TEA-001/availability').expect(200);
  expect(calls).toBe(2);
  let posts = 0;
  upstream.on('POST', '/api/customers', () => {
    posts++;
    return { status: 201, close: true };
  });
  const answer = await request(gateway.app).post('/api/customers').send({}).expect(502);
  expect(answer.body.code).toBe('bad_gateway');
  expect(posts).toBe(1);
});

test('a service that does not answer in time is a 504', async () => {
  upstream.on('POST', '/oauth/token', () => ({ status: 200, hang: true }));
  const answer = await request(gateway.app).post('/oauth/token').send('grant_type=x').expect(504);
  expect(answer.body.code).toBe('upstream_timeout');
});

test('a service that is gone is a 502 with a code, and the breaker spares it after a while', async () => {
  const lonely = await start({ PAYMENT_URL: 'http://127.0.0.1:9' });
  const call = () =>
    request(lonely.app)
      .get('/api/payments/1')
      .set('authorization', `Bearer ${issuer.token({ sub: 'one' })}`);
  const first = await call();
  expect([first.status, first.body.code]).toEqual([502, 'bad_gateway']);
  await waitFor('the breaker to open', async () => (await call()).body.code === 'downstream_unavailable');
  expect(await lonely.metric('circuit_breaker_state', { peer_service: 'payment' })).toBe(2);
  await lonely.stop();
});

test('who sends too much is answered with 429, Retry-After and the RateLimit headers', async () => {
  const strict = await start({ ANONYMOUS_RATE: '2' });
  const statuses = await waitFor('a refusal', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => request(strict.app).get('/api/products')));
    return answers.some((answer) => answer.status === 429) && answers;
  });
  const refused = statuses.find((answer) => answer.status === 429);
  expect(refused?.body.code).toBe('rate_limited');
  expect(refused?.headers['retry-after']).toBe('2');
  expect(refused?.headers.ratelimit).toBeDefined();
  expect(await strict.metric('security_events_total', { event: 'limit.hit' })).toBeGreaterThan(0);
  await strict.stop();
});

test('the OpenAPI document and its page are served', async () => {
  const document = await request(gateway.app).get('/openapi.json').expect(200);
  expect(document.body.servers).toEqual([{ url: 'http://shop.test' }]);
  const page = await request(gateway.app).get('/docs').expect(200).expect('content-type', /html/);
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  await request(gateway.app).get('/docs/swagger-ui.css').expect(200);
  const { body } = await request(gateway.app).get('/docs/package.json').expect(404);
  const { pathname, hash } = new URL(body.type);
  const errors = await request(gateway.app).get(pathname).expect(200).expect('content-type', /html/);
  expect(errors.text).toContain(`<tr id="${hash.slice(1)}">`);
});

test('no password, token or e-mail that passes through stands in any telemetry', async () => {
  const token = issuer.token();
  await request(gateway.app)
    .post('/users/api/login')
    .send({ email: 'canary@glasshouse.test', password: 'canary-password-1' })
    .expect(401);
  await request(gateway.app).get('/api/products?q=canary-query').set('authorization', `Bearer ${token}`).expect(200);
  await expectNoneOf(gateway, ['canary@glasshouse.test', 'canary-password-1', token, 'canary-query']);
});
