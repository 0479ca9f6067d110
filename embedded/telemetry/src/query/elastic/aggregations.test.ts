import fc from 'fast-check';
import { segmentsOf } from '../../testing/documents.js';
import { matchAll } from './clause.js';
import { search } from './search.js';

const start = Date.parse('2026-11-22T12:00:00.000Z');
const at = (seconds: number, fields: object = {}) => ({ '@timestamp': start + seconds * 1_000, ...fields });
const run = (documents: readonly object[], aggs: unknown, query: unknown = { match_all: {} }) =>
  search(segmentsOf(documents), { size: 0, query, aggs }, { within: matchAll, now: start }).aggregations as Record<
    string,
    never
  >;

const documents = [
  at(0, { level: 'info', ms: 10, ok: true }),
  at(1, { level: 'error', ms: 30, ok: false }),
  at(25, { level: 'info', ms: 20, ok: true, tags: ['a', 'b', 'a'] }),
  at(26, { message: 'no level' }),
];

it('date_histogram counts per interval and tells empty intervals between', () => {
  const histogram = { date_histogram: { field: '@timestamp', fixed_interval: '10s' } };
  expect(run(documents, { h: histogram })).toEqual({
    h: {
      buckets: [
        { key_as_string: '2026-11-22T12:00:00.000Z', key: start, doc_count: 2 },
        { key_as_string: '2026-11-22T12:00:10.000Z', key: start + 10_000, doc_count: 0 },
        { key_as_string: '2026-11-22T12:00:20.000Z', key: start + 20_000, doc_count: 2 },
      ],
    },
  });
});

it('date_histogram leaves empty intervals out with min_doc_count, and reaches to extended_bounds', () => {
  const counts = (more: object) =>
    (
      run(documents, { h: { date_histogram: { field: '@timestamp', fixed_interval: '10s', ...more } } }) as unknown as {
        h: { buckets: { doc_count: number }[] };
      }
    ).h.buckets.map((bucket) => bucket.doc_count);
  expect(counts({ min_doc_count: 1 })).toEqual([2, 2]);
  expect(counts({ extended_bounds: { min: start - 15_000, max: start + 45_000 } })).toEqual([0, 0, 2, 0, 2, 0, 0]);
});

it('terms counts values, most frequent first, and the rest together', () => {
  expect(run(documents, { t: { terms: { field: 'level', size: 1 } } })).toEqual({
    t: { doc_count_error_upper_bound: 0, sum_other_doc_count: 1, buckets: [{ key: 'info', doc_count: 2 }] },
  });
  expect(run(documents, { t: { terms: { field: 'level', order: { _key: 'asc' } } } })).toMatchObject({
    t: { buckets: [{ key: 'error' }, { key: 'info' }] },
  });
  expect(run(documents, { t: { terms: { field: 'ok' } } })).toMatchObject({
    t: {
      buckets: [
        { key: 1, key_as_string: 'true', doc_count: 2 },
        { key: 0, key_as_string: 'false', doc_count: 1 },
      ],
    },
  });
  expect(run(documents, { t: { terms: { field: 'tags' } } })).toMatchObject({
    t: {
      buckets: [
        { key: 'a', doc_count: 1 },
        { key: 'b', doc_count: 1 },
      ],
    },
  });
});

it('min, max and avg; null without values', () => {
  const of = (field: string) => ({ low: { min: { field } }, high: { max: { field } }, mean: { avg: { field } } });
  expect(run(documents, of('ms'))).toEqual({ low: { value: 10 }, high: { value: 30 }, mean: { value: 20 } });
  expect(run(documents, of('nothing'))).toEqual({ low: { value: null }, high: { value: null }, mean: { value: null } });
  expect(run(documents, { last: { max: { field: '@timestamp' } } })).toEqual({
    last: { value: start + 26_000, value_as_string: '2026-11-22T12:00:26.000Z' },
  });
});

it('aggregates within buckets, and only what the query matches', () => {
  const aggs = {
    h: {
      date_histogram: { field: '@timestamp', fixed_interval: '1m' },
      aggs: { by: { terms: { field: 'level' } }, mean: { avg: { field: 'ms' } } },
    },
  };
  expect(run(documents, aggs, { exists: { field: 'level' } })).toMatchObject({
    h: {
      buckets: [
        {
          doc_count: 3,
          by: {
            buckets: [
              { key: 'info', doc_count: 2 },
              { key: 'error', doc_count: 1 },
            ],
          },
          mean: { value: 20 },
        },
      ],
    },
  });
});

it('gives the same counts as a plain loop, over many segments', () => {
  const row = fc.record({ second: fc.nat(200), level: fc.constantFrom('a', 'b', 'c', undefined) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 300 }), fc.integer({ min: 1, max: 30 }), (rows, interval) => {
      const aggs = {
        h: {
          date_histogram: { field: '@timestamp', fixed_interval: `${interval}s`, min_doc_count: 1 },
          aggs: { t: { terms: { field: 'level' } } },
        },
      };
      const found = run(
        rows.map(({ second, level }) => at(second, level === undefined ? {} : { level })),
        aggs,
      ) as unknown as {
        h: { buckets: { key: number; doc_count: number; t: { buckets: { key: string; doc_count: number }[] } }[] };
      };
      const plain = new Map<number, Map<string, number>>();
      for (const { second, level = '' } of rows) {
        const key = Math.floor((start + second * 1_000) / (interval * 1_000)) * interval * 1_000;
        const levels = plain.get(key) ?? new Map<string, number>();
        plain.set(key, levels.set(level, (levels.get(level) ?? 0) + 1));
      }
      const flat = found.h.buckets.map(({ key, doc_count, t }) => {
        const counted = t.buckets.reduce((sum, bucket) => sum + bucket.doc_count, 0);
        const rest: [string, number][] = counted < doc_count ? [['', doc_count - counted]] : [];
        return [key, [...t.buckets.map((bucket): [string, number] => [bucket.key, bucket.doc_count]), ...rest].sort()];
      });
      expect(flat).toEqual([...plain].sort(([a], [b]) => a - b).map(([key, levels]) => [key, [...levels].sort()]));
    }),
    { numRuns: 50 },
  );
});

it.each([
  [{ a: { cardinality: { field: 'x' } } }, 'Unknown aggregation type [cardinality]'],
  [
    { a: { date_histogram: { field: '@timestamp', calendar_interval: 'month' } } },
    '[date_histogram] does not support [calendar_interval] in the embedded backend',
  ],
  [
    { a: { date_histogram: { field: '@timestamp', fixed_interval: '0s' } } },
    '[date_histogram] needs a [fixed_interval] such as 30s',
  ],
  [
    { a: { date_histogram: { field: 'x', fixed_interval: '1s' } } },
    '[date_histogram] on another field than [@timestamp]',
  ],
  [{ a: { terms: { field: 'message' } } }, 'sorting or aggregating by the text field [message]'],
  [{ a: { terms: { field: 'x', include: 'y' } } }, '[terms] does not support [include]'],
  [{ a: { avg: { field: 'level' } } }, 'Field [level] of type [keyword] is not supported for aggregation [avg]'],
  [{ a: { terms: { field: 'x' }, min: { field: 'y' } } }, '[a] needs exactly one aggregation type'],
  [
    { a: { terms: { field: 'x' }, aggs: { b: { terms: { field: 'x' }, aggs: { c: { terms: { field: 'x' } } } } } } },
    'an aggregation nested deeper than one level',
  ],
  [
    { a: { date_histogram: { field: '@timestamp', fixed_interval: '1ms', extended_bounds: { min: 0, max: start } } } },
    'Trying to create too many buckets',
  ],
])('refuses %j', (aggs, reason) => {
  expect(() => run(documents, aggs)).toThrow(reason);
});

it('meta comes back with the answer, and a boolean metric says what it means', () => {
  const forced = [at(0, { 'glasshouse.is_forced': true }), at(1, { 'glasshouse.is_forced': false })];
  expect(run(forced, { most: { max: { field: 'glasshouse.is_forced' }, meta: { for: 'a chart' } } })).toEqual({
    most: { meta: { for: 'a chart' }, value: 1, value_as_string: 'true' },
  });
});

it.each<[unknown, string]>([
  [{ 'a[b]': { max: { field: 'ms' } } }, 'Invalid aggregation name [a[b]]'],
  [
    { h: { date_histogram: { field: '@timestamp', fixed_interval: '1s', extended_bounds: { min: 2, max: 1 } } } },
    '[extended_bounds.min][2] cannot be greater than [extended_bounds.max][1]',
  ],
])('refuses %j', (aggs, reason) => {
  expect(() => run(documents, aggs)).toThrow(reason);
});
