import { setQuery, useLocation } from './location.js';

/** A time as it stands in the URL: `now`, `now-15m`, or epoch milliseconds. */
export type TimeText = string;

export interface TimeRange {
  readonly from: TimeText;
  readonly to: TimeText;
  /** It ends now, so what it shows goes on. */
  readonly isLive: boolean;
  /** Epoch milliseconds of both ends, as of this moment. */
  resolve(nowMs?: number): { readonly startMs: number; readonly endMs: number };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns epoch milliseconds; undefined if it is no time */
export const parseTime = (text: TimeText, nowMs: number): number | undefined => {
  if (text === 'now') return nowMs;
  const relative = /^now-(\d{1,5})([smhd])$/.exec(text);
  if (relative !== null) return nowMs - Number(relative[1]) * (unitMs[relative[2] ?? ''] ?? 0);
  return /^\d{12,14}$/.test(text) ? Number(text) : undefined;
};

/** A range that makes no sense falls back to the last 15 minutes. */
export const toTimeRange = (from: TimeText, to: TimeText): TimeRange => {
  const startMs = parseTime(from, 0);
  const endMs = parseTime(to, 0);
  const isValid =
    startMs !== undefined && endMs !== undefined && (to === 'now' ? startMs !== 0 : from !== 'now' && startMs < endMs);
  if (!isValid) return toTimeRange('now-15m', 'now');
  return {
    from,
    to,
    isLive: to === 'now',
    resolve: (nowMs = Date.now()) => ({
      startMs: parseTime(from, nowMs) ?? nowMs,
      endMs: parseTime(to, nowMs) ?? nowMs,
    }),
  };
};

/** The time range in the URL's `from` and `to`. */
export const useTimeRange = (defaultFrom: TimeText = 'now-15m'): TimeRange => {
  const { query } = useLocation();
  return toTimeRange(query.get('from') ?? defaultFrom, query.get('to') ?? 'now');
};

export const setTimeRange = (from: TimeText | number, to: TimeText | number): void =>
  setQuery({ from: toText(from), to: to === 'now' ? undefined : toText(to) });

const toText = (time: TimeText | number): TimeText => (typeof time === 'number' ? String(Math.round(time)) : time);
