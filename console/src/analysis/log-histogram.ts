/** Milliseconds that a bar may stand for. */
const intervals = [
  100, 250, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 21_600_000, 86_400_000,
];

/** The shortest interval that divides a time into no more than so many bars. All in milliseconds. */
export const chooseInterval = (startMs: number, endMs: number, maxBars = 60): number =>
  intervals.find((interval) => (endMs - startMs) / interval <= maxBars) ??
  Math.ceil((endMs - startMs) / maxBars / 86_400_000) * 86_400_000;

/** The levels from the bottom of a bar to its top: what needs a person stands on the ground. */
export const levels = ['error', 'warn', 'info', 'debug', 'other'] as const;
export type Level = (typeof levels)[number];

export interface Bar {
  readonly startMs: number;
  readonly total: number;
  readonly counts: Readonly<Record<Level, number>>;
}

interface TimeBucket {
  readonly key: string | number;
  readonly doc_count: number;
  readonly [name: string]: unknown;
}

/** The answer of a date_histogram with terms of `log.level` named `levels` below it; every interval of the time has a bar. */
export const toBars = (
  buckets: readonly TimeBucket[],
  { startMs, endMs, intervalMs }: { readonly startMs: number; readonly endMs: number; readonly intervalMs: number },
): Bar[] => {
  const byStart = new Map(buckets.map((bucket) => [Number(bucket.key), bucket]));
  const bars: Bar[] = [];
  for (let at = Math.floor(startMs / intervalMs) * intervalMs; at < endMs; at += intervalMs) {
    bars.push(toBar(at, byStart.get(at)));
  }
  return bars;
};

const toBar = (startMs: number, bucket: TimeBucket | undefined): Bar => {
  const total = bucket?.doc_count ?? 0;
  const below = (bucket?.levels ?? {}) as { readonly buckets?: readonly TimeBucket[] };
  const counts: Record<Level, number> = { error: 0, warn: 0, info: 0, debug: 0, other: 0 };
  for (const { key, doc_count } of below.buckets ?? []) {
    const level = levels.find((each) => each === key) ?? 'other';
    counts[level] += doc_count;
  }
  counts.other += Math.max(0, total - levels.reduce((sum, level) => sum + counts[level], 0));
  return { startMs, total, counts };
};
