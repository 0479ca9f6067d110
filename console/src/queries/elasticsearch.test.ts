import { type FakeService, startFakeService } from '@glasshouse/test-kit';
import { createElasticsearchClient, newestFirst } from './elasticsearch.js';

let elasticsearch: FakeService;

beforeEach(async () => {
  elasticsearch = await startFakeService();
});
afterEach(() => elasticsearch.stop());

const client = () => createElasticsearchClient(elasticsearch.url);
const source = {
  '@timestamp': '2026-11-22T18:01:53.683Z',
  'log.level': 'warn',
  message: 'No.',
  'service.name': 'payment',
  'trace.id': 't',
  'span.id': 's',
  'event.action': 'http.error',
};

test('reads lines by their ECS names, whether a shipper nests them or not', async () => {
  const nested = {
    '@timestamp': 1_795_370_513_683,
    log: { level: 'warn' },
    service: { name: 'payment' },
    message: 'No.',
    trace: { id: 't' },
    span: { id: 's' },
    event: { action: 'http.error' },
    labels: ['a', 'b'],
  };
  const hits = [
    { _id: '1', _source: source, sort: [1_795_370_513_683, 'x'] },
    { _id: '2', _source: nested },
  ];
  elasticsearch.on('POST', '/:index/_search', () => ({
    status: 200,
    body: { hits: { total: { value: 10_000, relation: 'gte' }, hits } },
  }));
  const { lines, total, isTotalExact } = await client().search({ size: 2, sort: newestFirst });
  expect([total, isTotalExact]).toEqual([10_000, false]);
  const [first, second] = lines;
  expect(first).toMatchObject({
    atMs: Date.parse('2026-11-22T18:01:53.683Z'),
    level: 'warn',
    service: 'payment',
    message: 'No.',
    fact: 'http.error',
    traceId: 't',
    spanId: 's',
    cursor: [1_795_370_513_683, 'x'],
  });
  const { cursor: _, id: __, fields: ___, ...rest } = first ?? { cursor: [], id: '', fields: {} };
  expect(second).toMatchObject(rest);
  expect(second?.fields).toMatchObject({ 'log.level': 'warn', labels: ['a', 'b'] });
});

test('a hostile field name is a field like any other', async () => {
  const body = '{"hits":{"hits":[{"_id":"1","_source":{"__proto__":"x","constructor":{"prototype":"y"}}}]}}';
  elasticsearch.on('POST', '/:index/_search', () => ({ status: 200, body: JSON.parse(body) as object }));
  const [line] = (await client().search({})).lines;
  expect(Object.entries(line?.fields ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor.prototype', 'y'],
  ]);
  expect(line).toMatchObject({ atMs: 0, level: '', message: '', fact: '' });
});

test('counts, and tells why a query is refused', async () => {
  elasticsearch.on('POST', '/:index/_count', () => ({ status: 200, body: { count: 7 } }));
  expect(await client().count({ match_all: {} })).toBe(7);
  const error = { root_cause: [], type: 'parsing_exception', reason: 'unknown query [x]' };
  elasticsearch.on('POST', '/:index/_count', () => ({ status: 400, body: { error, status: 400 } }));
  await expect(client().count({ x: {} })).rejects.toMatchObject({
    status: 400,
    message: 'unknown query [x]',
    isDown: false,
  });
  const cause = { type: 'query_shard_exception', reason: 'failed to create query: For input string: "x"' };
  const ofShards = { root_cause: [cause], type: 'search_phase_execution_exception', reason: 'all shards failed' };
  elasticsearch.on('POST', '/:index/_count', () => ({ status: 400, body: { error: ofShards, status: 400 } }));
  await expect(client().count({ x: {} })).rejects.toMatchObject({ message: cause.reason });
});
