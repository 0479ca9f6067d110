import { type FakeService, startFakeService } from '@glasshouse/test-kit';
import { BackendError } from './backend-error.js';
import { createJaegerClient } from './jaeger.js';

let jaeger: FakeService;

beforeEach(async () => {
  jaeger = await startFakeService();
});
afterEach(() => jaeger.stop());

const client = () => createJaegerClient(`${jaeger.url}/api`);

const answer = {
  data: [
    {
      traceID: '4781ee61c33e32de',
      spans: [
        {
          spanID: 'b',
          operationName: 'PUT payment',
          references: [
            { refType: 'CHILD_OF', traceID: '4781ee61c33e32de', spanID: 'a' },
            { refType: 'FOLLOWS_FROM', traceID: 'ff', spanID: 'c' },
          ],
          startTime: 2_000,
          duration: 500,
          tags: [
            { key: 'error', type: 'bool', value: true },
            { key: 'http.status_code', type: 'int64', value: 503 },
          ],
          logs: [{ timestamp: 2_100, fields: [{ key: 'error.code', type: 'string', value: 'x' }] }],
          processID: 'p2',
        },
        { spanID: 'a', operationName: 'POST /', startTime: 1_000, duration: 3_000, tags: null, processID: 'p1' },
      ],
      processes: { p1: { serviceName: 'gateway' }, p2: { serviceName: 'order' } },
    },
  ],
};

test('reads a trace: ids of full length, parents apart from references, tags and events by name', async () => {
  jaeger.on('GET', '/api/traces/:id', () => ({ status: 200, body: answer }));
  const trace = await client().trace('4781ee61c33e32de');
  expect(trace).toMatchObject({ traceId: '00000000000000004781ee61c33e32de', startUs: 1_000, durationUs: 3_000 });
  expect(trace?.spans.map(({ spanId, service, isError }) => [spanId, service, isError])).toEqual([
    ['a', 'gateway', false],
    ['b', 'order', true],
  ]);
  expect(trace?.spans[1]).toMatchObject({
    parentId: 'a',
    references: [{ traceId: 'ff'.padStart(32, '0'), spanId: 'c' }],
    tags: { error: true, 'http.status_code': 503 },
    events: [{ atUs: 2_100, fields: { 'error.code': 'x' } }],
  });
});

test('asks in Jaeger’s words', async () => {
  jaeger.on('GET', '/api/traces', () => ({ status: 200, body: { data: null } }));
  const search = { service: 'order', operation: 'POST /api/orders', tags: { error: 'true' }, limit: 20 };
  const found = await client().traces({
    ...search,
    minDurationUs: 1_500,
    maxDurationUs: 2e6,
    startUs: 1.5,
    endUs: 2.5,
  });
  expect(found).toEqual([]);
  expect(jaeger.requests[0]?.query).toEqual({
    service: 'order',
    operation: 'POST /api/orders',
    tags: '{"error":"true"}',
    minDuration: '1500us',
    maxDuration: '2000000us',
    start: '1',
    end: '3',
    limit: '20',
  });
});

test('a trace that is not held is no failure', async () => {
  jaeger.on('GET', '/api/traces/:id', () => ({
    status: 404,
    body: { data: null, errors: [{ code: 404, msg: 'trace not found' }] },
  }));
  expect(await client().trace('1')).toBeUndefined();
});

test.each([
  [
    { status: 400, body: { errors: [{ code: 400, msg: "parameter 'service' is required" }] } },
    400,
    false,
    "parameter 'service' is required",
  ],
  [
    { status: 502, body: { code: 'jaeger_unavailable', detail: 'Jaeger does not answer.' } },
    502,
    true,
    'Jaeger does not answer.',
  ],
  [{ status: 200, body: undefined }, 502, true, 'it answered 200'],
  [{ status: 200, close: true }, undefined, true, 'it cannot be reached'],
])('%j is told as what it is', async (fake, status, isDown, message) => {
  jaeger.on('GET', '/api/services', () => fake);
  const error = await client()
    .services()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BackendError);
  expect(error).toMatchObject({ backend: 'jaeger', status, isDown, message });
});

test('no answer in time is told as that, and an abort by the caller stays one', async () => {
  jaeger.on('GET', '/api/services', () => ({ status: 200, hang: true }));
  await expect(client().services({ timeoutMs: 50 })).rejects.toMatchObject({ message: 'no answer within 0.05 s' });
  await expect(client().services({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});

test('a service does not call itself, whatever Jaeger counts', async () => {
  const calls = [
    { parent: 'gateway', child: 'gateway', callCount: 5 },
    { parent: 'gateway', child: 'order', callCount: 2 },
  ];
  jaeger.on('GET', '/api/dependencies', () => ({ status: 200, body: { data: calls } }));
  expect(await client().dependencies(60_000.4, 1_000)).toEqual([calls[1]]);
  expect(jaeger.requests[0]?.query).toEqual({ endTs: '60000', lookback: '1000' });
});
