import { createMetricStore } from '../store/metrics.js';
import { measureRangeQuery } from '../testing/promql/figures.js';
import { loadSamples } from '../testing/promql/samples.js';
import { createPromql, PromqlError, type Value } from './index.js';

const start = 1_700_000_000_000;
const minute = 60_000;
type Samples = (number | undefined)[];

/** One sample a minute; `undefined` says that the series is gone. */
const create = (series: Readonly<Record<string, Samples>>, timeoutMs?: number) => {
  const store = createMetricStore(100);
  const written = Object.entries(series).map(([text, values]) => {
    const [, name = '', pairs = ''] = /^(\w+)\{?(.*?)\}?$/.exec(text) ?? [];
    const labels = pairs.split(',').map((pair) => pair.split('=') as [string, string]);
    const samples = values.map((value, index) => ({ at: start + index * minute, value }));
    return { labels: { ...(pairs && Object.fromEntries(labels)), __name__: name }, samples };
  });
  loadSamples(store, written);
  return createPromql(store, timeoutMs);
};

const show = (value: Value): unknown => {
  if (value.type === 'scalar') return value.value;
  if (value.type === 'matrix')
    return value.series.map(({ labels, points }) => [labels, points.map((one) => one.value)]);
  return Object.fromEntries(value.samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
};

// At 5 minutes.
const promql = create({
  'requests{code=200,route=a}': [0, 60, 120, 180, 240, 300],
  'requests{code=500,route=a}': [0, 0, 0, 6, 0, 6],
  'requests{code=200,route=b}': [0, 30, 60, 90, 120, 150],
  'level{route=a}': [1, 2, 3, 2, 1, -4],
  'level{route=b}': [5, 5, 5, 5, 5, Number.NaN],
  'team{route=a,name=red}': [1, 1, 1, 1, 1, 1],
  'took_bucket{le=1}': [0, 0, 0, 0, 0, 50],
  'took_bucket{le=2}': [0, 0, 0, 0, 0, 90],
  'took_bucket{le=+Inf}': [0, 0, 0, 0, 0, 100],
  gone: [1, 1, 1, 1, 1, undefined],
  ended: [7],
});
it.each([
  ['requests', { 'requests 200 a': 300, 'requests 500 a': 6, 'requests 200 b': 150 }],
  ['requests{code!~"2.."}', { 'requests 500 a': 6 }],
  ['requests{code="200"} offset 2m', { 'requests 200 a': 180, 'requests 200 b': 90 }],
  ['sum(requests)', { '': 456 }],
  ['sum by (route) (requests)', { a: 306, b: 150 }],
  ['max without (route) (requests)', { '200': 300, '500': 6 }],
  ['topk(1, requests)', { 'requests 200 a': 300 }],
  ['bottomk by (route) (1, requests)', { 'requests 500 a': 6, 'requests 200 b': 150 }],
  ['quantile(0.5, requests)', { '': 150 }],
  ['count(level) + min(level * 0 == 0) + 1', { '': 3 }],
  ['avg(level)', { '': Number.NaN }],
  ['max(level)', { '': -4 }],
  ['increase(requests{route="a"}[5m])', { '200 a': 300, '500 a': 12 }],
  ['rate(requests{route="b"}[5m])', { '200 b': 0.5 }],
  ['irate(requests{code="500"}[5m])', { '500 a': 0.1 }],
  ['resets(requests{code="500"}[5m])', { '500 a': 1 }],
  ['changes(level[5m])', { a: 5, b: 1 }],
  ['avg_over_time(level{route="a"}[3m])', { a: 0.5 }],
  ['max_over_time(sum(level{route="a"})[4m:1m])', { '': 3 }],
  ['last_over_time(ended[5m])', { 'ended ': 7 }],
  ['absent_over_time(nothing{a="b"}[5m])', { b: 1 }],
  ['absent(nothing{a="b",c=~"d"})', { b: 1 }],
  ['absent(level)', {}],
  ['gone', {}],
  ['ended', { 'ended ': 7 }],
  ['ended offset -1m', {}],
  ['histogram_quantile(0.7, took_bucket)', { '': 1.5 }],
  ['histogram_quantile(0.99, took_bucket)', { '': 2 }],
  ['requests / on(route) group_left(name) team', { '200 red a': 300, '500 red a': 6 }],
  ['requests{code="500"} / ignoring(code) requests{code="200"}', { a: 0.02 }],
  ['level and on(route) team', { 'level a': -4 }],
  ['level unless on(route) team', { 'level b': Number.NaN }],
  ['team or level{route="b"}', { 'team red a': 1, 'level b': Number.NaN }],
  ['level > 0', {}],
  ['level < bool 0', { a: 1, b: 0 }],
  ['2 < level{route="a"} * -1', { a: 4 }],
  ['-level{route="a"} ^ 2', { a: -16 }],
  ['scalar(level{route="a"}) + 1', -3],
  ['scalar(level)', Number.NaN],
  ['round(requests / 7, 0.5)', { '200 a': 43, '500 a': 1, '200 b': 21.5 }],
  ['vector(time())', { '': 1_700_000_300 }],
  ['0x10 % 7', 2],
  ['level{route="a"}[2m]', [[{ __name__: 'level', route: 'a' }, [2, 1, -4]]]],
  ['sum(level{route="a"})[2m:1m] offset 1m', [[{}, [3, 2]]]],
])('%s', (query, expected) => {
  // Ids of series are made of their labels’ values; the order of labels is that of their names.
  const found = show(promql.query(query, start + 5 * minute));
  const isObject = typeof found === 'object' && !Array.isArray(found) && found !== null;
  const sorted = (text: string): string => text.trim().split(' ').sort().join(' ');
  const keyed = (object: object) =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [sorted(key), value]));
  expect(isObject ? keyed(found) : found).toEqual(isObject ? keyed(expected as object) : expected);
});

it('a range query has a value at every step where there is one', () => {
  const { series } = promql.queryRange('level{route="a"} > 1', start, start + 6 * minute, minute);
  expect(series).toEqual([
    {
      labels: { __name__: 'level', route: 'a' },
      points: [1, 2, 3].map((n) => ({ at: start + n * minute, value: [0, 2, 3, 2][n] })),
    },
  ]);
});

it('the query of the figures has its series', () => {
  const { series, cpuMs } = measureRangeQuery(1);
  expect([series, cpuMs.length]).toEqual([200, 1]);
});

it('a value is the value for five minutes, and not after its series is gone', () => {
  const at = (query: string, seconds: number) => show(promql.query(query, start + seconds * 1_000));
  expect([at('ended', 300), at('ended', 300.001)]).toEqual([{ ended: 7 }, {}]);
  expect([at('gone', 299.999), at('gone', 300)]).toEqual([{ gone: 1 }, {}]);
});

it.each([
  ['level + on() requests', 'many-to-many matching not allowed'],
  ['requests * on(route) level', 'many-to-one matching must be explicit'],
  ['count_over_time({__name__=~"gone|ended"}[5m])', 'same labelset'],
  ['abs({__name__=~"level|gone|ended"} offset 5m > 0) + 0 or -{__name__=~"ended|gone"} offset 5m', 'same labelset'],
  ['topk(NaN, level)', 'overflows int64'],
])('%s is refused when it is evaluated', (query, message) => {
  expect(() => promql.query(query, start + 5 * minute)).toThrow(message);
});

it('refuses what would be too much or too late', () => {
  const refused = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error instanceof PromqlError ? error.errorType : error;
    }
  };
  const wide = 'max_over_time(requests[10000d:1s])';
  expect(refused(() => promql.query(wide, start))).toBe('execution');
  expect(refused(() => create({ a: [1] }, 0).query('a', start))).toBe('timeout');
  expect(refused(() => promql.queryRange('level[5m]', start, start + 1, 1))).toBe('bad_data');
});
