import { setTimeout as pause } from 'node:timers/promises';
import { currentContext } from '@glasshouse/telemetry';
import request from 'supertest';
import { z } from 'zod';
import { defineError, kitErrors } from '../errors.js';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { waitFor } from '../testing/wait-for.js';
import { created, noContent, ok } from './replies.js';
import { matchedRoute } from './request-state.js';
import { defineRoute } from './routes.js';

const outOfStock = defineError({ kind: 'conflict', code: 'out_of_stock', message: 'Not enough stock.' });

const base = {
  access: 'anyone',
  tag: 'products',
  summary: 'A route',
  answers: { 200: { description: 'Done' } },
} as const;
const sku = z.object({ sku: z.string() });

const routes = [
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/products',
    query: z.strictObject({ q: z.string().optional() }),
    handler: ({ query }) => ok({ q: query.q ?? null }),
  }),
  defineRoute({ ...base, method: 'get', path: '/api/products/:sku', params: sku, handler: ({ params }) => ok(params) }),
  defineRoute({
    ...base,
    method: 'post',
    path: '/api/products',
    body: z.strictObject({ sku: z.string().max(20), tags: z.array(z.string()).default([]) }),
    handler: ({ body }) => created(`http://localhost:8080/api/products/${body.sku}`, body),
  }),
  defineRoute({ ...base, method: 'delete', path: '/api/products/:sku', params: sku, handler: () => noContent() }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/conflict',
    handler: () => {
      throw outOfStock({ detail: 'Only 2 left.', retryAfterSeconds: 3 });
    },
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/broken',
    handler: () => {
      throw new Error('password=hunter2 at /srv/secret.ts');
    },
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/down',
    handler: () => {
      throw kitErrors.databaseUnavailable();
    },
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/slow',
    deadlineMs: 60,
    handler: ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/remaining',
    handler: ({ deadlineMs }) => ok({ ms: deadlineMs() }),
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/context',
    handler: async () => {
      await pause(1);
      const { requestId, span } = currentContext() ?? {};
      return ok({ requestId, traceId: span?.traceId });
    },
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/bytes',
    answers: { 200: { description: 'A file', contentType: 'application/pdf' } },
    handler: () => ok(Buffer.from('%PDF')),
  }),
  defineRoute({
    ...base,
    method: 'post',
    path: '/oauth/token',
    bodyType: 'form',
    errorFormat: 'oauth',
    body: z.object({ grant_type: z.literal('refresh_token') }),
    handler: () => ok({}),
  }),
];

let service: KitService;
beforeAll(async () => {
  service = await startKitService({ app: () => ({ routes }) });
});
afterAll(() => service.stop());

const traceIdOf = (response: request.Response): string => String(response.headers.traceresponse).slice(3, 35);
const spanOf = async (traceId: string) => {
  await waitFor('the span of the request', () => service.spans.some((span) => span.traceId === traceId));
  return service.spans.find((span) => span.traceId === traceId);
};
const logsOf = (traceId: string) => service.logs.filter((record) => record['trace.id'] === traceId);

describe('a request', () => {
  test('leaves one span that has the name of the route and the tags of HTTP', async () => {
    const response = await request(service.app).get('/api/products/TEA-001?');
    expect(response.status).toBe(200);
    const span = await spanOf(traceIdOf(response));
    expect(span).toMatchObject({ name: 'GET /api/products/:sku', service: 'product' });
    expect(span?.tags).toMatchObject({
      'span.kind': 'server',
      'http.method': 'GET',
      'http.route': '/api/products/:sku',
      'http.status_code': 200,
      'request.id': response.headers['x-request-id'],
    });
    expect(span?.tags).not.toHaveProperty('error');
  });

  test('leaves one access log record with the same trace and no value of the query', async () => {
    const response = await request(service.app).get('/api/products?q=ada@glasshouse.test');
    const traceId = traceIdOf(response);
    await spanOf(traceId);
    const [record, ...others] = logsOf(traceId);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      'event.action': 'http.request',
      'http.request.method': 'GET',
      'http.route': '/api/products',
      'http.response.status_code': 200,
      'request.id': response.headers['x-request-id'],
    });
    expect(record?.['event.duration']).toBeGreaterThan(0);
    expect(JSON.stringify([record, await spanOf(traceId)])).not.toContain('ada@');
  });

  test('is counted with its route, and the histogram points at its trace', async () => {
    const response = await request(service.app).delete('/api/products/X');
    const traceId = traceIdOf(response);
    await spanOf(traceId);
    const scrape = await service.scrape();
    const lines = scrape
      .split('\n')
      .filter((line) =>
        line.includes('http_request_method="DELETE",http_route="/api/products/:sku",http_response_status_code="204"'),
      );
    expect(
      lines.some((line) => line.startsWith('http_server_request_duration_seconds_count') && line.endsWith(' 1')),
    ).toBe(true);
    expect(lines.some((line) => line.includes(`trace_id="${traceId}"`))).toBe(true);
    expect(scrape).toMatch(/^http_server_active_requests 0$/m);
  });

  test('continues the trace of its caller and keeps its request id', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await request(service.app)
      .get('/api/context')
      .set({ traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': 'from-the-gateway-1' });
    expect(response.body).toEqual({ requestId: 'from-the-gateway-1', traceId });
    expect(response.headers['x-request-id']).toBe('from-the-gateway-1');
    expect(await spanOf(traceId)).toMatchObject({ parentId: 'b7ad6b7169203331' });
  });

  test.each(['short', 'with spaces in it', `${'x'.repeat(65)}`, 'a"quote-in-here'])(
    'gets a new request id instead of %j',
    async (id) => {
      const response = await request(service.app).get('/api/products').set('x-request-id', id);
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('is answered to HEAD without a body', async () => {
    const response = await request(service.app).head('/api/products');
    expect(response.status).toBe(200);
    expect(response.headers['content-length']).toBe('10');
  });

  test('gets helmet’s headers and none that name the server', async () => {
    const { headers } = await request(service.app).get('/api/products');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  test('can be answered with bytes of a declared type', async () => {
    const response = await request(service.app).get('/api/bytes');
    expect(response.headers['content-type']).toBe('application/pdf');
  });

  test('that created something says where', async () => {
    const response = await request(service.app).post('/api/products').send({ sku: 'TEA' });
    expect(response.status).toBe(201);
    expect(response.headers.location).toBe('http://localhost:8080/api/products/TEA');
    expect(response.body).toEqual({ sku: 'TEA', tags: [] });
  });
});

describe('an error', () => {
  test('of the business is a problem document with its code, and no error of the span', async () => {
    const response = await request(service.app).get('/api/conflict');
    expect(response.status).toBe(409);
    expect(response.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '3' });
    expect(response.body).toEqual({
      type: 'http://localhost:8080/docs/errors#out_of_stock',
      title: 'Not enough stock.',
      status: 409,
      detail: 'Only 2 left.',
      code: 'out_of_stock',
      traceId: traceIdOf(response),
    });
    expect((await spanOf(traceIdOf(response)))?.tags).not.toHaveProperty('error');
    expect(logsOf(traceIdOf(response))).toMatchObject([
      { 'event.action': 'http.request', 'error.code': 'out_of_stock' },
    ]);
  });

  test('that nobody foresaw tells the caller nothing and the log everything, once', async () => {
    const response = await request(service.app).get('/api/broken');
    expect(response.status).toBe(500);
    expect(response.body).toMatchObject({ code: 'internal_error', detail: 'Something went wrong on our side.' });
    expect(response.text).not.toMatch(/hunter2|secret|\.ts/);
    const span = await spanOf(traceIdOf(response));
    expect(span?.tags.error).toBe(true);
    const errors = logsOf(traceIdOf(response)).filter((record) => record['log.level'] === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.['error.stack_trace']).toContain('http-app.test.ts');
  });

  test('of another system is a warning', async () => {
    const response = await request(service.app).get('/api/down');
    expect(response.body).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect((await spanOf(traceIdOf(response)))?.tags.error).toBe(true);
    expect(logsOf(traceIdOf(response)).map((record) => record['log.level'])).toEqual(['warn', 'info']);
  });

  test('on an OAuth endpoint has the form of RFC 6749', async () => {
    const response = await request(service.app).post('/oauth/token').type('form').send({ grant_type: 'password' });
    expect(response.status).toBe(400);
    expect(response.body).toEqual({ error: 'invalid_request', error_description: 'The request is not valid.' });
  });
});

describe('a deadline', () => {
  test('ends a request that takes longer than its route may', async () => {
    const response = await request(service.app).get('/api/slow');
    expect(response.body).toMatchObject({ status: 504, code: 'deadline_exceeded' });
  });

  test('comes from the caller, less what was used', async () => {
    const response = await request(service.app).get('/api/remaining').set('x-deadline-ms', '700');
    expect(response.body.ms).toBeGreaterThan(0);
    expect(response.body.ms).toBeLessThanOrEqual(700);
  });

  test('that leaves less than 50 ms is not begun', async () => {
    const response = await request(service.app).get('/api/remaining').set('x-deadline-ms', '49');
    expect(response.body).toMatchObject({ status: 504, code: 'deadline_exceeded' });
  });

  test('cannot be made longer than the route’s own', async () => {
    const response = await request(service.app).get('/api/remaining').set('x-deadline-ms', '900000');
    expect(response.body.ms).toBeLessThanOrEqual(5_000);
  });
});

describe('at the public edge', () => {
  let edge: KitService;
  beforeAll(async () => {
    edge = await startKitService({
      app: () => ({
        routes,
        trustIncomingTrace: false,
        templates: [{ method: 'GET', path: '/proxied/:id' }],
        before: [
          (req, res, next) => {
            const match = matchedRoute(req);
            if (match?.template === '/proxied/:id') res.end(JSON.stringify(match));
            else next();
          },
        ],
      }),
    });
  });
  afterAll(() => edge.stop());

  test('a caller’s trace is a reference only, and neither its request id nor its deadline counts', async () => {
    const theirs = '0af7651916cd43dd8448eb211c80319c';
    const response = await request(edge.app)
      .get('/api/remaining')
      .set({
        traceparent: `00-${theirs}-b7ad6b7169203331-01`,
        'x-request-id': 'chosen-by-caller',
        'x-deadline-ms': '1',
      });
    expect(response.status).toBe(200);
    expect(traceIdOf(response)).not.toBe(theirs);
    expect(response.headers['x-request-id']).not.toBe('chosen-by-caller');
    await waitFor('the span', () => edge.spans.length > 0);
    const [span] = edge.spans.filter(({ name }) => name === 'GET /api/remaining');
    expect(span?.parentId).toBeUndefined();
    expect(span?.followsFrom).toEqual([`${theirs}:b7ad6b7169203331`]);
  });

  test('a handler before the routes gets the matched template, and its span the name', async () => {
    const response = await request(edge.app).get('/proxied/7%20a');
    expect(JSON.parse(response.text)).toMatchObject({ template: '/proxied/:id', params: { id: '7 a' } });
    await waitFor('the span', () => edge.spans.some(({ name }) => name === 'GET /proxied/:id'));
  });

  test('a path that is declared but that no handler answers is not found', async () => {
    const response = await request(edge.app).post('/proxied/7');
    expect(response.body).toMatchObject({ code: 'method_not_allowed' });
    expect(response.headers.allow).toBe('GET, HEAD');
  });
});
