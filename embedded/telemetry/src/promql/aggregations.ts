import { dropLabels, keepLabels } from '../store/metrics-labels.js';
import { type Column, groupBy, mapColumn, presentAt, type Values } from './columns.js';
import { compareValues, least, mean, most, quantile, sum } from './statistics.js';
import { type Aggregation, PromqlError } from './types.js';

interface AggregationFunction {
  /** The first letters of types. */
  takes: 'v' | 'sv';
  /** Of the values that a group has at one time, at least one. */
  reduce?: (values: readonly number[], parameter: number) => number;
  /** Instead of a value, the members that are first in this order. */
  order?: 1 | -1;
}

export const aggregations: Readonly<Record<string, AggregationFunction>> = {
  sum: { takes: 'v', reduce: sum },
  avg: { takes: 'v', reduce: mean },
  min: { takes: 'v', reduce: least },
  max: { takes: 'v', reduce: most },
  count: { takes: 'v', reduce: (values) => values.length },
  quantile: { takes: 'sv', reduce: quantile },
  topk: { takes: 'sv', order: -1 },
  bottomk: { takes: 'sv', order: 1 },
};

export const aggregate = (aggregation: Aggregation, columns: readonly Column[], parameter: Values = []): Column[] => {
  const { operator, isWithout, labels: names } = aggregation;
  const { reduce, order = 1 } = aggregations[operator] ?? {};
  const groups = groupBy(columns, (labels) =>
    isWithout ? dropLabels(labels, ['__name__', ...names]) : keepLabels(labels, names),
  );
  return [...groups.values()].flatMap(({ labels, members }) => {
    if (reduce === undefined) return first(members, order, parameter);
    const valueAt = (step: number): number | undefined => {
      const present = presentAt(members, step).map(({ values }) => values[step] ?? 0);
      return present.length > 0 ? reduce(present, parameter[step] ?? 0) : undefined;
    };
    return [{ labels, values: members[0]?.values.map((_, step) => valueAt(step)) ?? [] }];
  });
};

const first = (members: readonly Column[], order: 1 | -1, counts: Values): Column[] => {
  const chosen = counts.map((count = 0, step) => {
    if (!(Math.abs(count) < 2 ** 63)) throw new PromqlError('execution', `Scalar value ${count} overflows int64`);
    const at = ({ values }: Column): number => values[step] ?? 0;
    const sorted = presentAt(members, step).sort((a, b) => compareValues(at(a), at(b), order));
    return new Set(sorted.slice(0, Math.max(0, count)));
  });
  // Only an instant query, which has just one such set, shows the order.
  const ever = new Set(chosen.flatMap((set) => [...set]));
  return [...ever].map((one) => mapColumn(one, (value, step) => (chosen[step]?.has(one) ? value : undefined)));
};
