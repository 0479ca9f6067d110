import fc from 'fast-check';
import { measures, type Window } from './windows.js';

const windowOf = (points: readonly (readonly [at: number, value: number])[], from: number, to: number): Window => ({
  times: points.map(([at]) => at),
  values: points.map(([, value]) => value),
  first: 0,
  end: points.length,
  from,
  to,
});
const measure = (name: string, window: Window, parameter = 0): number | undefined =>
  measures[name]?.measure(window, parameter);

// Steps of a counter: how long after the one before, by how much it grew, and whether its process began again before.
const steps = fc.array(
  fc.record({ afterMs: fc.integer({ min: 1, max: 60_000 }), by: fc.nat(1_000), isNew: fc.boolean() }),
  {
    minLength: 2,
    maxLength: 40,
  },
);

it('increase is what was counted, resets or not, over the time that was seen', () => {
  fc.assert(
    fc.property(steps, fc.nat(10_000), (steps, first) => {
      let [at, value, counted] = [0, first, 0];
      const points = steps.map(({ afterMs, by, isNew }, index): [number, number] => {
        at += afterMs;
        // A counter that begins again and is as high as before at once cannot be told from one that has grown.
        const isReset = isNew && by < value;
        if (index > 0) counted += by;
        value = isReset ? by : value + by;
        return [at, value];
      });
      const [from, to] = [points[0]?.[0] ?? 0, at];
      expect(measure('increase', windowOf(points, from, to))).toBeCloseTo(counted, 6);
      expect(measure('rate', windowOf(points, from, to))).toBeCloseTo(counted / ((to - from) / 1_000), 6);
      expect(measure('resets', windowOf(points, from, to))).toBe(
        points.filter(([, value], index) => value < (points[index - 1]?.[1] ?? value)).length,
      );
    }),
  );
});

it('what is seen of a window is extended to its edges, at most by half a step beyond what is missing', () => {
  const points = Array.from({ length: 10 }, (_, index): [number, number] => [index * 1_000, 100 + index]);
  const delta = (from: number, to: number) => measure('delta', windowOf(points, from, to));
  expect(delta(0, 9_000)).toBe(9);
  expect(delta(-1_000, 10_000)).toBeCloseTo(11);
  expect(delta(-5_000, 20_000)).toBeCloseTo(10);
});

it('a counter is not extended below zero', () => {
  const points = [1, 2, 3, 4].map((value): [number, number] => [value * 10_000, value]);
  expect(measure('increase', windowOf(points, 0, 40_000))).toBeCloseTo(4);
  const young = points.map(([at, value]): [number, number] => [at, value - 1]);
  expect(measure('increase', windowOf(young, 0, 40_000))).toBeCloseTo(3);
});

it('a single point has no change', () => {
  const one = windowOf([[0, 5]], -1_000, 1_000);
  const names = ['rate', 'increase', 'delta', 'irate', 'deriv'];
  expect(names.map((name) => measure(name, one))).toEqual(names.map(() => undefined));
  expect([measure('resets', one), measure('changes', one), measure('count_over_time', one)]).toEqual([0, 0, 1]);
});

it('finds the slope of any straight line', () => {
  const slopes = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(slopes, slopes, fc.integer({ min: 2, max: 50 }), (slope, start, count) => {
      const points = Array.from({ length: count }, (_, index): [number, number] => [
        index * 1_000,
        start + slope * index,
      ]);
      const window = windowOf(points, 0, (count - 1) * 1_000);
      expect(measure('deriv', window)).toBeCloseTo(slope, 6);
    }),
  );
});

it('sums without what rounding loses', () => {
  const values = [1e100, 1, -1e100, 2].map((value, index): [number, number] => [index, value]);
  expect(measure('sum_over_time', windowOf(values, 0, 3))).toBe(3);
});

it('agrees with the plain definitions over any values', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 60 }), (values) => {
      const window = windowOf(
        values.map((value, index) => [index, value]),
        0,
        values.length,
      );
      const average = values.reduce((sum, value) => sum + value) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
      const sorted = [...values].sort((a, b) => a - b);
      expect(measure('min_over_time', window)).toBe(sorted[0]);
      expect(measure('max_over_time', window)).toBe(sorted.at(-1));
      expect(measure('avg_over_time', window)).toBeCloseTo(average, 8);
      expect(measure('stdvar_over_time', window)).toBeCloseTo(variance, 6);
      expect(measure('stddev_over_time', window)).toBeCloseTo(Math.sqrt(variance), 6);
      expect(measure('quantile_over_time', window, 0)).toBe(sorted[0]);
      expect(measure('quantile_over_time', window, 1)).toBe(sorted.at(-1));
      expect(measure('last_over_time', window)).toBe(values.at(-1));
    }),
  );
});
