import type { SeriesReader } from '../store/metrics.js';
import { dropLabels, type Labels } from '../store/metrics-labels.js';
import { aggregate } from './aggregations.js';
import { combine } from './binary.js';
import { type Column, createColumn, distinct, type Grid, mapColumn, put } from './columns.js';
import { functions } from './functions.js';
import type { Expression, Selector, Subquery } from './types.js';
import type { Window } from './windows.js';

export interface Context {
  store: SeriesReader;
  /** Of the whole query, for `@ start()` and `@ end()`; epoch milliseconds. */
  start: number;
  end: number;
  /** So long a value is the value, in milliseconds. */
  lookbackMs: number;
  /** Told how many points are taken into memory; throws when it is too much, or too late. */
  spend(points: number): void;
}

export interface RangeSeries {
  labels: Labels;
  times: Float64Array;
  values: Float64Array;
}

/** The time that a selector looks at, when the question is asked at another. */
const lookAt = ({ at, offset }: Selector | Subquery, { start, end }: Context): ((time: number) => number) => {
  const fixed = at === 'start' ? start : at === 'end' ? end : at;
  return (time) => (fixed ?? time) - offset;
};
const lastOf = ({ start, step, count }: Grid): number => start + step * (count - 1);

/** The value at every time of the grid of every series, each series read once. Scalars are one column. */
export const evaluate = (expression: Expression, grid: Grid, context: Context): Column[] => {
  const columnsOf = (of: Expression): Column[] => evaluate(of, grid, context);
  switch (expression.kind) {
    case 'number': {
      const column = createColumn({}, grid.count);
      column.values.fill(expression.value);
      column.has.fill(1);
      return [column];
    }
    case 'negation': {
      const negated = columnsOf(expression.of).map((column) =>
        mapColumn(column, (value) => -value, dropLabels(column.labels, ['__name__'])),
      );
      return distinct(negated, true);
    }
    case 'binary':
      return combine(expression, columnsOf(expression.left), columnsOf(expression.right));
    case 'aggregation': {
      const [of = [], parameter] = expression.args.map(columnsOf).reverse();
      return aggregate(expression, of, parameter?.[0]?.values);
    }
    case 'selector':
      return latest(expression, grid, context, (value) => value);
    case 'call': {
      const { name, args } = expression;
      const call = {
        args,
        grid,
        columns: (index: number) => (args[index] ? columnsOf(args[index]) : []),
        slide: (index: number, measure: (window: Window, step: number) => number | undefined) =>
          slide(args[index], grid, context, measure),
        sampleTimes: (selector: Selector) => latest(selector, grid, context, (_, time) => time / 1_000),
      };
      return functions[name]?.run(call) ?? [];
    }
    default:
      return [];
  }
};

/** The newest sample of each series that is not older than the lookback, unless the series is gone since. */
const latest = (
  selector: Selector,
  grid: Grid,
  context: Context,
  pick: (value: number, time: number) => number,
): Column[] => {
  const lookFrom = lookAt(selector, context);
  return context.store.select(selector.matchers).map((series) => {
    const { times, values, gaps } = series.read(lookFrom(grid.start) - context.lookbackMs, lookFrom(lastOf(grid)));
    const column = createColumn(series.labels, grid.count);
    let [next, gap] = [0, 0];
    for (let step = 0; step < grid.count; step++) {
      const time = lookFrom(grid.start + step * grid.step);
      while (next < times.length && (times[next] ?? 0) <= time) next++;
      while (gap < gaps.length && (gaps[gap] ?? 0) <= time) gap++;
      const sampled = times[next - 1] ?? Number.NEGATIVE_INFINITY;
      const isGone = gap > 0 && (gaps[gap - 1] ?? 0) > sampled;
      if (sampled >= time - context.lookbackMs && !isGone) put(column, step, pick(values[next - 1] ?? 0, sampled));
    }
    context.spend(grid.count);
    return column;
  });
};

/** All points that the windows of a range can ask for. */
export const readRange = (of: Selector | Subquery, grid: Grid, context: Context): RangeSeries[] => {
  const lookFrom = lookAt(of, context);
  const [from, to] = [lookFrom(grid.start) - of.range, lookFrom(lastOf(grid))];
  if (of.kind === 'selector')
    return context.store.select(of.matchers).map((series) => ({ labels: series.labels, ...series.read(from, to) }));
  // Steps of a subquery are multiples of its step, whenever it is asked.
  const start = Math.ceil(from / of.step) * of.step;
  const inner = { start, step: of.step, count: Math.max(0, Math.floor((to - start) / of.step) + 1) };
  return evaluate(of.of, inner, context).map(({ labels, values, has }) => ({
    labels,
    times: Float64Array.from(values, (_, step) => start + step * of.step).filter((_, step) => has[step] === 1),
    values: values.filter((_, step) => has[step] === 1),
  }));
};

const slide = (
  of: Expression | undefined,
  grid: Grid,
  context: Context,
  measure: (window: Window, step: number) => number | undefined,
): Column[] => {
  if (of?.kind !== 'selector' && of?.kind !== 'subquery') return [];
  const lookFrom = lookAt(of, context);
  return readRange(of, grid, context).map(({ labels, times, values }) => {
    const column = createColumn(labels, grid.count);
    let [first, end] = [0, 0];
    for (let step = 0; step < grid.count; step++) {
      const at = grid.start + step * grid.step;
      const to = lookFrom(at);
      const from = to - of.range;
      while (end < times.length && (times[end] ?? 0) <= to) end++;
      while (first < end && (times[first] ?? 0) < from) first++;
      if (first === end) continue;
      const window = { times: times.subarray(first, end), values: values.subarray(first, end), from, to, at };
      put(column, step, measure(window, step));
    }
    context.spend(grid.count);
    return column;
  });
};
