import { least, mean, most, quantile, sum, variance } from './statistics.js';

type Line = { times: readonly number[]; values: readonly number[] };
/** The points of one series, of which `first` to `end`, not included, lie between two times, both inclusive; in ms. */
export type Window = Line & { first: number; end: number; from: number; to: number };

export type Measure = (window: Window, parameter: number) => number | undefined;

const seconds = (from = 0, to = 0): number => (to - from) / 1_000;
const valuesOf = ({ values, first, end }: Window): number[] => values.slice(first, end);
const count = (window: Window, test: (before: number, value: number) => boolean): number =>
  valuesOf(window).filter((value, index, all) => index > 0 && test(all[index - 1] ?? value, value)).length;

/**
 * The change over a window, with what its first and last point leave open at the edges added by their mean distance
 * (`extrapolatedRate` in promql/functions.go of Prometheus). A counter is never extrapolated below zero.
 */
const change = ({ times, values, first, end, from, to }: Window, isCounter: boolean, per = 1): number | undefined => {
  if (end - first < 2) return undefined;
  const start = values[first] ?? 0;
  let result = (values[end - 1] ?? 0) - start;
  for (let index = first + 1; isCounter && index < end; index++) {
    const before = values[index - 1] ?? 0;
    if ((values[index] ?? 0) < before) result += before;
  }
  const covered = seconds(times[first], times[end - 1]);
  const distance = covered / (end - first - 1);
  const toZero = isCounter && result > 0 && start >= 0 ? covered * (start / result) : Number.POSITIVE_INFINITY;
  const added = (edge: number): number => (edge < distance * 1.1 ? edge : distance / 2);
  const before = added(Math.min(seconds(from, times[first]), toZero));
  return (result * ((covered + before + added(seconds(times[end - 1], to))) / covered)) / per;
};

const lastRate = ({ times, values, first, end }: Window): number | undefined => {
  if (end - first < 2) return undefined;
  const [before = 0, last = 0] = values.slice(end - 2, end);
  return (last < before ? last : last - before) / seconds(times[end - 2], times[end - 1]);
};

/** The slope per second of the line of least squares. */
const slope = (window: Window): number | undefined => {
  const values = valuesOf(window);
  const [first = 0] = values;
  if (values.length < 2) return undefined;
  if (values.every((value) => value === first)) return first * 0;
  const times = window.times.slice(window.first, window.end).map((time) => seconds(window.times[window.first], time));
  const squares = times.map((time) => time * time);
  const products = times.map((time, index) => time * (values[index] ?? 0));
  const [x = 0, y = 0, xx = 0, xy = 0] = [times, values, squares, products].map(sum);
  return (xy - (x * y) / values.length) / (xx - (x * x) / values.length);
};

/** The functions of a range vector, with the first letters of the types that they take. */
export const measures: Readonly<Record<string, { takes: string; measure: Measure }>> = {
  rate: { takes: 'r', measure: (window) => change(window, true, seconds(window.from, window.to)) },
  increase: { takes: 'r', measure: (window) => change(window, true) },
  delta: { takes: 'r', measure: (window) => change(window, false) },
  irate: { takes: 'r', measure: lastRate },
  deriv: { takes: 'r', measure: slope },
  changes: { takes: 'r', measure: (window) => count(window, (a, b) => a !== b && !Object.is(a, b)) },
  resets: { takes: 'r', measure: (window) => count(window, (before, value) => value < before) },
  sum_over_time: { takes: 'r', measure: (window) => sum(valuesOf(window)) },
  avg_over_time: { takes: 'r', measure: (window) => mean(valuesOf(window)) },
  min_over_time: { takes: 'r', measure: (window) => least(valuesOf(window)) },
  max_over_time: { takes: 'r', measure: (window) => most(valuesOf(window)) },
  count_over_time: { takes: 'r', measure: ({ first, end }) => end - first },
  last_over_time: { takes: 'r', measure: ({ values, end }) => values[end - 1] },
  quantile_over_time: { takes: 'sr', measure: (window, share) => quantile(valuesOf(window), share) },
  stdvar_over_time: { takes: 'r', measure: (window) => variance(valuesOf(window)) },
  stddev_over_time: { takes: 'r', measure: (window) => Math.sqrt(variance(valuesOf(window))) },
  present_over_time: { takes: 'r', measure: () => 1 },
  absent_over_time: { takes: 'r', measure: () => 1 },
};
