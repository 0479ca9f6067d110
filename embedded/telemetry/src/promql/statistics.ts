const isInfinite = (value: number): boolean => Math.abs(value) === Number.POSITIVE_INFINITY;

/** A sum that, if `isKept`, keeps what rounding loses beside it (Kahan's, improved by Neumaier). */
export class Sum {
  value = 0;
  private lost = 0;

  constructor(private readonly isKept: boolean) {}

  add(value: number): void {
    const next = this.value + value;
    const [more, less] = Math.abs(this.value) >= Math.abs(value) ? [this.value, value] : [value, this.value];
    if (this.isKept) this.lost += more - next + less;
    this.value = next;
  }

  get total(): number {
    return this.value + this.lost;
  }
}

/** As Prometheus does it: `isKept` over time, not over series. So in the next ones, of at least one value. */
export const sum = (values: readonly number[], isKept: boolean): number => {
  const all = new Sum(isKept);
  for (const value of values) all.add(value);
  return isInfinite(all.value) ? all.value : all.total;
};

export const mean = (values: readonly number[], isKept: boolean): number => {
  const average = new Sum(isKept);
  for (const [index, value] of values.entries()) {
    // An infinite mean stays what it is, but for the opposite infinity and NaN.
    if (isInfinite(average.value) && (Number.isFinite(value) || value === average.value)) continue;
    average.add(value / (index + 1) - average.value / (index + 1));
  }
  return isInfinite(average.value) ? average.value : average.total;
};

/** Welford's. */
export const variance = (values: readonly number[], isKept: boolean): number => {
  const [average, squares] = [new Sum(isKept), new Sum(isKept)];
  for (const [index, value] of values.entries()) {
    const difference = value - average.total;
    average.add(difference / (index + 1));
    squares.add(difference * (value - average.total));
  }
  return squares.total / values.length;
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
