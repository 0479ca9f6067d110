import request from 'supertest';
import { ok } from '../http/replies.js';
import { defineRoute } from '../http/routes.js';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { waitFor } from '../testing/wait-for.js';

const base = { access: 'anyone', tag: 't', summary: 's', answers: { 200: { description: 'ok' } } } as const;
const routes = [
  defineRoute({ ...base, method: 'get', path: '/api/products', handler: () => ok([]) }),
  defineRoute({ ...base, method: 'post', path: '/api/orders', handler: () => ok({}) }),
];

let service: KitService;
beforeEach(async () => {
  service = await startKitService({ app: () => ({ routes }) });
  await waitFor('readiness', async () => (await request(service.admin).get('/health/ready')).status === 200);
});
afterEach(() => service.stop());

describe('health', () => {
  test('is answered, and neither traced nor logged', async () => {
    expect((await request(service.admin).get('/health/live')).body).toEqual({ status: 'ok' });
    expect((await request(service.admin).get('/health/ready')).body).toEqual({
      status: 'ok',
      checks: { service: 'ready' },
    });
    await request(service.admin).get('/metrics');
    expect(service.spans).toEqual([]);
    expect(service.facts('http.request')).toEqual([]);
    expect(await service.scrape()).not.toContain('http_route="/health');
  });
});

test('the build that users run has no failpoints', async () => {
  expect((await request(service.admin).get('/failpoints')).status).toBe(404);
  expect((await request(service.admin).put('/failpoints').type('text').send('a b=kill')).status).toBe(404);
});

describe('metrics', () => {
  test('come as Prometheus text, or as OpenMetrics for who asks for it', async () => {
    const plain = await request(service.admin).get('/metrics');
    expect(plain.headers['content-type']).toContain('text/plain');
    const open = await request(service.admin)
      .get('/metrics')
      .set('accept', 'application/openmetrics-text; version=1.0.0');
    expect(open.headers['content-type']).toContain('application/openmetrics-text');
  });
});

describe('a fault', () => {
  const put = (faults: unknown) =>
    request(service.admin)
      .put('/faults')
      .send(faults as object);

  test('with a status turns every answer of its route into that error, and no other route’s', async () => {
    expect((await put([{ route: 'GET /api/products', status: 429 }])).status).toBe(200);
    const response = await request(service.app).get('/api/products');
    expect(response.body).toMatchObject({ status: 429, code: 'injected_fault' });
    expect((await request(service.app).post('/api/orders')).status).toBe(200);
    await waitFor('the span', () => service.spans.some(({ tags }) => tags['glasshouse.fault'] === true));
  });

  test('for all routes spares health, metrics and the switch itself', async () => {
    await put([{ route: '*', errorRate: 1 }]);
    expect((await request(service.app).get('/api/products')).status).toBe(503);
    expect((await request(service.admin).get('/health/ready')).status).toBe(200);
    expect((await request(service.admin).get('/metrics')).status).toBe(200);
    expect((await request(service.admin).delete('/faults')).status).toBe(204);
    expect((await request(service.app).get('/api/products')).status).toBe(200);
  });

  test('with a latency makes answers late, and nothing else', async () => {
    await put([{ route: '*', latencyMs: 80 }]);
    const startedAt = performance.now();
    expect((await request(service.app).get('/api/products')).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79);
  });

  test('with an error rate of 0 hits nobody', async () => {
    await put([{ route: '*', errorRate: 0, status: 500 }]);
    expect((await request(service.app).get('/api/products')).status).toBe(200);
  });

  test('is listed, and its change is a fact', async () => {
    const faults = [{ route: 'POST /api/orders', latencyMs: 5, errorRate: 0.5, status: 503 }];
    await put(faults);
    expect((await request(service.admin).get('/faults')).body).toEqual(faults);
    expect(service.facts('faults.changed')).toMatchObject([{ 'log.level': 'warn', 'glasshouse.faults': 1 }]);
  });

  test.each([
    ['a route that does not exist', [{ route: 'GET /api/product' }], 'body.0.route'],
    ['a rate above 1', [{ route: '*', errorRate: 2 }], 'body.0.errorRate'],
    ['a status that is no error', [{ route: '*', status: 200 }], 'body.0.status'],
    ['an unknown field', [{ route: '*', latency: 5 }], 'body.0.latency'],
  ])('on %s is refused, since it would silently do nothing', async (_name, faults, path) => {
    const response = await put(faults);
    expect(response.body).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] });
    expect((await request(service.admin).get('/faults')).body).toEqual([]);
  });
});

describe('the log level', () => {
  test('changes while the service runs', async () => {
    expect((await request(service.admin).get('/log-level')).body).toEqual({ level: 'debug' });
    const response = await request(service.admin).put('/log-level').send({ level: 'warn' });
    expect(response.body).toEqual({ level: 'warn' });
    const before = service.logs.length;
    await request(service.app).get('/api/products');
    expect(service.logs).toHaveLength(before);
  });

  test.each([[{ level: 'loud' }], [{}], [{ level: 'info', more: 1 }]])('%j is refused', async (body) => {
    expect((await request(service.admin).put('/log-level').send(body)).status).toBe(400);
  });
});

describe('the admin port', () => {
  test.each([
    ['GET', '/api/products', 404],
    ['POST', '/faults', 405],
    ['PUT', '/metrics', 405],
    ['DELETE', '/health/live', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const response = await fetch(service.admin + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});
