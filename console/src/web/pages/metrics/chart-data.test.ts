import type { Exemplar, Series } from '../../../queries/prometheus.js';
import { toChartData, toRateWindow, toStepMs } from './chart-data.js';
import { pickExemplars } from './pick-exemplars.js';
import { nameSeries } from './series-name.js';

const series = (...points: [atMs: number, value: number][]): Series => ({
  labels: {},
  points: points.map(([atMs, value]) => ({ atMs, value })),
});

test('series with different points share one axis, with gaps where one has none', () => {
  const data = toChartData([series([1_000, 1], [2_000, 2]), series([2_000, 5], [3_000, Number.NaN])], { isLog: false });
  expect(data).toEqual([
    [1, 2, 3],
    [1, 2, null],
    [null, 5, null],
  ]);
});

test('nothing at or below zero is drawn on a logarithmic scale', () => {
  expect(toChartData([series([1_000, 0], [2_000, 3])], { isLog: true })[1]).toEqual([null, 3]);
});

test('there are at most 240 points, on whole seconds, and a rate looks over several of them', () => {
  expect(toStepMs(0, 15 * 60_000)).toBe(4_000);
  expect(toStepMs(0, 10_000)).toBe(1_000);
  expect([toRateWindow(4_000), toRateWindow(20_000), toRateWindow(90_000)]).toEqual(['1m', '80s', '6m']);
});

test('series are named by what tells them apart', () => {
  expect(nameSeries([{ __name__: 'up', job: 'order', instance: 'a' }])).toEqual(['order']);
  expect(
    nameSeries([
      { job: 'order', zone: 'a' },
      { job: 'order', zone: 'b' },
    ]),
  ).toEqual(['a', 'b']);
  expect(
    nameSeries([
      { job: 'a', code: '200' },
      { job: 'b', code: '500' },
    ]),
  ).toEqual(['a code=200', 'b code=500']);
  expect(nameSeries([{}])).toEqual(['value']);
});

test('of many observations the slowest of each moment is kept, and each one once', () => {
  const exemplar = (atMs: number, value: number): Exemplar => ({ labels: {}, traceId: `t${value}`, value, atMs });
  const many = Array.from({ length: 5_000 }, (_, index) => exemplar(index * 10, index % 100));
  const picked = pickExemplars([...many, ...many], { startMs: 0, endMs: 50_000 });
  expect(picked.length).toBeLessThanOrEqual(96);
  expect(new Set(picked.map(({ traceId, atMs }) => `${traceId} ${atMs}`)).size).toBe(picked.length);
  expect(Math.max(...picked.map(({ value }) => value))).toBe(99);
  expect(pickExemplars([exemplar(60_000, 1)], { startMs: 0, endMs: 50_000 })).toEqual([]);
});
