import type { Scalar, Segment } from '../../store/segment.js';
import { ElasticError, type Json } from './errors.js';

/** Sees the rows that match, segment by segment, and then answers. */
export interface Aggregator {
  visit(segment: Segment): (row: number) => void;
  result(): Json;
}
export type Create = () => Aggregator;

const maxBuckets = 65_536;

/** How many buckets a search may still make. */
export interface Budget {
  left: number;
}

export const createBudget = (): Budget => ({ left: maxBuckets });

export interface Bucket {
  key: Scalar;
  count: number;
  below: Aggregator | undefined;
  /** For the segment that is being visited. */
  visitBelow: ((row: number) => void) | undefined;
}

export const createBuckets = (below: Create | undefined, budget: Budget) => {
  const buckets = new Map<Scalar, Bucket>();
  return {
    all: (): Bucket[] => [...buckets.values()],
    find: (key: Scalar): Bucket => {
      const known = buckets.get(key);
      if (known !== undefined) return known;
      spend(budget, 1);
      const bucket = { key, count: 0, below: below?.(), visitBelow: undefined };
      buckets.set(key, bucket);
      return bucket;
    },
    /** Adds rows of one segment to buckets. */
    visit: (segment: Segment): ((bucket: Bucket, row: number) => void) => {
      for (const bucket of buckets.values()) bucket.visitBelow = undefined;
      return (bucket, row) => {
        bucket.count++;
        if (bucket.below === undefined) return;
        bucket.visitBelow ??= bucket.below.visit(segment);
        bucket.visitBelow(row);
      };
    },
  };
};

const spend = (budget: Budget, buckets: number): void => {
  budget.left -= buckets;
  if (budget.left >= 0) return;
  const reason = `Trying to create too many buckets. Must be less than or equal to: [${maxBuckets}].`;
  throw new ElasticError('too_many_buckets_exception', reason);
};

export const toBucket = ({ key, count, below }: Bucket, isDate: boolean): Json => ({
  ...(isDate && typeof key === 'number' ? { key_as_string: new Date(key).toISOString() } : {}),
  ...(typeof key === 'boolean' ? { key: key ? 1 : 0, key_as_string: String(key) } : { key }),
  doc_count: count,
  ...below?.result(),
});

interface Grid {
  interval: number;
  /** Buckets that are to be there even if nothing is beyond them. */
  edges: readonly number[];
  create: (key: number) => Bucket;
  budget: Budget;
}

// A time without documents is a fact too: the buckets between the first and the last one are told with 0.
export const filled = (found: readonly Bucket[], { interval, edges, create, budget }: Grid): Bucket[] => {
  const keys = [...found.map(({ key }) => Number(key)), ...edges];
  if (keys.length === 0) return [];
  const first = keys.reduce((a, b) => Math.min(a, b));
  const last = keys.reduce((a, b) => Math.max(a, b));
  const count = (last - first) / interval + 1;
  spend(budget, count - found.length);
  const byKey = new Map(found.map((bucket) => [bucket.key, bucket]));
  const grid = Array.from({ length: count }, (_, index) => first + index * interval);
  return grid.map((key) => byKey.get(key) ?? create(key));
};

export const inOrder = (buckets: Bucket[]): Json[] =>
  buckets.sort((a, b) => Number(a.key) - Number(b.key)).map((bucket) => toBucket(bucket, true));
