type Kept = readonly [total: number, lost: number];

/** Keeps what rounding loses beside the sum (Kahan's way, improved by Neumaier). */
const add = ([total, lost]: Kept, value: number): Kept => {
  const next = total + value;
  const [more, less] = Math.abs(total) >= Math.abs(value) ? [total, value] : [value, total];
  return [next, lost + (more - next + less)];
};
const whole = ([total, lost]: Kept): number => (Number.isFinite(total) ? total + lost : total);

/** As all of these, of at least one value. */
export const sum = (values: readonly number[]): number => whole(values.reduce<Kept>(add, [0, 0]));

/** Step by step, so that what is near the largest number does not overflow. */
export const mean = (values: readonly number[]): number => {
  const step = (kept: Kept, value: number, index: number): Kept => {
    const [now] = kept;
    // An infinite mean stays what it is, but for the opposite infinity and NaN.
    const isOver = Math.abs(now) === Number.POSITIVE_INFINITY && (Number.isFinite(value) || value === now);
    return isOver ? kept : add(kept, value / (index + 1) - now / (index + 1));
  };
  return whole(values.reduce<Kept>(step, [0, 0]));
};

export const variance = (values: readonly number[]): number => {
  const average = mean(values);
  return mean(values.map((value) => (value - average) ** 2));
};

export const least = (values: readonly number[]): number => values.reduce((a, b) => (a > b || Number.isNaN(a) ? b : a));
export const most = (values: readonly number[]): number => values.reduce((a, b) => (a < b || Number.isNaN(a) ? b : a));

/** In order of the value, NaN last. */
export const compareValues = (a: number, b: number, order: 1 | -1): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : (a < b ? -1 : 1) * order;
};

/** What a quantile is for a share that is none. */
const outside = (share: number): number | undefined => {
  if (share < 0) return Number.NEGATIVE_INFINITY;
  return share > 1 ? Number.POSITIVE_INFINITY : Number.isNaN(share) ? share : undefined;
};

/** Interpolated between two values; NaN is the smallest here. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => -compareValues(a, b, -1));
  const rank = share * (sorted.length - 1);
  const [below = 0, above = below] = sorted.slice(Math.floor(rank));
  return outside(share) ?? below * (1 - (rank % 1)) + above * (rank % 1);
};

type Buckets = { bound: number; count: number | undefined }[];

/** Of cumulative counts by ascending upper bound. Linear inside a bucket; the lowest is taken to start at zero. */
export const bucketQuantile = (all: Buckets, share: number): number | undefined => {
  const buckets: { bound: number; count: number }[] = [];
  for (const { bound, count } of all) {
    const last = buckets.at(-1);
    if (last?.bound === bound) last.count += count ?? 0;
    else if (count !== undefined) buckets.push({ bound, count });
  }
  // Buckets that were not scraped together may decrease.
  for (const [index, bucket] of buckets.entries()) {
    const before = buckets[index - 1]?.count ?? bucket.count;
    if (bucket.count < before) bucket.count = before;
  }
  const [lastFinite, total] = buckets.slice(-2);
  if (buckets.length === 0 || outside(share) !== undefined) return buckets.length === 0 ? undefined : outside(share);
  if (total?.bound !== Number.POSITIVE_INFINITY || total.count === 0 || lastFinite === undefined) return Number.NaN;
  const rank = share * total.count;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { bound, count } = buckets[index] ?? total;
  if (bound === total.bound) return lastFinite.bound;
  if (index === 0 && bound <= 0) return bound;
  const below = buckets[index - 1] ?? { bound: 0, count: 0 };
  return below.bound + (bound - below.bound) * ((rank - below.count) / (count - below.count));
};
