import type { SeriesReader } from '../store/metrics.js';
import type { Labels } from '../store/metrics-labels.js';
import { aggregate } from './aggregations.js';
import { evaluateBinary } from './binary.js';
import { type Column, distinct, type Grid, mapColumn, nameless, timesOf, type Values } from './columns.js';
import { functions } from './functions.js';
import type { Expression, Selector, Subquery } from './types.js';
import type { Measure } from './windows.js';

export interface Context {
  store: SeriesReader;
  /** Of the whole query, for `@ start()` and `@ end()`; epoch milliseconds. */
  start: number;
  end: number;
  /** Told how many points are taken into memory; throws when it is too much, or too late. */
  spend(points: number): void;
}

/** So long a value is the value. */
const lookbackMs = 5 * 60_000;

/** The times that a selector looks at when the question is asked at those of the grid. */
const lookTimes = ({ at, offset }: Selector | Subquery, grid: Grid, { start, end }: Context): number[] => {
  const fixed = at === 'start' ? start : at === 'end' ? end : at;
  return timesOf(grid).map((time) => (fixed ?? time) - offset);
};

/** The value at every time of the grid of every series; each series is read once. Scalars are one column. */
export const evaluate = (expression: Expression, grid: Grid, context: Context): Column[] => {
  const columnsOf = (of: Expression): Column[] => evaluate(of, grid, context);
  switch (expression.kind) {
    case 'number':
      return [{ labels: {}, values: timesOf(grid).map(() => expression.value) }];
    case 'parentheses':
      return columnsOf(expression.of);
    case 'negation':
      return distinct(
        columnsOf(expression.of).map((column) => nameless(mapColumn(column, (value) => -value))),
        true,
      );
    case 'binary':
      return evaluateBinary(expression, columnsOf(expression.left), columnsOf(expression.right));
    case 'aggregation': {
      const [of = [], parameter] = expression.args.map(columnsOf).reverse();
      return aggregate(expression, of, parameter?.[0]?.values);
    }
    case 'selector':
      return latest(expression, grid, context, (value) => value);
    case 'call': {
      const { name, args } = expression;
      const arg = (index: number): Expression => args[index] ?? { kind: 'string', type: 'text', value: '' };
      const run = functions[name]?.run({
        args,
        grid,
        columns: (index) => columnsOf(arg(index)),
        slide: (index, measure, parameters) => slide(arg(index), grid, context, measure, parameters),
        sampleTimes: (selector) => latest(selector, grid, context, (_, time) => time / 1_000),
      });
      return run ?? [];
    }
    default:
      return [];
  }
};

type Pick = (value: number, time: number) => number;

/** The newest sample of each series that is not older than the lookback, unless the series is gone since. */
const latest = (selector: Selector, grid: Grid, context: Context, pick: Pick): Column[] => {
  const looks = lookTimes(selector, grid, context);
  return context.store.select(selector.matchers).map((series) => {
    const { times, values } = series.read((looks[0] ?? 0) - lookbackMs, looks.at(-1) ?? 0);
    context.spend(grid.count);
    let next = 0;
    const valueAt = (look: number): number | undefined => {
      while ((times[next] ?? Number.POSITIVE_INFINITY) <= look) next++;
      const [time = Number.NEGATIVE_INFINITY, value] = [times[next - 1], values[next - 1]];
      return value === undefined || time < look - lookbackMs ? undefined : pick(value, time);
    };
    return { labels: series.labels, values: looks.map(valueAt) };
  });
};

/** What `use` makes of the points of each series that the windows of a range can ask for, one series after the other. */
export const readRange = <T>(
  of: Selector | Subquery,
  grid: Grid,
  context: Context,
  use: (labels: Labels, times: Float64Array, values: Float64Array) => T,
): T[] => {
  const looks = lookTimes(of, grid, context);
  const [from, to] = [(looks[0] ?? 0) - of.range, looks.at(-1) ?? 0];
  const usePresent = (labels: Labels, times: readonly number[], values: Values): T => {
    const isPresent = (_: unknown, index: number): boolean => values[index] !== undefined;
    context.spend(grid.count);
    return use(labels, Float64Array.from(times.filter(isPresent)), Float64Array.from(values.filter(isNumber)));
  };
  if (of.kind === 'selector')
    return context.store.select(of.matchers).map((series) => {
      const { times, values } = series.read(from, to);
      return usePresent(series.labels, times, values);
    });
  // The steps of a subquery are multiples of its step, whenever it is asked.
  const start = Math.ceil(from / of.step) * of.step;
  const inner = { start, step: of.step, count: Math.max(0, Math.floor((to - start) / of.step) + 1) };
  return evaluate(of.of, inner, context).map(({ labels, values }) => usePresent(labels, timesOf(inner), values));
};

const isNumber = (value: number | undefined): value is number => value !== undefined;

const slide = (of: Expression, grid: Grid, context: Context, measure: Measure, parameters: Values = []): Column[] => {
  if (of.kind !== 'selector' && of.kind !== 'subquery') return [];
  const [asked, looks] = [timesOf(grid), lookTimes(of, grid, context)];
  return readRange(of, grid, context, (labels, times, values) => {
    let [first, end] = [0, 0];
    const results = looks.map((to, step) => {
      const from = to - of.range;
      while ((times[end] ?? Number.POSITIVE_INFINITY) <= to) end++;
      while (first < end && (times[first] ?? 0) < from) first++;
      if (first === end) return undefined;
      const points = { times: times.subarray(first, end), values: values.subarray(first, end) };
      return measure({ ...points, from, to, at: asked[step] ?? 0 }, parameters[step] ?? 0);
    });
    return { labels, values: results };
  });
};
