import type { Exemplar } from '../../../queries/prometheus.js';

/** As many columns as dots can lie beside each other and be hit one by one. */
const columns = 48;
const perColumn = 2;

interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** Chooses what to show of thousands: in each stretch of time the slowest, which somebody will ask for, and a usual one. */
export const pickExemplars = (exemplars: readonly Exemplar[], { startMs, endMs }: TimeSpan): Exemplar[] => {
  const byColumn = new Map<number, Exemplar[]>();
  const known = new Set<string>();
  for (const exemplar of exemplars) {
    const { atMs, traceId, value } = exemplar;
    const key = `${traceId} ${value}`;
    if (atMs < startMs || atMs > endMs || known.has(key)) continue;
    known.add(key);
    const column = Math.floor(((atMs - startMs) / Math.max(1, endMs - startMs)) * columns);
    byColumn.set(column, [...(byColumn.get(column) ?? []), exemplar]);
  }
  return [...byColumn.values()].flatMap((column) => {
    const sorted = column.sort((a, b) => b.value - a.value);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return [...new Set([sorted[0], middle])].filter((each) => each !== undefined).slice(0, perColumn);
  });
};
