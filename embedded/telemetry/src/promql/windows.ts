import { least, mean, most, quantile, Sum, sum, variance } from './statistics.js';

/** The points of one series between two times, both inclusive and epoch milliseconds; at least one. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
  /** When the question is asked; the window may be offset from it. */
  at: number;
}

export type Measure = (window: Window, parameter: number) => number | undefined;

const seconds = (from = 0, to = 0): number => (to - from) / 1_000;
const count = ({ values }: Window, test: (before: number, value: number) => boolean): number =>
  values.filter((value, index) => index > 0 && test(values[index - 1] ?? value, value)).length;

/**
 * The change over a window, with what its first and last point leave open at the edges added by their mean distance
 * (`extrapolatedRate` in promql/functions.go of Prometheus). A counter is never extrapolated below zero.
 */
const change = ({ times, values, from, to }: Window, isCounter: boolean): number | undefined => {
  if (values.length < 2) return undefined;
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  let result = last - first;
  for (let index = 1; isCounter && index < values.length; index++) {
    const before = values[index - 1] ?? 0;
    if ((values[index] ?? 0) < before) result += before;
  }
  const covered = seconds(times[0], times.at(-1));
  const distance = covered / (values.length - 1);
  const toZero = isCounter && result > 0 && first >= 0 ? covered * (first / result) : Number.POSITIVE_INFINITY;
  const edges = [Math.min(seconds(from, times[0]), toZero), seconds(times.at(-1), to)];
  const [start = 0, end = 0] = edges.map((edge) => (edge < distance * 1.1 ? edge : distance / 2));
  return result * ((covered + start + end) / covered);
};

const lastChange = ({ times, values }: Window, isCounter: boolean, isRate: boolean): number | undefined => {
  const [before, last] = values.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  return (isCounter && last < before ? last : last - before) / (isRate ? seconds(times.at(-2), times.at(-1)) : 1);
};

/** The line of least squares: its slope per second, and its value at that time. */
const line = ({ times, values }: Window, at: number): { slope: number; value: number } | undefined => {
  const [first = 0] = values;
  if (values.length < 2) return undefined;
  if (values.every((value) => value === first)) return { slope: first * 0, value: first + first * 0 };
  const [x, y, xy, xx] = [new Sum(true), new Sum(true), new Sum(true), new Sum(true)];
  for (const [index, value] of values.entries()) {
    const time = seconds(at, times[index]);
    x.add(time);
    y.add(value);
    xy.add(time * value);
    xx.add(time * time);
  }
  const covariance = xy.total - (x.total * y.total) / values.length;
  const slope = covariance / (xx.total - (x.total * x.total) / values.length);
  return { slope, value: y.total / values.length - (slope * x.total) / values.length };
};

const rate = (window: Window): number | undefined => {
  const increase = change(window, true);
  return increase === undefined ? undefined : increase / seconds(window.from, window.to);
};
const predict = (window: Window, ahead: number): number | undefined => {
  const found = line(window, window.at);
  return found && found.slope * ahead + found.value;
};

/** The functions of a range vector, with the first letters of the types that they take. */
export const measures: Readonly<Record<string, { takes: string; measure: Measure }>> = {
  rate: { takes: 'r', measure: rate },
  increase: { takes: 'r', measure: (window) => change(window, true) },
  delta: { takes: 'r', measure: (window) => change(window, false) },
  irate: { takes: 'r', measure: (window) => lastChange(window, true, true) },
  idelta: { takes: 'r', measure: (window) => lastChange(window, false, false) },
  deriv: { takes: 'r', measure: (window) => line(window, window.times[0] ?? 0)?.slope },
  predict_linear: { takes: 'rs', measure: predict },
  changes: { takes: 'r', measure: (window) => count(window, (a, b) => a !== b && !Object.is(a, b)) },
  resets: { takes: 'r', measure: (window) => count(window, (before, value) => value < before) },
  sum_over_time: { takes: 'r', measure: ({ values }) => sum(values, true) },
  avg_over_time: { takes: 'r', measure: ({ values }) => mean(values, true) },
  min_over_time: { takes: 'r', measure: ({ values }) => least(values) },
  max_over_time: { takes: 'r', measure: ({ values }) => most(values) },
  count_over_time: { takes: 'r', measure: ({ values }) => values.length },
  last_over_time: { takes: 'r', measure: ({ values }) => values.at(-1) },
  quantile_over_time: { takes: 'sr', measure: ({ values }, share) => quantile(values, share) },
  stdvar_over_time: { takes: 'r', measure: ({ values }) => variance(values, true) },
  stddev_over_time: { takes: 'r', measure: ({ values }) => Math.sqrt(variance(values, true)) },
  present_over_time: { takes: 'r', measure: () => 1 },
  absent_over_time: { takes: 'r', measure: () => 1 },
};
