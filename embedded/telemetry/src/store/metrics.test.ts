import { createMetricStore, type MetricStore } from './metrics.js';

const start = Date.parse('2026-11-22T12:00:00.000Z');
const labels = { __name__: 'requests_total', job: 'order' };

const create = (maxSeries = 10) => {
  const store = createMetricStore(maxSeries);
  const writer = store.createWriter();
  const scrape = (second: number, values: Record<string, number>) => {
    writer.begin(start + second * 1_000);
    for (const [key, value] of Object.entries(values)) writer.sample(key, () => ({ ...labels, key }), value);
    writer.finish();
  };
  return { store, writer, scrape };
};
const valueAt = (store: MetricStore, second: number) => store.select({ key: 'a' }, start + second * 1_000)[0]?.value;

it('gives the newest value, and older ones by step', () => {
  const { store, scrape } = create();
  for (let second = 0; second <= 60; second++) scrape(second, { a: second });
  expect(valueAt(store, 60)).toBe(60);
  expect(valueAt(store, 61)).toBe(60);
  expect(valueAt(store, 30)).toBe(34);
  expect(valueAt(store, -1)).toBeUndefined();
});

it('selects by all labels that are given; an empty one means absent', () => {
  const { store, scrape } = create();
  scrape(0, { a: 1, b: 2 });
  const count = (wanted: Record<string, string>) => store.select(wanted, start).length;
  expect([count(labels), count({ ...labels, key: 'b' }), count({ job: 'x' }), count({ other: '' })]).toEqual([
    2, 1, 0, 2,
  ]);
});

it('a series that is no longer told is gone from then on, and comes back', () => {
  const { store, scrape } = create();
  scrape(0, { a: 1 });
  scrape(10, {});
  expect([valueAt(store, 5), valueAt(store, 10), valueAt(store, 20)]).toEqual([1, undefined, undefined]);
  scrape(20, { a: 3 });
  expect([valueAt(store, 10), valueAt(store, 20)]).toEqual([undefined, 3]);
});

it('a value is the value for five minutes, and the history goes back for fifteen', () => {
  const { store, scrape } = create();
  for (let second = 0; second <= 1_200; second += 5) scrape(second, { a: second });
  expect([valueAt(store, 1_200 + 299), valueAt(store, 1_200 + 300)]).toEqual([1_200, undefined]);
  expect([valueAt(store, 310), valueAt(store, 290)]).toEqual([310, undefined]);
});

it('forgets a series that was gone for the whole history, and its place can be taken', () => {
  const { store, scrape } = create(1);
  scrape(0, { a: 1 });
  scrape(1, { b: 1 });
  expect(store.stats()).toEqual({ series: 1, refused: 1 });
  scrape(1_000, {});
  scrape(1_001, { b: 1 });
  expect(store.stats()).toEqual({ series: 1, refused: 1 });
  expect(store.select({ key: 'b' }, start + 1_001_000)).toHaveLength(1);
});

it('keeps exemplars, the newest always and older ones about every 15 s, and knows their traces', () => {
  const { store, writer } = create();
  for (let second = 0; second < 60; second++) {
    writer.begin(start + second * 1_000);
    writer.sample('a', () => labels, second);
    const exemplar = { labels: { trace_id: `t${second}` }, value: second, timestamp: start / 1_000 + second };
    writer.exemplar('a', exemplar);
    writer.exemplar('a', exemplar);
    writer.finish();
  }
  const [found] = store.exemplars(labels, start, start + 60_000);
  const ids = found?.exemplars.map((one) => one.labels.trace_id) ?? [];
  expect(ids.at(-1)).toBe('t59');
  expect(ids.length).toBeGreaterThan(3);
  expect(ids.length).toBeLessThan(8);
  expect([store.leadsTo('t59'), store.leadsTo('t58'), store.leadsTo('nobody')]).toEqual([
    true,
    ids.includes('t58'),
    false,
  ]);
  expect(store.exemplars(labels, start + 59_000, start + 59_000)[0]?.exemplars).toHaveLength(1);
});
