import fc from 'fast-check';
import { createMetricStore, type MetricStore, type SeriesWriter } from './metrics.js';
import type { Matcher } from './metrics-labels.js';

const start = Date.parse('2026-11-22T12:00:00.000Z');
const labels = { __name__: 'requests_total', job: 'order' };
const at = (second: number): number => start + second * 1_000;

const tell = (writer: SeriesWriter, second: number, values: Record<string, number>): void => {
  writer.begin(at(second));
  for (const [key, value] of Object.entries(values)) writer.sample(key, () => ({ ...labels, key }), value);
  writer.finish();
};
const create = (maxSeries = 10, maxBytes?: number) => {
  const store = createMetricStore(maxSeries, maxBytes);
  const writer = store.createWriter();
  return { store, writer, scrape: (second: number, values: Record<string, number>) => tell(writer, second, values) };
};
const equal = (wanted: Record<string, string>): Matcher[] =>
  Object.entries(wanted).map(([name, exact]) => ({ name, exact, matches: (value) => value === exact }));
const read = (store: MetricStore, key: string, from: number, to: number) => {
  const [series] = store.select(equal({ key }));
  const { times, values } = series?.read(at(from), at(to)) ?? { times: [], values: [] };
  return times.map((time, index) => [(time - start) / 1_000, values[index]]);
};

it('gives back every sample of a time, whatever their values were', () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1, 2 ** 53, -(2 ** 60), 1e-320),
    fc.constant(undefined),
  );
  // More rows than a block has, mostly by repeating.
  const rows = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 90 })), { maxLength: 20 });
  fc.assert(
    fc.property(rows, fc.nat(800), fc.nat(800), (runs, from, length) => {
      const { store, scrape } = create();
      const told = runs.flatMap(([value, count]) => Array.from({ length: count }, () => value));
      for (const [second, value] of told.entries())
        scrape(second, { other: 1, ...(value !== undefined && { a: value }) });
      const found = read(store, 'a', from, from + length).filter(([, value]) => value !== undefined);
      const expected = told.map((value, second) => [second, value]);
      expect(found).toEqual(
        expected.filter(([second = 0, value]) => value !== undefined && second >= from && second <= from + length),
      );
    }),
  );
});

it('selects by all matchers; a label that is not there is empty', () => {
  const { store, scrape } = create();
  scrape(0, { a: 1, b: 2 });
  const count = (wanted: Record<string, string>) => store.select(equal(wanted)).length;
  expect([count(labels), count({ ...labels, key: 'b' }), count({ job: 'x' }), count({ other: '' }), count({})]).toEqual(
    [2, 1, 0, 2, 2],
  );
  expect(Object.keys(store.select([])[0]?.labels ?? {})).toEqual(['__name__', 'job', 'key']);
});

it('says from when on a series is gone, and when it is back, over the borders of blocks too', () => {
  const { store, scrape } = create();
  for (let second = 0; second < 600; second++) scrape(second, second < 200 || second >= 590 ? { a: 1 } : { b: 1 });
  const found = read(store, 'a', 198, 592);
  expect(found.filter(([, value]) => value !== undefined)).toEqual(
    [198, 199, 590, 591, 592].map((second) => [second, 1]),
  );
  expect(found[2]).toEqual([200, undefined]);
});

it('takes a scrape once: not at a time that was, and a series’ first value in it', () => {
  const { store, writer, scrape } = create();
  scrape(5, { a: 1 });
  scrape(5, { a: 2 });
  scrape(4, { a: 3 });
  writer.begin(at(6));
  for (const value of [4, 5]) writer.sample('a', () => labels, value);
  writer.finish();
  expect(read(store, 'a', 0, 10)).toEqual([
    [5, 1],
    [6, 4],
  ]);
  expect(store.stats().refused).toBe(2);
});

it('refuses series beyond the bound of a target, and counts what they would have told', () => {
  const { store, scrape } = create(1);
  scrape(0, { a: 1 });
  scrape(1, { a: 1, b: 1 });
  expect(store.stats()).toMatchObject({ series: 1, refused: 1 });
});

it('stays about within its bytes: the oldest samples leave, and series of which nothing is left', () => {
  const { store, scrape } = create(10, 60_000);
  const other = store.createWriter();
  for (let second = 0; second < 6_000; second++) {
    scrape(second, second < 100 ? { early: second } : { a: Math.sqrt(second), b: second });
    if (second % 10 === 0) tell(other, second + 0.5, { c: second });
  }
  expect(store.stats().bytes).toBeLessThan(65_000);
  expect(store.stats().bytes).toBeGreaterThan(30_000);
  expect(store.select(equal({ key: 'early' }))).toEqual([]);
  expect(read(store, 'a', 0, 100)).toEqual([]);
  expect(read(store, 'a', 5_990, 6_000)).toHaveLength(10);
  expect(read(store, 'c', 5_900, 6_000)).toHaveLength(10);
});

it('lets samples leave after four days, though there were room', () => {
  const { store, scrape } = create();
  const day = 86_400;
  for (let second = 0; second < 6 * day; second += 60) scrape(second, { a: 1 });
  expect(read(store, 'a', 0, day)).toEqual([]);
  expect(read(store, 'a', 2.5 * day, 3 * day)).toHaveLength(721);
});

it('keeps exemplars, the newest always and older ones about every 30 s, and knows their traces', () => {
  const { store, writer } = create();
  for (let second = 0; second < 60; second++) {
    writer.begin(at(second));
    writer.sample('a', () => labels, second);
    const exemplar = { labels: { trace_id: `t${second}` }, value: second, timestamp: start / 1_000 + second };
    writer.exemplar('a', exemplar);
    writer.exemplar('a', exemplar);
    writer.exemplar('nobody', exemplar);
    writer.finish();
  }
  const [found] = store.exemplars(equal(labels), start, start + 60_000);
  const ids = found?.exemplars.map((one) => one.labels.trace_id) ?? [];
  expect(ids.at(-1)).toBe('t59');
  expect(ids.length).toBeGreaterThan(1);
  expect(ids.length).toBeLessThan(5);
  expect(['t59', 't58', 'nobody'].map((id) => store.traces().has(id))).toEqual([true, ids.includes('t58'), false]);
  expect(store.exemplars(equal(labels), start + 59_000, start + 59_000)[0]?.exemplars).toHaveLength(1);
});

it('an exemplar without a time has that of its first scrape', () => {
  const { store, writer } = create();
  for (let second = 0; second < 20; second++) {
    tell(writer, second, { a: 1 });
    writer.exemplar('a', { labels: { trace_id: 't' }, value: 1, timestamp: undefined });
  }
  expect(store.exemplars([], start, at(100))).toMatchObject([{ exemplars: [{ timestamp: start / 1_000 }] }]);
});
