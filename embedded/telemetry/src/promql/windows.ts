import { quantile } from './quantiles.js';

/** The points of one series between two times, both inclusive; all times are epoch milliseconds. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
  /** When the question is asked; the window may be offset from it. */
  at: number;
}

/** A sum that keeps what rounding loses beside it (Kahan, with Neumaier's improvement), as Prometheus sums. */
class Sum {
  value = 0;
  private lost = 0;

  add(value: number): void {
    const next = this.value + value;
    const [larger, smaller] = Math.abs(this.value) >= Math.abs(value) ? [this.value, value] : [value, this.value];
    this.lost += larger - next + smaller;
    this.value = next;
  }

  get total(): number {
    return this.value + this.lost;
  }
}

const seconds = (from = 0, to = 0): number => (to - from) / 1_000;
const isInfinite = (value: number): boolean => Math.abs(value) === Number.POSITIVE_INFINITY;

/**
 * The change over a window, with what its first and last point leave open at the edges added by their mean distance
 * (`extrapolatedRate` in promql/functions.go of Prometheus). A counter is never extrapolated below zero.
 */
const change = ({ times, values, from, to }: Window, isCounter: boolean): number | undefined => {
  if (values.length < 2) return undefined;
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  let result = last - first;
  if (isCounter)
    values.forEach((value, index) => {
      const before = values[index - 1] ?? value;
      if (value < before) result += before;
    });
  const covered = seconds(times[0], times.at(-1));
  const distance = covered / (values.length - 1);
  const toZero = isCounter && result > 0 && first >= 0 ? covered * (first / result) : Number.POSITIVE_INFINITY;
  const edges = [Math.min(seconds(from, times[0]), toZero), seconds(times.at(-1), to)];
  const added = edges.map((edge) => (edge < distance * 1.1 ? edge : distance / 2));
  return result * ((covered + (added[0] ?? 0) + (added[1] ?? 0)) / covered);
};

/** Between the last two points. */
const lastChange = ({ times, values }: Window, isCounter: boolean): { value: number; seconds: number } | undefined => {
  const [before, last] = values.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  return { value: isCounter && last < before ? last : last - before, seconds: seconds(times.at(-2), times.at(-1)) };
};

const countChanges = ({ values }: Window, test: (before: number, value: number) => boolean): number =>
  values.filter((value, index) => index > 0 && test(values[index - 1] ?? value, value)).length;

const mean = (values: Float64Array): number => {
  const average = new Sum();
  values.forEach((value, index) => {
    // An infinite mean stays what it is, but for the opposite infinity and NaN.
    if (isInfinite(average.value) && (Number.isFinite(value) || value === average.value)) return;
    average.add(value / (index + 1) - average.value / (index + 1));
  });
  return isInfinite(average.value) ? average.value : average.total;
};

/** Welford's. */
const variance = (values: Float64Array): number => {
  const [average, squares] = [new Sum(), new Sum()];
  values.forEach((value, index) => {
    const difference = value - average.total;
    average.add(difference / (index + 1));
    squares.add(difference * (value - average.total));
  });
  return squares.total / values.length;
};

/** The line of least squares: its slope per second, and its value at that time. */
const line = ({ times, values }: Window, at: number): { slope: number; value: number } | undefined => {
  const [initial = 0, second] = values;
  if (second === undefined) return undefined;
  if (values.every((value) => value === initial)) {
    const slope = isInfinite(initial) ? Number.NaN : 0;
    return { slope, value: initial + slope };
  }
  const [x, y, xy, xx] = [new Sum(), new Sum(), new Sum(), new Sum()];
  values.forEach((value, index) => {
    const time = seconds(at, times[index]);
    x.add(time);
    y.add(value);
    xy.add(time * value);
    xx.add(time * time);
  });
  const count = values.length;
  const slope = (xy.total - (x.total * y.total) / count) / (xx.total - (x.total * x.total) / count);
  return { slope, value: y.total / count - (slope * x.total) / count };
};

/** The functions of a range vector, with what they take by the first letters of types. */
export const measures: Readonly<
  Record<string, readonly [takes: string, measure: (window: Window, parameter: number) => number | undefined]>
> = {
  increase: ['r', (window) => change(window, true)],
  delta: ['r', (window) => change(window, false)],
  rate: ['r', (window) => over(change(window, true), seconds(window.from, window.to))],
  irate: ['r', (window) => over(lastChange(window, true)?.value, lastChange(window, true)?.seconds)],
  idelta: ['r', (window) => lastChange(window, false)?.value],
  changes: ['r', (window) => countChanges(window, (before, value) => !Object.is(before, value) && before !== value)],
  resets: ['r', (window) => countChanges(window, (before, value) => value < before)],
  deriv: ['r', (window) => line(window, window.times[0] ?? 0)?.slope],
  predict_linear: [
    'rs',
    (window, ahead) => {
      const found = line(window, window.at);
      return found && found.slope * ahead + found.value;
    },
  ],
  sum_over_time: [
    'r',
    ({ values }) => {
      const sum = new Sum();
      values.forEach((value) => {
        sum.add(value);
      });
      return isInfinite(sum.value) ? sum.value : sum.total;
    },
  ],
  avg_over_time: ['r', ({ values }) => mean(values)],
  min_over_time: ['r', ({ values }) => values.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a))],
  max_over_time: ['r', ({ values }) => values.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a))],
  count_over_time: ['r', ({ values }) => values.length],
  last_over_time: ['r', ({ values }) => values.at(-1)],
  quantile_over_time: ['sr', ({ values }, share) => quantile(share, values)],
  stdvar_over_time: ['r', ({ values }) => variance(values)],
  stddev_over_time: ['r', ({ values }) => Math.sqrt(variance(values))],
  present_over_time: ['r', () => 1],
  absent_over_time: ['r', () => 1],
};

const over = (amount: number | undefined, time = 1): number | undefined => amount && amount / time;
