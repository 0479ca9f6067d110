import type { LogLine } from './log-line.js';

export interface HeldLines {
  /** The newest first, each once. */
  readonly lines: readonly LogLine[];
  /** How many of the oldest had to go. */
  readonly dropped: number;
}

export const noLines: HeldLines = { lines: [], dropped: 0 };

/** Adds lines that have arrived, in whatever order and maybe again; the oldest go where there are more than `most`. */
export const addLines = (held: HeldLines, arrived: readonly LogLine[], most: number): HeldLines => {
  const known = new Set(held.lines.map(({ id }) => id));
  const fresh = arrived.filter(({ id }) => !known.has(id) && known.add(id));
  if (fresh.length === 0) return held;
  const lines = [...held.lines, ...fresh].sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1));
  return { lines: lines.slice(0, most), dropped: held.dropped + Math.max(0, lines.length - most) };
};

/**
 * Where the next look for new lines begins, as `search_after` of a search sorted by time and event id: some seconds
 * before the newest line, since each service sends its lines in batches of its own.
 */
export const tailCursor = ({ lines }: HeldLines, nowMs: number, lateMs = 5_000): readonly [number, string] => [
  Math.min(lines[0]?.atMs ?? nowMs, nowMs) - lateMs,
  '',
];
