import request from 'supertest';
import { createLogStore } from '../../store/logs.js';
import { createElasticsearchApi } from './api.js';

const now = Date.parse('2026-11-22T12:00:00.000Z');
const create = () => {
  const logs = createLogStore({ maxBytes: 2 ** 28, onError: () => undefined });
  const api = createElasticsearchApi({ logs, maxBulkBytes: 100_000, now: () => now });
  return { logs, api };
};
const filled = () => {
  const { logs, api } = create();
  for (const [index, day] of ['20', '21', '22'].entries()) {
    logs.add({ '@timestamp': `2026-11-${day}T10:00:00.000Z`, 'event.id': `e${index}`, level: 'info', n: index }, 0);
  }
  return api;
};
const json = 'application/json';

it('answers a search in Elasticsearch’s shape', async () => {
  const { body } = await request(filled())
    .post('/glasshouse-logs-*/_search')
    .send({ query: { term: { n: 2 } }, sort: ['n'] })
    .expect(200)
    .expect('x-elastic-product', 'Elasticsearch');
  expect(body).toEqual({
    took: 0,
    timed_out: false,
    _shards: { total: 3, successful: 3, skipped: 0, failed: 0 },
    hits: {
      total: { value: 1, relation: 'eq' },
      max_score: null,
      hits: [
        {
          _index: 'glasshouse-logs-2026.11.22',
          _id: 'e2',
          _score: null,
          _source: { '@timestamp': '2026-11-22T10:00:00.000Z', 'event.id': 'e2', level: 'info', n: 2 },
          sort: [2],
        },
      ],
    },
  });
});

it('takes the same by URL', async () => {
  const url = '/glasshouse-logs-*/_search?q=n:>0&sort=n:desc&size=1&_source=n&track_total_hits=true';
  const { body } = await request(filled()).get(url).expect(200);
  expect(body.hits).toMatchObject({ total: { value: 2 }, hits: [{ _id: 'e2', _source: { n: 2 } }] });
});

it.each([
  ['/glasshouse-logs-2026.11.21/_count', 1],
  ['/glasshouse-logs-2026.11.20,glasshouse-logs-2026.11.22/_count', 2],
  ['/glasshouse-logs-2026.*/_count', 3],
  ['/_all/_count', 3],
  ['/_count', 3],
  ['/glasshouse-logs-2025.*/_count', 0],
  ['/glasshouse-logs-2025.01.01/_count?ignore_unavailable=true', 0],
])('%s counts %d', async (path, count) => {
  const { body } = await request(filled()).get(path).expect(200);
  expect(body.count).toBe(count);
});

it('says that an index is not there', async () => {
  const reason = 'no such index [glasshouse-logs-2025.01.01]';
  const cause = { type: 'index_not_found_exception', reason };
  const { body } = await request(filled()).get('/glasshouse-logs-2025.01.01/_search').expect(404);
  expect(body).toEqual({ error: { root_cause: [cause], ...cause }, status: 404 });
});

it('tells its cluster and its indices', async () => {
  const api = filled();
  const { body } = await request(api).get('/').expect(200);
  expect(body).toMatchObject({ tagline: 'You Know, for Search', version: { number: expect.stringMatching(/^8\./) } });
  const table = await request(api).get('/_cat/indices?v').expect(200);
  expect(table.text).toMatch(/^health status index .*\ngreen open glasshouse-logs-2026\.11\.20 /);
  const rows = await request(api).get('/_cat/indices/glasshouse-logs-*?format=json').expect(200);
  expect(rows.body.map((row: Record<string, string>) => [row.index, row['docs.count']])).toEqual([
    ['glasshouse-logs-2026.11.20', '1'],
    ['glasshouse-logs-2026.11.21', '1'],
    ['glasshouse-logs-2026.11.22', '1'],
  ]);
});

it.each([
  ['a body that is not JSON', '/_search', '{"query":', 400, 'parsing_exception'],
  ['a body that is not an object', '/_search', '[1]', 400, 'parsing_exception'],
  ['a body that is too large', '/_search', `{"query":"${'x'.repeat(1_100_000)}"}`, 413, 'content_too_long_exception'],
  ['an unknown parameter', '/_search?explain=true', '{}', 400, 'illegal_argument_exception'],
  [
    'a body nested ten thousand times',
    '/_search',
    `{"query":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    400,
    'parsing_exception',
  ],
  ['an unknown path', '/_msearch', '{}', 400, 'illegal_argument_exception'],
  ['a key that _count does not have', '/_count', '{"size":1}', 400, 'parsing_exception'],
])('refuses %s in Elasticsearch’s form', async (_, path, body, status, type) => {
  const answer = await request(filled()).post(path).type(json).send(body).expect(status);
  expect(answer.body).toMatchObject({ error: { type, root_cause: [{ type }] }, status });
});

describe('_bulk', () => {
  const bulk = (api: ReturnType<typeof create>['api'], path: string, lines: unknown[]) =>
    request(api)
      .post(path)
      .type('application/x-ndjson')
      .send(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const index = 'glasshouse-logs-2026.11.22';
  const document = { '@timestamp': '2026-11-22T10:00:00.000Z', message: 'hello' };

  it('stores documents that can then be found', async () => {
    const { api } = create();
    const { body } = await bulk(api, '/_bulk', [
      { index: { _index: index, _id: '1' } },
      document,
      { create: { _index: index } },
      document,
    ]);
    expect(body).toMatchObject({
      errors: false,
      items: [{ index: { _id: '1', result: 'created', status: 201 } }, { create: { status: 201 } }],
    });
    const found = await request(api).get(`/${index}/_search?q=message:hello`).expect(200);
    expect(found.body.hits.total.value).toBe(2);
  });

  it('refuses, document by document, what it cannot do', async () => {
    const { api } = create();
    const { body } = await bulk(api, `/${index}/_bulk`, [
      { create: { _id: '1' } },
      document,
      { create: { _id: '1' } },
      document,
      { index: { _id: '1' } },
      document,
      { index: { _index: 'glasshouse-logs-2026.11.21' } },
      document,
      { index: {} },
      { message: 'no time' },
      { index: {} },
      { ...document, list: [{}] },
    ]);
    expect(body.errors).toBe(true);
    expect(body.items.map((item: Record<string, { status: number }>) => Object.values(item)[0]?.status)).toEqual([
      201, 409, 400, 400, 400, 400,
    ]);
  });

  it.each([
    [
      'an update',
      [{ update: { _index: index, _id: '1' } }, { doc: {} }],
      'Malformed action/metadata line [1], expected one of [create, index] but found [update]',
    ],
    [
      'an action without its document',
      [{ index: {} }],
      'The bulk request must end with the document of its last action',
    ],
    ['a line that is no object', [1, 2], 'Malformed line [1]: not a JSON object'],
    ['nothing', [], 'request body is required'],
  ])('refuses %s', async (_, lines, reason) => {
    const { body } = await bulk(create().api, '/_bulk', lines).expect(400);
    expect(body.error.reason).toBe(reason);
  });
});
