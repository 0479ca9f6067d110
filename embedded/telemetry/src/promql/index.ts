import type { MetricStore } from '../store/metrics.js';
import { PromqlError, type Value } from './types.js';

export { type Labels, PromqlError, type Sample, type Series, type Value } from './types.js';

export interface Expression {
  kind: string;
  name: string;
}

export interface Promql {
  /** `at` is epoch milliseconds. Throws a PromqlError. */
  query(expression: Expression | string, at: number): Value;
  /** Times are epoch milliseconds, the step milliseconds. */
  queryRange(
    expression: Expression | string,
    start: number,
    end: number,
    step: number,
  ): Extract<Value, { type: 'matrix' }>;
}

/** `timeScale` divides every duration in the text. Throws a PromqlError of type `bad_data` that names what is wrong. */
export const parsePromql = (text: string, _timeScale = 1): Expression => {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text)) throw new PromqlError('bad_data', 'only names are understood so far');
  return { kind: 'selector', name: text };
};

export const createPromql = (store: MetricStore): Promql => ({
  query(expression, at) {
    const { name } = typeof expression === 'string' ? parsePromql(expression) : expression;
    return { type: 'vector', samples: store.select({ __name__: name }, at) };
  },
  queryRange() {
    return { type: 'matrix', series: [] };
  },
});
