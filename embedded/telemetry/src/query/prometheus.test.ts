import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from 'express';
import request from 'supertest';
import { createMetadataStore } from '../scrape/metadata.js';
import { createMetricStore } from '../store/metrics.js';
import { type RunningBackend, startBackend, waitFor } from '../testing/running-backend.js';
import { createPrometheusApi } from './prometheus.js';

const now = Date.parse('2026-11-22T12:00:00.000Z');

const create = () => {
  const metrics = createMetricStore(100);
  const writer = metrics.createWriter();
  const tell = (at: number, values: Record<string, number>): void => {
    writer.begin(at);
    for (const [route, value] of Object.entries(values)) {
      writer.sample(route, () => ({ __name__: 'took_bucket', route, le: '1' }), value);
      writer.exemplar(route, { labels: { trace_id: `trace-${route}-${value}` }, value, timestamp: at / 1_000 });
    }
    writer.finish();
  };
  tell(now - 60_000, { old: 1 });
  tell(now - 20_000, { a: 1, b: Number.NaN });
  tell(now - 10_000, { a: 2, b: Number.POSITIVE_INFINITY });
  tell(now, { a: 1e-7, b: Number.NEGATIVE_INFINITY });
  const metadata = createMetadataStore();
  metadata.tell('took', 'type', 'histogram');
  metadata.tell('other', 'help', 'Other.');
  const rules = Router();
  rules.get('/api/v1/rules', (_req, res) => void res.json({ status: 'success', data: { groups: [] } }));
  return createPrometheusApi({
    metrics,
    scraper: { targets: () => [], metadata: metadata.all },
    now: () => now,
    rules,
  });
};
const api = create();
const a = { __name__: 'took_bucket', le: '1', route: 'a' };
const b = { ...a, route: 'b' };
const data = async (path: string) => (await request(api).get(`/api/v1/${path}`).expect(200)).body.data;

it('answers vectors, scalars and matrices in Prometheus’ form', async () => {
  const at = now / 1_000;
  expect(await data('query?query=took_bucket')).toEqual({
    resultType: 'vector',
    result: [
      { metric: a, value: [at, '1e-07'] },
      { metric: b, value: [at, '-Inf'] },
    ],
  });
  expect(await data('query?query=1%2B1&time=10.5')).toEqual({ resultType: 'scalar', result: [10.5, '2'] });
  expect(await data('query?query=took_bucket{route="b"}[15s]')).toEqual({
    resultType: 'matrix',
    result: [
      {
        metric: b,
        values: [
          [at - 10, '+Inf'],
          [at, '-Inf'],
        ],
      },
    ],
  });
  expect(await data(`query_range?query=took_bucket&start=${at - 20}&end=${at}&step=20s`)).toEqual({
    resultType: 'matrix',
    result: [
      {
        metric: a,
        values: [
          [at - 20, '1'],
          [at, '1e-07'],
        ],
      },
      {
        metric: b,
        values: [
          [at - 20, 'NaN'],
          [at, '-Inf'],
        ],
      },
    ],
  });
});

it('takes its parameters as a form too', async () => {
  const { body } = await request(api)
    .post('/api/v1/query')
    .type('form')
    .send({ query: 'count(took_bucket)', time: now / 1_000 });
  expect(body.data.result).toEqual([{ metric: {}, value: [now / 1_000, '2'] }]);
});

it('answers exemplars of every selector of an expression, from a time to another', async () => {
  const query =
    'histogram_quantile(0.9, sum by (le) (rate(took_bucket{route="a"}[1m]))) > scalar(took_bucket{route="old"})';
  const ids = (found: { exemplars: { labels: { trace_id: string } }[] }[]) =>
    found.map(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
  const found = await data(`query_exemplars?query=${encodeURIComponent(query)}`);
  expect(ids(found)).toEqual([['trace-a-1', 'trace-a-1e-7'], ['trace-old-1']]);
  expect(found[0].seriesLabels).toEqual(a);
  expect(found[0].exemplars[0]).toEqual({ labels: { trace_id: 'trace-a-1' }, value: '1', timestamp: now / 1_000 - 20 });
  const start = new Date(now - 5_000).toISOString();
  expect(ids(await data(`query_exemplars?query=took_bucket&start=${start}`))).toEqual([
    ['trace-a-1e-7'],
    ['trace-b--Infinity'],
  ]);
});

it('lists series, names and values of labels, of a time and of selectors', async () => {
  expect(await data('series?match[]=took_bucket{route="a"}&match[]={route=~"a|b"}')).toEqual([a, b]);
  expect(await data(`series?match[]=took_bucket&end=${now / 1_000 - 30}`)).toEqual([{ ...a, route: 'old' }]);
  expect(await data('labels')).toEqual(['__name__', 'le', 'route']);
  expect(await data('label/route/values')).toEqual(['a', 'b', 'old']);
  expect(await data(`label/route/values?match[]=took_bucket{route!="b"}&start=${now / 1_000}`)).toEqual(['a']);
});

it('tells what Grafana asks: what families are, which Prometheus this is, and rules', async () => {
  const took = [{ type: 'histogram', help: '', unit: '' }];
  const other = [{ type: 'unknown', help: 'Other.', unit: '' }];
  expect(await data('metadata')).toEqual({ took, other });
  expect(await data('metadata?limit=1')).toEqual({ took });
  expect(await data('metadata?metric=other')).toEqual({ other });
  expect((await data('status/buildinfo')).version).toBe('2.42.0');
  expect(await data('rules')).toEqual({ groups: [] });
  await request(api).get('/-/ready').expect(200, 'Prometheus Server is Ready.\n');
  await request(api).get('/-/healthy').expect(200, 'Prometheus Server is Healthy.\n');
});

it.each([
  ['/api/v1/query?query=rate(x)', 400, 'bad_data', '"rate" does not take (vector)'],
  ['/api/v1/query', 400, 'bad_data', 'unexpected end of input'],
  ['/api/v1/query?query=up&time=noon', 400, 'bad_data', 'cannot parse "noon" to a valid timestamp'],
  ['/api/v1/query?query=up&time=Infinity', 400, 'bad_data', 'cannot parse'],
  ['/api/v1/query?query=up&timeout=soon', 400, 'bad_data', 'not a valid duration'],
  ['/api/v1/query?query=up&lookback_delta=1m', 400, 'bad_data', 'lookback_delta'],
  ['/api/v1/query?query=took_bucket+%2B+on()+took_bucket', 422, 'execution', 'many-to-many matching not allowed'],
  ['/api/v1/query?query=max_over_time(vector(1)[9999d:1s])', 422, 'execution', 'too many samples'],
  ['/api/v1/query?query=max_over_time(vector(1)[20d:1s])&timeout=1ms', 503, 'timeout', 'timed out'],
  ['/api/v1/query_range?query=up', 400, 'bad_data', 'invalid parameter "start"'],
  ['/api/v1/query_range?query=up&start=0&end=11001&step=1', 400, 'bad_data', '11,000 points'],
  ['/api/v1/query_range?query=up&start=1&end=0&step=1', 400, 'bad_data', 'must not be before'],
  ['/api/v1/query_range?query=up&start=0&end=1&step=0', 400, 'bad_data', 'zero or negative'],
  ['/api/v1/query_range?query=up[1m]&start=0&end=1&step=1', 400, 'bad_data', 'invalid expression type'],
  ['/api/v1/series', 400, 'bad_data', 'match[]'],
  ['/api/v1/series?match[]=sum(x)', 400, 'bad_data', 'not a plain selector'],
  ['/api/v1/label/a-b/values', 400, 'bad_data', 'invalid label name'],
  ['/api/v1/status/flags', 404, 'not_found', '/api/v1/status/flags is not served'],
])('%s is refused with %d in Prometheus’ form', async (path, status, errorType, error) => {
  const answer = await request(api).get(path).expect(status);
  expect(answer.body).toEqual({ status: 'error', errorType, error: expect.stringContaining(error) });
});

it('refuses a query that is too long', async () => {
  const answer = await request(api)
    .post('/api/v1/query')
    .type('form')
    .send({ query: 'x'.repeat(16_385) })
    .expect(400);
  expect(answer.body).toMatchObject({ errorType: 'bad_data', error: 'invalid parameter "query": it is too long' });
});

describe('what is scraped', () => {
  let target: Server;
  let body: string;
  let accept: string | undefined;
  let backend: RunningBackend;
  let instance: string;

  beforeEach(async () => {
    body = '# TYPE orders counter\norders_total{outcome="ok",job="mine"} 3\n# EOF\n';
    target = createServer((req, res) => {
      accept = req.headers.accept;
      res.end(body);
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    instance = `127.0.0.1:${(target.address() as AddressInfo).port}`;
    backend = await startBackend({ scrapeBytes: 10_000 }, [{ service: 'order', url: `http://${instance}` }]);
  });
  afterEach(async () => {
    await backend.stop();
    target.closeAllConnections();
    await new Promise((resolve) => target.close(resolve));
  });

  interface Answer {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  }
  const query = async (text: string) =>
    (await backend.get('prometheus', `/api/v1/query?query=${encodeURIComponent(text)}`)).body as Answer;
  const firstValue = async (text: string) => (await query(text)).data.result[0]?.value[1];
  const until = (text: string, value: string | undefined) =>
    waitFor(`${text} to be ${value}`, async () => (await firstValue(text)) === value);

  it('is there with the labels of its target; OpenMetrics is asked for', async () => {
    await until('orders_total', '3');
    expect(accept).toContain('application/openmetrics-text');
    const { data } = await query('orders_total{outcome="ok"}');
    const metric = { __name__: 'orders_total', outcome: 'ok', exported_job: 'mine', job: 'order', instance };
    expect(data.result).toEqual([{ metric, value: [expect.any(Number), '3'] }]);
    body = 'orders_total{outcome="ok",job="mine"} 4\n';
    await until('orders_total', '4');
    expect(await firstValue('scrape_samples_scraped')).toBe('1');
    const { body: metadata } = await backend.get('prometheus', '/api/v1/metadata');
    expect(metadata).toMatchObject({ data: { orders: [{ type: 'counter' }] } });
  });

  it('is gone when its target is down: up is 0, and the cause is told', async () => {
    await until('up{job="order"}', '1');
    body = 'this is no metric at all\n';
    await until('up{job="order"}', '0');
    expect(await firstValue('orders_total')).toBeUndefined();
    const { body: answer } = await backend.get('prometheus', '/api/v1/targets');
    expect(answer).toMatchObject({
      data: { activeTargets: [{ labels: { job: 'order', instance }, health: 'down', lastError: 'not a sample' }] },
    });
    body = `x 1\n${'# padding\n'.repeat(2_000)}`;
    await waitFor('the large body to be refused', async () => {
      const { body: now } = await backend.get('prometheus', '/api/v1/targets');
      return JSON.stringify(now).includes('larger than 10000 bytes');
    });
  });
});
