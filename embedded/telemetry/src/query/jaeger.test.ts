import type { SpanRecord } from '@glasshouse/telemetry/wire';
import request from 'supertest';
import { createSpanStore } from '../store/spans.js';
import { addJaegerErrors, createJaegerQuery } from './jaeger.js';

const now = Date.parse('2026-11-22T12:00:00.000Z');
const trace = 'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb';
const base: SpanRecord = {
  service: 'gateway',
  name: 'POST /api/orders',
  traceId: trace,
  spanId: '00000000000000a1',
  startedAt: (now - 1_000) * 1_000,
  durationUs: 2_500,
  tags: { 'span.kind': 'server', 'http.status_code': 500, error: true, ratio: 0.5 },
  logs: [{ at: (now - 999) * 1_000, fields: { event: 'error' } }],
};
const child: SpanRecord = {
  ...base,
  service: 'order',
  spanId: '00000000000000a2',
  parentId: '00000000000000a1',
  followsFrom: [`${'c'.repeat(32)}:00000000000000c1`],
  tags: {},
  logs: [],
};
const short: SpanRecord = {
  ...base,
  name: 'GET /',
  traceId: `${'0'.repeat(24)}deadbeef`,
  durationUs: 10,
  tags: {},
  logs: [],
};

const create = () => {
  const spans = createSpanStore({ maxBytes: 2 ** 28, referenced: () => () => false });
  for (const span of [child, base, short]) spans.add(span);
  const api = createJaegerQuery(spans, () => now);
  addJaegerErrors(api);
  return api;
};
const empty = { total: 0, limit: 0, offset: 0, errors: null };

it('tells the instances of a service apart, each with the tags of its process', async () => {
  const spans = createSpanStore({ maxBytes: 2 ** 28, referenced: () => () => false });
  const of = (spanId: string, instance: string): SpanRecord => ({
    ...base,
    spanId,
    processTags: { 'service.version': '1.2.3', 'service.instance.id': instance },
  });
  for (const span of [of('00000000000000a1', 'a'), of('00000000000000a2', 'b'), of('00000000000000a3', 'a')])
    spans.add(span);
  const { body } = await request(createJaegerQuery(spans, () => now))
    .get(`/api/traces/${trace}`)
    .expect(200);
  const tagsOf = (instance: string) => [
    { key: 'service.version', type: 'string', value: '1.2.3' },
    { key: 'service.instance.id', type: 'string', value: instance },
  ];
  expect(body.data[0].processes).toEqual({
    p1: { serviceName: base.service, tags: tagsOf('a') },
    p2: { serviceName: base.service, tags: tagsOf('b') },
  });
  expect(body.data[0].spans.map(({ processID }: { processID: string }) => processID)).toEqual(['p1', 'p2', 'p1']);
});

it('answers a trace in exactly Jaeger’s shape', async () => {
  const { body } = await request(create()).get(`/api/traces/${trace}`).expect(200);
  expect(body).toEqual({
    data: [
      {
        traceID: trace,
        spans: [
          {
            traceID: trace,
            spanID: '00000000000000a2',
            operationName: 'POST /api/orders',
            references: [
              { refType: 'CHILD_OF', traceID: trace, spanID: '00000000000000a1' },
              { refType: 'FOLLOWS_FROM', traceID: 'c'.repeat(32), spanID: '00000000000000c1' },
            ],
            startTime: base.startedAt,
            duration: 2_500,
            tags: [],
            logs: [],
            processID: 'p1',
            warnings: null,
          },
          {
            traceID: trace,
            spanID: '00000000000000a1',
            operationName: 'POST /api/orders',
            references: [],
            startTime: base.startedAt,
            duration: 2_500,
            tags: [
              { key: 'span.kind', type: 'string', value: 'server' },
              { key: 'http.status_code', type: 'int64', value: 500 },
              { key: 'error', type: 'bool', value: true },
              { key: 'ratio', type: 'float64', value: 0.5 },
            ],
            logs: [{ timestamp: (now - 999) * 1_000, fields: [{ key: 'event', type: 'string', value: 'error' }] }],
            processID: 'p2',
            warnings: null,
          },
        ],
        processes: { p1: { serviceName: 'order', tags: [] }, p2: { serviceName: 'gateway', tags: [] } },
        warnings: null,
      },
    ],
    ...empty,
  });
});

it('knows short ids, with and without their zeros', async () => {
  const { body } = await request(create()).get('/api/traces/deadbeef').expect(200);
  expect(body.data[0].traceID).toBe('00000000deadbeef');
});

it('tells services, operations and who calls whom', async () => {
  const api = create();
  const data = async (path: string) => (await request(api).get(path).expect(200)).body;
  expect(await data('/api/services')).toEqual({ ...empty, data: ['gateway', 'order'], total: 2 });
  expect(await data('/api/services/gateway/operations')).toEqual({
    ...empty,
    data: ['GET /', 'POST /api/orders'],
    total: 2,
  });
  expect(await data('/api/operations?service=gateway&spanKind=server')).toEqual({
    ...empty,
    data: [{ name: 'POST /api/orders', spanKind: 'server' }],
    total: 1,
  });
  const link = { parent: 'gateway', child: 'order', callCount: 1 };
  expect(await data(`/api/dependencies?endTs=${now}&lookback=60000`)).toEqual({ ...empty, data: [link] });
  expect(await data('/api/dependencies?service=payment')).toEqual({ ...empty, data: [] });
});

describe('a search', () => {
  it.each([
    ['service=gateway', 2],
    ['service=gateway&limit=1', 1],
    ['service=gateway&operation=GET%20%2F', 1],
    ['service=gateway&minDuration=1ms&maxDuration=1h1.5m', 1],
    ['service=gateway&maxDuration=10us', 1],
    ['service=gateway&tags=%7B%22error%22%3A%22true%22%7D', 1],
    ['service=gateway&tag=http.status_code%3A500&tag=error:true', 1],
    [`service=gateway&start=${(now - 1_001) * 1_000}&end=${now * 1_000}&lookback=1h`, 2],
    [`service=gateway&start=${now * 1_000}`, 0],
    ['service=nobody', 0],
    [`traceID=${trace}&traceID=deadbeef`, 2],
  ])('%s finds %d', async (query, count) => {
    const { body } = await request(create()).get(`/api/traces?${query}`).expect(200);
    expect(body.data).toHaveLength(count);
    expect(body.errors).toBeNull();
  });

  it('tells which of several ids are not there', async () => {
    const { body } = await request(create()).get(`/api/traces?traceID=${trace}&traceID=1`).expect(200);
    expect(body.data).toHaveLength(1);
    expect(body.errors).toEqual([{ msg: 'trace not found', traceID: '1'.padStart(32, '0') }]);
  });

  it.each([
    ['limit=5', "parameter 'service' is required"],
    ['service=a&limit=x', 'unable to parse param \'limit\': strconv.ParseInt: parsing "x": invalid syntax'],
    ['service=a&start=now', 'unable to parse param \'start\': strconv.ParseInt: parsing "now": invalid syntax'],
    ['service=a&minDuration=5', 'unable to parse param \'minDuration\': time: invalid duration "5"'],
    ['service=a&minDuration=5ms&maxDuration=1ms', "'maxDuration' should be greater than 'minDuration'"],
    ['service=a&tag=error', "malformed 'tag' parameter, expecting key:value, received: error"],
    ['service=a&tags=error', "malformed 'tags' parameter, cannot unmarshal JSON: not an object of strings"],
    ['service=a&tags=%7B%22a%22%3A1%7D', "malformed 'tags' parameter, cannot unmarshal JSON: a is not a string"],
    ['traceID=xyz', 'strconv.ParseUint: parsing "xyz": invalid syntax'],
  ])('%s is refused in Jaeger’s form', async (query, msg) => {
    const { body } = await request(create()).get(`/api/traces?${query}`).expect(400);
    expect(body).toEqual({ ...empty, data: null, errors: [{ code: 400, msg }] });
  });
});

it.each([
  [`/api/traces/${'1'.repeat(32)}`, 404, 'trace not found'],
  ['/api/traces/xyz', 400, 'strconv.ParseUint: parsing "xyz": invalid syntax'],
  ['/api/operations', 400, "parameter 'service' is required"],
  ['/api/metrics/calls', 404, '/api/metrics/calls is not served here'],
  ['/api/traces/%', 400, "Failed to decode param '%'"],
])('%s is answered with %d', async (path, code, msg) => {
  const { body } = await request(create()).get(path).expect(code);
  expect(body).toEqual({ ...empty, data: null, errors: [{ code, msg }] });
});
