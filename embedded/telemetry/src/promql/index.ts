import type { SeriesReader } from '../store/metrics.js';
import type { Grid } from './columns.js';
import { type Context, evaluate, readRange } from './evaluate.js';
import { parsePromql } from './parse.js';
import { type Expression, PromqlError, type Series, type Value } from './types.js';

export { parsePromql } from './parse.js';
export { type Expression, type Labels, PromqlError, type Sample, type Series, type Value } from './types.js';

type Matrix = Extract<Value, { type: 'matrix' }>;

export interface Promql {
  /** `at` is epoch milliseconds. Throws a PromqlError. */
  query(expression: Expression | string, at: number): Value;
  /** Times are epoch milliseconds, the step milliseconds. Throws a PromqlError. */
  queryRange(expression: Expression | string, start: number, end: number, step: number): Matrix;
}

export interface PromqlOptions {
  /** Default 10,000. */
  timeoutMs?: number | undefined;
}

const lookbackMs = 5 * 60_000;
const defaultTimeoutMs = 10_000;
const maxPoints = 50_000_000;

/** PromQL as Prometheus 2.42 evaluates it; docs/promql.md says what of it. */
export const createPromql = (store: SeriesReader, { timeoutMs = defaultTimeoutMs }: PromqlOptions = {}): Promql => {
  const contextOf = (start: number, end: number): Context => {
    const deadline = performance.now() + timeoutMs;
    let points = 0;
    const spend = (more: number): void => {
      points += more;
      if (points > maxPoints)
        throw new PromqlError(
          'execution',
          'query processing would load too many samples into memory in query execution',
        );
      if (performance.now() > deadline) throw new PromqlError('timeout', 'query timed out in expression evaluation');
    };
    return { store, start, end, lookbackMs, spend };
  };
  const parsed = (expression: Expression | string): Expression =>
    typeof expression === 'string' ? parsePromql(expression) : expression;

  return {
    query(text, at) {
      const expression = parsed(text);
      const grid: Grid = { start: at, step: 1, count: 1 };
      const context = contextOf(at, at);
      if (expression.kind === 'string') return { type: 'string', value: expression.value };
      if (expression.kind === 'subquery' || (expression.kind === 'selector' && expression.type === 'range')) {
        const series = readRange(expression, grid, context).filter(({ times }) => times.length > 0);
        return {
          type: 'matrix',
          series: series.map(({ labels, times, values }) => ({
            labels,
            points: [...times].map((time, index) => ({ at: time, value: values[index] ?? 0 })),
          })),
        };
      }
      const columns = evaluate(expression, grid, context);
      if (expression.type === 'scalar') return { type: 'scalar', value: columns[0]?.values[0] ?? Number.NaN };
      const present = columns.filter(({ has }) => has[0] === 1);
      return { type: 'vector', samples: present.map(({ labels, values }) => ({ labels, value: values[0] ?? 0 })) };
    },
    queryRange(text, start, end, step) {
      const expression = parsed(text);
      if (expression.type === 'text' || expression.type === 'range')
        throw new PromqlError('bad_data', 'invalid expression type for range query, must be Scalar or instant Vector');
      const grid = { start, step, count: Math.floor((end - start) / step) + 1 };
      const series = evaluate(expression, grid, contextOf(start, end)).map(
        ({ labels, values, has }): Series => ({
          labels,
          points: [...values].flatMap((value, index) =>
            has[index] === 1 ? [{ at: start + index * step, value }] : [],
          ),
        }),
      );
      const byLabels = series
        .map((one) => ({ one, key: JSON.stringify(one.labels) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      return { type: 'matrix', series: byLabels.map(({ one }) => one).filter(({ points }) => points.length > 0) };
    },
  };
};
