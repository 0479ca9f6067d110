export type Outcome = 'browsed' | 'confirmed' | 'accepted' | 'out of stock' | 'failed';

/** Counts outcomes and keeps latencies for the live line and the final table. */
export interface Tally {
  outcome(outcome: Outcome): void;
  repeated(): void;
  /** Milliseconds one request took, answered or not. */
  latency(ms: number): void;
  count(outcome: Outcome): number;
  toLine(seconds: number): string;
  toTable(): string;
}

/** The live line speaks of the latest requests, so that a change shows at once. */
const recentCount = 500;

export const createTally = (): Tally => {
  const outcomes = new Map<Outcome, number>();
  const latencies: number[] = [];
  let repeats = 0;
  const done = (): number => [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  return {
    outcome: (outcome) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
    repeated() {
      repeats++;
    },
    latency: (ms) => void latencies.push(ms),
    count: (outcome) => outcomes.get(outcome) ?? 0,
    toLine(seconds) {
      const counts = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
      return `${(done() / seconds).toFixed(1)}/s  ${toQuantiles(latencies.slice(-recentCount))}  ${counts}, repeated ${repeats}`;
    },
    toTable: () =>
      [...[...outcomes].map(([outcome, count]) => [outcome, count] as const), ['repeated', repeats] as const]
        .map(([name, count]) => `  ${name.padEnd(14)} ${count}`)
        .concat(`  latency        ${toQuantiles(latencies)}`)
        .join('\n'),
  };
};

const toQuantiles = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (quantile: number): string =>
    sorted.length === 0
      ? '-'
      : `${(sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0).toFixed(0)} ms`;
  return `p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}`;
};
