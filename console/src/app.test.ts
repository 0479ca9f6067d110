import {
  expectNoneOf,
  type FakeService,
  startFakeService,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

let backend: FakeService;
let gateway: FakeService;
let service: TestService;

const start = (env: Record<string, string> = {}): Promise<TestService> =>
  startService({
    name: 'console',
    create: createService,
    schema: configSchema,
    env: {
      JAEGER_QUERY_URL: backend.url,
      ELASTICSEARCH_URL: backend.url,
      PROMETHEUS_URL: backend.url,
      GATEWAY_URL: gateway.url,
      DEMO_MODE: 'true',
      SERVICE_KEYS_FILE: '',
      ...env,
    },
  });

beforeAll(async () => {
  backend = await startFakeService();
  gateway = await startFakeService();
  service = await start();
  backend.on('GET', '/api/traces', ({ query }) => ({ status: 200, body: { data: [query] } }));
  backend.on('GET', '/api/traces/:id', ({ params }) => ({ status: 200, body: { data: [params] } }));
  backend.on('POST', '/:index/_search', ({ params, body }) => ({ status: 200, body: { index: params.index, body } }));
  backend.on('GET', '/api/v1/query', () => ({ status: 400, body: refusal }));
  gateway.on('POST', '/api/customers', () => ({ status: 201, body: { id: '1' } }));
  gateway.on('POST', '/users/api/login', () => ({ status: 200, body: { accessToken: 'token-canary-1' } }));
  gateway.on('GET', '/api/products', () => ({ status: 200, body: { items: [{ sku: 'TEA-001' }] } }));
});

afterAll(async () => {
  await service.stop();
  await backend.stop();
  await gateway.stop();
});

const refusal = { status: 'error', errorType: 'bad_data', error: 'no' };

const statusAndCode = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
];

const traceId = '4781ee61c33e32de7f91f2f9f9d5b7d8';
const answerOrders = (status: number, body: object): void =>
  gateway.on('POST', '/api/orders', () => ({
    status,
    body,
    headers: { traceresponse: `00-${traceId}-7f91f2f9f9d5b7d8-01` },
  }));

const post = (path: string, body: unknown, app = service.app): Promise<Response> =>
  fetch(app + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('questions to the backends', () => {
  test('are passed on with their parameters and bodies', async () => {
    const traces = await fetch(`${service.app}/api/jaeger/traces?service=order&tags=%7B%22a%22%3A%22b%20c%22%7D`);
    expect(await traces.json()).toEqual({ data: [{ service: 'order', tags: '{"a":"b c"}' }] });
    const search = await post('/api/elasticsearch/glasshouse-logs-*/_search', { size: 1 });
    expect(await search.json()).toEqual({ index: 'glasshouse-logs-*', body: { size: 1 } });
    expect(search.headers.get('cache-control')).toBe('no-store');
  });

  test('get a refusal as the backend said it', async () => {
    const answer = await fetch(`${service.app}/api/prometheus/query?query=x`);
    expect([answer.status, await answer.json()]).toEqual([400, refusal]);
  });

  test.each([
    ['POST', '/api/elasticsearch/glasshouse-logs-*/_delete_by_query', 404],
    ['POST', '/api/elasticsearch/_bulk', 404],
    ['DELETE', '/api/elasticsearch/glasshouse-logs-*/_search', 405],
    ['POST', '/api/jaeger/traces', 405],
    ['GET', '/api/prometheus/admin/tsdb/delete_series', 404],
    ['GET', '/api/jaeger/traces/%2e%2e', 404],
    ['GET', '/api/jaeger/traces/a%2Fb', 404],
  ])('are only those that the page asks: %s %s is %i', async (method, path, status) => {
    const before = backend.requests.length;
    const answer = await fetch(service.app + path, { method });
    expect(answer.status).toBe(status);
    expect(backend.requests.length).toBe(before);
  });

  test('are a 502 that names the backend if it does not answer, while the others do', async () => {
    const lonely = await start({ PROMETHEUS_URL: 'http://127.0.0.1:9' });
    const dead = await fetch(`${lonely.app}/api/prometheus/query?query=up`);
    expect(await statusAndCode(dead)).toEqual([502, 'prometheus_unavailable']);
    expect((await fetch(`${lonely.app}/api/jaeger/traces`)).status).toBe(200);
    await lonely.stop();
  });

  test('are counted, but leave neither spans nor log lines, also when they fail', async () => {
    const quiet = await start({ JAEGER_QUERY_URL: 'http://127.0.0.1:9' });
    await fetch(`${quiet.app}/api/jaeger/services`);
    const labels = { http_route: '/api/jaeger/services', http_response_status_code: '502' };
    await waitFor('the count', () => quiet.metric('http_server_request_duration_seconds_count', labels));
    expect(quiet.spans).toEqual([]);
    expect([...quiet.facts('http.request'), ...quiet.facts('http.error')]).toEqual([]);
    await quiet.stop();
  });

  test('may not be larger than 64 KiB', async () => {
    const answer = await post('/api/elasticsearch/x/_search', { query: 'x'.repeat(70_000) });
    expect(answer.status).toBe(413);
  });
});

describe('an order from the page', () => {
  test('is a purchase by a new customer, and its answer leads to the trace', async () => {
    answerOrders(201, { id: 'id-1', orderNo: 'G-2026-7K3M9Q', state: 'CONFIRMED' });
    const answer = await post('/api/orders', { paymentMethod: 'card_flaky' });
    expect(await answer.json()).toEqual({ traceId, status: 201, orderId: 'id-1', orderNo: 'G-2026-7K3M9Q' });
    const request = gateway.requests.filter(({ path }) => path === '/api/orders').at(-1);
    expect(request?.body).toEqual({ lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_flaky' });
    expect(request?.headers.authorization).toBe('Bearer token-canary-1');
    expect(request?.headers['x-service-key']).toBeUndefined();
  });

  test.each([402, 409, 503])('that ends with %i is answered with its trace as well', async (status) => {
    answerOrders(status, { code: 'some_code' });
    const answer = await post('/api/orders', {});
    expect([answer.status, await answer.json()]).toEqual([200, { traceId, status, code: 'some_code' }]);
  });

  test('is traced and logged, unlike what the page asks', async () => {
    answerOrders(201, {});
    await post('/api/orders', {});
    await waitFor('the span', () => service.spans.some(({ name }) => name === 'POST /api/orders'));
    await waitFor('the line', () => service.facts('http.request').some((line) => line['http.route'] === '/api/orders'));
  });

  test('is refused outside of demo mode, and with a method that does not exist', async () => {
    const serious = await start({ DEMO_MODE: 'false' });
    const refused = await post('/api/orders', {}, serious.app);
    expect(await statusAndCode(refused)).toEqual([403, 'not_in_demo_mode']);
    await serious.stop();
    expect((await post('/api/orders', { paymentMethod: 'gold' })).status).toBe(400);
  });

  test('is a 502 with a code if there is no gateway', async () => {
    const alone = await start({ GATEWAY_URL: 'http://127.0.0.1:9' });
    const answer = await post('/api/orders', {}, alone.app);
    expect(await statusAndCode(answer)).toEqual([502, 'gateway_unavailable']);
    await alone.stop();
  });

  test('leaves no password, token or e-mail address in any telemetry', async () => {
    answerOrders(201, {});
    await post('/api/orders', {});
    const secrets = gateway.requests
      .filter(({ path }) => path === '/users/api/login')
      .flatMap(({ body }) => Object.values(body as Record<string, string>));
    expect(secrets.length).toBeGreaterThan(0);
    await expectNoneOf(service, [...secrets, 'token-canary-1']);
  });
});

test('the settings tell the page where it is', async () => {
  const answer = await fetch(`${service.app}/api/settings`);
  expect(await answer.json()).toEqual({
    isDemo: true,
    addresses: {
      jaeger: backend.url,
      elasticsearch: backend.url,
      prometheus: backend.url,
      gateway: 'http://localhost:8080',
    },
  });
});
