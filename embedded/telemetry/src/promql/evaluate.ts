import type { Points, SeriesReader } from '../store/metrics.js';
import type { Labels } from '../store/metrics-labels.js';
import { aggregate } from './aggregations.js';
import { evaluateBinary } from './binary.js';
import { type Column, distinct, type Grid, mapColumn, nameless, timesOf, type Values } from './columns.js';
import { functions } from './functions.js';
import type { Expression, Selector, Subquery } from './types.js';
import type { Measure } from './windows.js';

export interface Context {
  store: SeriesReader;
  grid: Grid;
  /** Of the whole query, for `@ start()` and `@ end()`; epoch milliseconds. */
  start: number;
  end: number;
  /** Told how many points are taken into memory; throws when it is too much, or too late. */
  spend(points: number): void;
}

/** So long a value is the value. */
const lookbackMs = 5 * 60_000;

export const isRange = (expression: Expression): expression is Selector | Subquery =>
  'range' in expression && expression.type === 'range';
const isPresent = (value: number | undefined): value is number => value !== undefined;

/** The value at every time of the grid of every series; each series is read once. Scalars are one column. */
export const evaluate = (expression: Expression, context: Context): Column[] => {
  const columnsOf = (of: Expression): Column[] => evaluate(of, context);
  context.spend(context.grid.count);
  switch (expression.kind) {
    case 'number':
      return [{ labels: {}, values: timesOf(context.grid).map(() => expression.value) }];
    case 'parentheses':
      return columnsOf(expression.of);
    case 'negation': {
      const negated = columnsOf(expression.of).map((column) => mapColumn(column, (value) => -value));
      return distinct(negated.map(nameless), true);
    }
    case 'binary':
      return evaluateBinary(expression, columnsOf(expression.left), columnsOf(expression.right));
    case 'aggregation': {
      const [of = [], parameter] = expression.args.map(columnsOf).reverse();
      return aggregate(expression, of, parameter?.[0]?.values);
    }
    case 'selector':
      return latest(expression, context, (value) => value);
    case 'call': {
      const { name, args } = expression;
      const call = {
        args,
        grid: context.grid,
        columns: (index: number) => (args[index] ? columnsOf(args[index]) : []),
        slide: (measure: Measure, parameters?: Values) =>
          args.filter(isRange).flatMap((range) => slide(range, context, measure, parameters)),
        sampleTimes: (selector: Selector) => latest(selector, context, (_, time) => time / 1_000),
      };
      return functions[name]?.run(call) ?? [];
    }
    default:
      return [];
  }
};

/** The times that a selector looks at when the question is asked at those of the grid. */
const looksOf = ({ at, offset }: Selector | Subquery, { grid, start, end }: Context): number[] => {
  const fixed = at === 'start' ? start : at === 'end' ? end : at;
  return timesOf(grid).map((time) => (fixed ?? time) - offset);
};

/** Of the newest sample of each series that is not older than the lookback, unless the series is gone since. */
const latest = (of: Selector, context: Context, pick: (value: number, time: number) => number): Column[] => {
  const looks = looksOf(of, context);
  return context.store.select(of.matchers).map(({ labels, read }) => {
    context.spend(looks.length);
    const { times, values } = read((looks[0] ?? 0) - lookbackMs, looks.at(-1) ?? 0);
    let next = 0;
    const valueAt = (look: number): number | undefined => {
      while ((times[next] ?? Number.POSITIVE_INFINITY) <= look) next++;
      const [time = Number.NEGATIVE_INFINITY, value] = [times[next - 1], values[next - 1]];
      return value === undefined || time < look - lookbackMs ? undefined : pick(value, time);
    };
    return { labels, values: looks.map(valueAt) };
  });
};

type Use<T> = (labels: Labels, times: readonly number[], values: readonly number[]) => T;

/** What `use` makes of all points of each series that the windows of a range can ask for. */
export const readRange = <T>(of: Selector | Subquery, context: Context, use: Use<T>): T[] => {
  const looks = looksOf(of, context);
  const [from, to] = [(looks[0] ?? 0) - of.range, looks.at(-1) ?? 0];
  const usePresent = (labels: Labels, { times, values }: Points): T => {
    context.spend(looks.length);
    if (values.every(isPresent)) return use(labels, times, values);
    const present = times.filter((_, index) => isPresent(values[index]));
    return use(labels, present, values.filter(isPresent));
  };
  if (of.kind === 'selector')
    return context.store.select(of.matchers).map(({ labels, read }) => usePresent(labels, read(from, to)));
  // The steps of a subquery are multiples of its step, whenever it is asked.
  const start = Math.ceil(from / of.step) * of.step;
  const grid = { start, step: of.step, count: Math.max(0, Math.floor((to - start) / of.step) + 1) };
  const columns = evaluate(of.of, { ...context, grid });
  const times = timesOf(grid);
  return columns.map(({ labels, values }) => usePresent(labels, { times, values }));
};

const slide = (of: Selector | Subquery, context: Context, measure: Measure, parameters: Values = []): Column[] => {
  const [asked, looks] = [timesOf(context.grid), looksOf(of, context)];
  return readRange(of, context, (labels, times, values) => {
    let [first, end] = [0, 0];
    const results = looks.map((to, step) => {
      const from = to - of.range;
      while ((times[end] ?? Number.POSITIVE_INFINITY) <= to) end++;
      while (first < end && (times[first] ?? 0) < from) first++;
      const window = { times, values, first, end, from, to, at: asked[step] ?? 0 };
      return first < end ? measure(window, parameters[step] ?? 0) : undefined;
    });
    return { labels, values: results };
  });
};
