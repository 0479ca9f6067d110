import { dropLabels, keepLabels } from '../store/metrics-labels.js';
import { type Column, createColumn, put } from './columns.js';
import { quantile } from './quantiles.js';
import { type Aggregation, PromqlError } from './types.js';

interface AggregationFunction {
  takes: 'v' | 'sv';
  /** Of the values that a group has at one time, at least one. */
  reduce?: (values: Float64Array, parameter: number) => number;
  /** Instead of a value, those of the group that come first in this order. */
  order?: 1 | -1;
}

// Welford's method, in Prometheus' order of operations.
const variance = (values: Float64Array): number => {
  let [mean = 0, sum] = [values[0], 0];
  for (let index = 1; index < values.length; index++) {
    const difference = (values[index] ?? 0) - mean;
    mean += difference / (index + 1);
    sum += difference * ((values[index] ?? 0) - mean);
  }
  return sum / values.length;
};

const mean = (values: Float64Array): number => {
  let [average = 0] = values;
  for (let index = 1; index < values.length; index++) {
    const value = values[index] ?? 0;
    // An infinite mean stays what it is, but for the opposite infinity and NaN.
    if (!Number.isFinite(average) && (Number.isFinite(value) || value === average)) continue;
    average += value / (index + 1) - average / (index + 1);
  }
  return average;
};

/** `takes` are the first letters of the types of arguments. */
export const aggregations: Readonly<Record<string, AggregationFunction>> = {
  sum: { takes: 'v', reduce: (values) => values.reduce((sum, value) => sum + value) },
  avg: { takes: 'v', reduce: mean },
  min: { takes: 'v', reduce: (values) => values.reduce((a, b) => (a > b || Number.isNaN(a) ? b : a)) },
  max: { takes: 'v', reduce: (values) => values.reduce((a, b) => (a < b || Number.isNaN(a) ? b : a)) },
  count: { takes: 'v', reduce: (values) => values.length },
  group: { takes: 'v', reduce: () => 1 },
  stdvar: { takes: 'v', reduce: variance },
  stddev: { takes: 'v', reduce: (values) => Math.sqrt(variance(values)) },
  quantile: { takes: 'sv', reduce: (values, share) => quantile(share, values) },
  topk: { takes: 'sv', order: -1 },
  bottomk: { takes: 'sv', order: 1 },
};

export const aggregate = (
  { operator, grouping }: Aggregation,
  columns: readonly Column[],
  parameter?: Float64Array,
): Column[] => {
  const { reduce, order = 1 } = aggregations[operator] ?? {};
  const { isWithout, labels: names } = grouping;
  const groups = new Map<string, { labels: Column['labels']; members: Column[] }>();
  for (const column of columns) {
    const labels = isWithout ? dropLabels(column.labels, ['__name__', ...names]) : keepLabels(column.labels, names);
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    group.members.push(column);
    groups.set(key, group);
  }
  if (reduce === undefined) return [...groups.values()].flatMap(({ members }) => first(members, order, parameter));
  return [...groups.values()].map(({ labels, members }) => {
    const result = createColumn(labels, members[0]?.values.length ?? 0);
    const present = new Float64Array(members.length);
    for (let step = 0; step < result.values.length; step++) {
      let count = 0;
      for (const { values, has } of members) if (has[step] === 1) present[count++] = values[step] ?? 0;
      if (count > 0) put(result, step, reduce(present.subarray(0, count), parameter?.[step] ?? 0));
    }
    return result;
  });
};

/** In order of the value, not a number last. */
export const compareValues = (a: number, b: number, order: 1 | -1): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : (a < b ? -1 : 1) * order;
};

const first = (members: readonly Column[], order: 1 | -1, counts: Float64Array | undefined): Column[] => {
  const results = new Map(members.map((member) => [member, createColumn(member.labels, member.values.length)]));
  let ranked: Column[] = [];
  for (const [step, count] of counts?.entries() ?? []) {
    if (!(Math.abs(count) < 2 ** 63)) throw new PromqlError('execution', `Scalar value ${count} overflows int64`);
    const valueOf = ({ values }: Column): number => values[step] ?? 0;
    ranked = members.filter(({ has }) => has[step] === 1).sort((a, b) => compareValues(valueOf(a), valueOf(b), order));
    for (const member of ranked.slice(0, Math.max(0, count))) put(results.get(member) ?? member, step, valueOf(member));
  }
  // An instant query shows them in this order.
  return [...ranked, ...members.filter((member) => !ranked.includes(member))].flatMap(
    (member) => results.get(member) ?? [],
  );
};
