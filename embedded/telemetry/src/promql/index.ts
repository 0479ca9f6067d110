import type { SeriesReader } from '../store/metrics.js';
import { timesOf } from './columns.js';
import { type Context, evaluate, readRange } from './evaluate.js';
import { parsePromql } from './parse.js';
import { type Expression, type Labels, PromqlError, type Series, type Value } from './types.js';

export { parsePromql } from './parse.js';
export { type Expression, type Labels, PromqlError, type Sample, type Series, type Value } from './types.js';

type Matrix = Extract<Value, { type: 'matrix' }>;

export interface Promql {
  /** `at` is epoch milliseconds. Throws a PromqlError. */
  query(expression: Expression | string, at: number): Value;
  /** Times are epoch milliseconds, the step milliseconds. Throws a PromqlError. */
  queryRange(expression: Expression | string, start: number, end: number, step: number): Matrix;
}

const defaultTimeoutMs = 10_000;
// Prometheus' own is five times this; here they share a small process with logs and traces.
const maxPoints = 10_000_000;

/** PromQL as Prometheus 2.42 evaluates it; docs/promql.md says what of it. */
export const createPromql = (store: SeriesReader, timeoutMs = defaultTimeoutMs): Promql => {
  const contextOf = (start: number, end: number): Context => {
    const deadline = performance.now() + timeoutMs;
    let points = 0;
    const spend = (more: number): void => {
      points += more;
      if (points > maxPoints)
        throw new PromqlError('execution', 'query processing would load too many samples into memory');
      if (performance.now() > deadline) throw new PromqlError('timeout', 'query timed out in expression evaluation');
    };
    return { store, start, end, spend };
  };
  return {
    query(text, at) {
      const expression = typeof text === 'string' ? parsePromql(text) : text;
      const grid = { start: at, step: 1, count: 1 };
      const context = contextOf(at, at);
      if (expression.kind === 'string') return { type: 'string', value: expression.value };
      if (expression.kind === 'subquery' || (expression.kind === 'selector' && expression.type === 'range')) {
        const series = readRange(expression, grid, context, (labels, times, values) =>
          toSeries(labels, [...times], [...values]),
        );
        return { type: 'matrix', series: series.filter(({ points }) => points.length > 0) };
      }
      const columns = evaluate(expression, grid, context);
      if (expression.type === 'scalar') return { type: 'scalar', value: columns[0]?.values[0] ?? Number.NaN };
      const samples = columns.flatMap(({ labels, values: [value] }) =>
        value === undefined ? [] : [{ labels, value }],
      );
      return { type: 'vector', samples };
    },
    queryRange(text, start, end, step) {
      const expression = typeof text === 'string' ? parsePromql(text) : text;
      if (expression.type === 'text' || expression.type === 'range')
        throw new PromqlError('bad_data', 'invalid expression type for range query, must be Scalar or instant Vector');
      const grid = { start, step, count: Math.floor((end - start) / step) + 1 };
      const columns = evaluate(expression, grid, contextOf(start, end));
      const series = columns.map(({ labels, values }) => toSeries(labels, timesOf(grid), values));
      const sorted = series
        .map((one) => ({ one, key: JSON.stringify(one.labels) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      return { type: 'matrix', series: sorted.map(({ one }) => one).filter(({ points }) => points.length > 0) };
    },
  };
};

const toSeries = (labels: Labels, times: readonly number[], values: readonly (number | undefined)[]): Series => ({
  labels,
  points: values.flatMap((value, index) => (value === undefined ? [] : [{ at: times[index] ?? 0, value }])),
});
