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
      return latest(expression, context);
    case 'call': {
      const { name, args } = expression;
      const call = {
        args,
        grid: context.grid,
        columns: (index: number) => (args[index] ? columnsOf(args[index]) : []),
        slide: (measure: Measure, parameters?: Values) =>
          args.filter(isRange).flatMap((range) => slide(range, context, measure, parameters)),
      };
      return functions[name]?.run(call) ?? [];
    }
    default:
      return [];
  }
};

/** The times that a selector looks at when the question is asked at those of the grid. */
const looksOf = ({ offset }: Selector | Subquery, { grid }: Context): number[] =>
  timesOf({ ...grid, start: grid.start - offset });

export type Line = Points & { labels: Labels };

/** All points of each series that the windows of a range can ask for. */
const linesOf = (of: Selector | Subquery, context: Context): Line[] => {
  const looks = looksOf(of, context);
  const [from, to] = [(looks[0] ?? 0) - of.range, looks.at(-1) ?? 0];
  if (of.kind === 'selector')
    return context.store.select(of.matchers).map(({ labels, read }) => ({ labels, ...read(from, to) }));
  // The steps of a subquery are multiples of its step, whenever it is asked.
  const start = Math.ceil(from / of.step) * of.step;
  const grid = { start, step: of.step, count: Math.max(0, Math.floor((to - start) / of.step) + 1) };
  const columns = evaluate(of.of, { ...context, grid });
  const times = timesOf(grid);
  return columns.map((column) => ({ ...column, times }));
};

/** Without the places where the series is gone. */
export const readRange = (of: Selector | Subquery, context: Context) =>
  linesOf(of, context).map(({ labels, times, values }) => {
    context.spend(times.length);
    const present = times.filter((_, index) => isPresent(values[index]));
    return { labels, times: present, values: values.filter(isPresent) };
  });

/** Which of the times lie in the window before each look: from `first` to `end`, not included. */
const windowsOf = (times: readonly number[], looks: readonly number[], range: number) => {
  let [first, end] = [0, 0];
  return looks.map((to) => {
    const from = to - range;
    while ((times[end] ?? Number.POSITIVE_INFINITY) <= to) end++;
    while (first < end && (times[first] ?? 0) < from) first++;
    return { first, end, from, to };
  });
};

const slide = (of: Selector | Subquery, context: Context, measure: Measure, parameters: Values = []): Column[] =>
  readRange(of, context).map(({ labels, times, values }) => {
    const results = windowsOf(times, looksOf(of, context), of.range).map((window, step) =>
      window.first < window.end ? measure({ times, values, ...window }, parameters[step] ?? 0) : undefined,
    );
    return { labels, values: results };
  });

/** The newest sample of each series that is not older than the lookback, unless the series is gone since. */
const latest = (of: Selector, context: Context): Column[] =>
  linesOf({ ...of, range: lookbackMs }, context).map(({ labels, times, values }) => {
    context.spend(context.grid.count);
    const windows = windowsOf(times, looksOf(of, context), lookbackMs);
    return { labels, values: windows.map(({ first, end }) => (first < end ? values[end - 1] : undefined)) };
  });
