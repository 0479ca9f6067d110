import type { SeriesReader } from '../store/metrics.js';
import { timesOf } from './columns.js';
import { type Context, evaluate, isRange, type Line, readRange } from './evaluate.js';
import { parsePromql } from './parse.js';
import { type Expression, PromqlError, type Series, type Value } from './types.js';

export { parsePromql } from './parse.js';
export { type Expression, type Labels, PromqlError, type Sample, type Value } from './types.js';

/** Times are epoch milliseconds. Both throw a PromqlError. */
export interface Promql {
  query(expression: Expression | string, at: number): Value;
  queryRange(expression: Expression | string, start: number, end: number, stepMs: number): Value & { type: 'matrix' };
}

const defaultTimeoutMs = 10_000;
// Prometheus' own is five times this; here they share a small process with logs and traces.
const maxPoints = 10_000_000;

/** PromQL as Prometheus 2.42 evaluates it; docs/promql.md says what of it. */
export const createPromql = (store: SeriesReader, timeoutMs = defaultTimeoutMs): Promql => {
  const contextOf = (start: number, step: number, count: number): Context => {
    const deadline = performance.now() + timeoutMs;
    let points = 0;
    const spend = (more: number): void => {
      points += more;
      if (points > maxPoints) throw new PromqlError('execution', 'query would load too many samples into memory');
      if (performance.now() > deadline) throw new PromqlError('timeout', 'query timed out in expression evaluation');
    };
    return { store, grid: { start, step, count }, spend };
  };
  const parsed = (expression: Expression | string): Expression =>
    typeof expression === 'string' ? parsePromql(expression) : expression;
  return {
    query(text, at) {
      const expression = parsed(text);
      const context = contextOf(at, 1, 1);
      if (isRange(expression))
        return { type: 'matrix', series: readRange(expression, context).map(toSeries).filter(hasPoints) };
      const columns = evaluate(expression, context);
      if (expression.type === 'scalar') return { type: 'scalar', value: columns[0]?.values[0] ?? Number.NaN };
      const samples = columns.flatMap(({ labels, values: [value] }) =>
        value === undefined ? [] : [{ labels, value }],
      );
      return { type: 'vector', samples };
    },
    queryRange(text, start, end, step) {
      const expression = parsed(text);
      if (expression.type === 'range')
        throw new PromqlError('bad_data', 'invalid expression type for range query, must be Scalar or instant Vector');
      const context = contextOf(start, step, Math.floor((end - start) / step) + 1);
      const [columns, times] = [evaluate(expression, context), timesOf(context.grid)];
      const series = columns.map((column) => toSeries({ ...column, times }));
      const keyed = series.filter(hasPoints).map((one) => [JSON.stringify(one.labels), one] as const);
      return { type: 'matrix', series: keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one) };
    },
  };
};

const hasPoints = ({ points }: Series): boolean => points.length > 0;
const toSeries = ({ labels, times, values }: Line): Series => ({
  labels,
  points: values.flatMap((value, index) => (value === undefined ? [] : [{ at: times[index] ?? 0, value }])),
});
