import { dropLabels } from '../store/metrics-labels.js';
import { type Column, createColumn, put } from './columns.js';

// NaN comes first here, as in Prometheus.
const ascending = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(b)) - Number(Number.isNaN(a)) : a - b;

const outside = (share: number): number | undefined => {
  if (Number.isNaN(share)) return share;
  return share < 0 ? Number.NEGATIVE_INFINITY : share > 1 ? Number.POSITIVE_INFINITY : undefined;
};

/** Between two values it is interpolated. */
export const quantile = (share: number, values: Float64Array): number => {
  const sorted = values.slice().sort(ascending);
  const rank = share * (sorted.length - 1);
  const [low, weight] = [Math.floor(rank), rank - Math.floor(rank)];
  const [below = 0, above = below] = sorted.subarray(low);
  return outside(share) ?? below * (1 - weight) + above * weight;
};

interface Bucket {
  bound: number;
  count: number;
}

/** Cumulative counts by upper bound, ascending. Linear inside a bucket; the lowest is taken to start at zero. */
const bucketQuantile = (share: number, counted: readonly Bucket[]): number => {
  const buckets: Bucket[] = [];
  for (const { bound, count } of counted) {
    const last = buckets.at(-1);
    if (last?.bound === bound) last.count += count;
    else buckets.push({ bound, count });
  }
  // Buckets that were not scraped together may decrease.
  for (const [index, bucket] of buckets.entries())
    if (bucket.count < (buckets[index - 1]?.count ?? bucket.count)) bucket.count = buckets[index - 1]?.count ?? 0;
  const [total, beforeLast] = [buckets.at(-1), buckets.at(-2)];
  if (total?.bound !== Number.POSITIVE_INFINITY || beforeLast === undefined || total.count === 0) return Number.NaN;
  const rank = share * total.count;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const found = buckets[index] ?? total;
  if (found === total) return beforeLast.bound;
  if (index === 0 && found.bound <= 0) return found.bound;
  const { bound: start, count: before } = buckets[index - 1] ?? { bound: 0, count: 0 };
  return start + (found.bound - start) * ((rank - before) / (found.count - before));
};

const parseBound = (text = ''): number => {
  const infinite = /^([-+]?)inf$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
};

/** Of every group of series that differ in nothing but `le`. A series whose `le` is no number does not count. */
export const histogramQuantile = (shares: Float64Array, columns: readonly Column[]): Column[] => {
  const groups = new Map<string, { bound: number; column: Column }[]>();
  for (const column of columns) {
    const bound = parseBound(column.labels.le);
    const key = JSON.stringify(dropLabels(column.labels, ['le']));
    if (!Number.isNaN(bound)) groups.set(key, [...(groups.get(key) ?? []), { bound, column }]);
  }
  return [...groups.values()].map((group) => {
    group.sort((a, b) => a.bound - b.bound);
    const result = createColumn(dropLabels(group[0]?.column.labels ?? {}, ['__name__', 'le']), shares.length);
    for (const [step, share] of shares.entries()) {
      const present = group.filter(({ column }) => column.has[step] === 1);
      const buckets = present.map(({ bound, column }) => ({ bound, count: column.values[step] ?? 0 }));
      if (buckets.length > 0) put(result, step, outside(share) ?? bucketQuantile(share, buckets));
    }
    return result;
  });
};
