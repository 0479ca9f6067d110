import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrometheusApi } from '../query/prometheus.js';
import { createMetricStore } from '../store/metrics.js';
import { ask, difference } from '../testing/promql/answers.js';
import { readQueries } from '../testing/promql/queries.js';
import { findPrometheus, type RealPrometheus, startRealPrometheus } from '../testing/promql/real-prometheus.js';
import { createSamples, loadSamples, samplesEnd, samplesStart } from '../testing/promql/samples.js';

const binary = findPrometheus(process.env.PATH ?? '');
const remedy = 'prometheus is not on the PATH; on Debian: apt-get install prometheus';
const isSkipped = binary === undefined && process.env.REQUIRE_PROMETHEUS !== '1';
if (isSkipped) process.stderr.write(`skipped: ${remedy}\n`);

const at = (second: number): string => String((samplesStart + second * 1_000) / 1_000);
const end = (samplesEnd - samplesStart) / 1_000;
const times: readonly (readonly [path: string, parameters: Record<string, string>])[] = [
  ['query', { time: at(end - 20) }],
  ['query', { time: at(1_537.123) }],
  ['query_range', { start: at(600), end: at(2_400), step: '37' }],
  ['query_range', { start: at(-100), end: at(end + 400), step: '301s' }],
];
// The order of an instant query's answer means something only to these.
const isOrdered = (query: string): boolean => /^(sort|sort_desc|topk|bottomk)\s*\(/.test(query);

(isSkipped ? describe.skip : describe)('beside the real Prometheus, with the same samples', () => {
  let real: RealPrometheus;
  let server: Server;
  let ours: string;

  beforeAll(async () => {
    if (binary === undefined) throw new Error(remedy);
    const samples = createSamples();
    const metrics = createMetricStore(10);
    loadSamples(metrics, samples);
    const scraper = { targets: () => [], metadata: () => new Map() };
    server = createServer(createPrometheusApi({ metrics, scraper, now: () => samplesEnd }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ours = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    real = await startRealPrometheus(binary);
    await real.write(samples);
  }, 30_000);
  afterAll(async () => {
    await real?.stop();
    server?.closeAllConnections();
    server?.close();
  });

  /** One line for each query that is not answered alike at some of the times, or nowhere at all. */
  const compare = async (queries: readonly string[]): Promise<string[]> => {
    const left = [...queries];
    const differences: string[] = [];
    const work = async (): Promise<void> => {
      for (let query = left.pop(); query !== undefined; query = left.pop()) {
        let isAnswered = false;
        for (const [path, parameters] of times) {
          const answers = [real.url, ours].map((url) => ask(url, path, { query: query ?? '', ...parameters }));
          const [theirs, own] = await Promise.all(answers);
          if (theirs === undefined || own === undefined) continue;
          const found = difference(theirs, own, { isOrdered: path === 'query' && isOrdered(query) });
          if (found !== undefined) differences.push(`${query} by ${path}: ${found}`);
          isAnswered ||= own.status === 'success';
        }
        if (!isAnswered) differences.push(`${query} is refused`);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    return differences;
  };

  it('answers the same to queries of every function, operator and odd case', async () => {
    const queries = readQueries('same.txt');
    expect(queries.length).toBeGreaterThan(1_000);
    expect(await compare(queries)).toEqual([]);
  }, 120_000);

  it('answers the same to queries made by chance', async () => {
    const queries = readQueries('chance.txt');
    expect(queries.length).toBeGreaterThan(200);
    expect(await compare(queries)).toEqual([]);
  }, 60_000);

  it('refuses the same, with the same type of error', async () => {
    const [path, parameters] = times[0] ?? ['', {}];
    const differences: string[] = [];
    for (const query of readQueries('refused.txt')) {
      const [theirs, own] = await Promise.all([real.url, ours].map((url) => ask(url, path, { query, ...parameters })));
      if (theirs?.status !== 'error' || own?.status !== 'error' || theirs.errorType !== own.errorType)
        differences.push(`${query}: ${JSON.stringify(theirs)} and ${JSON.stringify(own)}`);
    }
    expect(differences).toEqual([]);
  }, 30_000);

  it('refuses by its name what only Prometheus has', async () => {
    const [path, parameters] = times[0] ?? ['', {}];
    const differences: string[] = [];
    for (const query of readQueries('unsupported.txt')) {
      const [theirs, own] = await Promise.all([real.url, ours].map((url) => ask(url, path, { query, ...parameters })));
      const isNamed =
        own?.errorType === 'bad_data' && /is not supported|unknown function with name/.test(own.error ?? '');
      if (theirs?.status !== 'success' || !isNamed)
        differences.push(`${query}: ${JSON.stringify(theirs)} and ${JSON.stringify(own)}`);
    }
    expect(differences).toEqual([]);
  });

  it.each([
    ['labels', {}],
    ['labels', { 'match[]': 'requests_total' }],
    ['label/instance/values', {}],
    ['label/le/values', { 'match[]': 'latency_bucket{job="shop"}' }],
    ['label/1x/values', {}],
    ['series', { 'match[]': 'requests_total{code!="200"}' }],
    ['series', { 'match[]': '{__name__=~"left|right"}', start: at(0), end: at(10) }],
    ['series', { 'match[]': 'rate(left[5m])' }],
    ['series', {}],
    ['query', { query: 'left', time: 'noon' }],
    ['query_range', { query: 'left', start: at(0), end: at(10), step: '0' }],
    ['query_range', { query: 'left', start: at(10), end: at(0), step: '1' }],
    ['query_range', { query: 'left', start: at(0), end: at(11_001), step: '1' }],
    ['query_range', { query: 'left[5m]', start: at(0), end: at(10), step: '1' }],
    ['query', { query: 'left', time: '2023-11-14T22:43:32.345Z' }],
    ['query', { query: 'left', time: '2023-11-14T23:43:32+01:00' }],
    ['query_range', { query: 'left', start: at(0), end: at(900), step: '1m30s' }],
  ])('GET %s %j has the same answer', async (path, parameters) => {
    const get = async (url: string): Promise<{ status: number; data: unknown; errorType: unknown }> => {
      const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const { data, errorType } = (await response.json()) as { data: unknown; errorType: unknown };
      const isList = Array.isArray(data);
      return {
        status: response.status,
        data: isList ? data.map((one) => JSON.stringify(one)).sort() : data,
        errorType,
      };
    };
    expect(await get(ours)).toEqual(await get(real.url));
  });
});
