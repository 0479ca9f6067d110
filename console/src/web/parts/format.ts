import { toDurationText } from '../../analysis/duration.js';

/** Between a number and its unit: they are never parted by a line's end. */
const gap = '\u00a0';

/** A duration in the unit that a person would choose. @param ms milliseconds */
export const formatDuration = (ms: number): string =>
  Number.isFinite(ms) ? toDurationText(ms * 1_000).replaceAll(' ', gap) : '–';

/** A number with at most three digits that matter, `1.2k` from a thousand on. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return trim(value);
};

const trim = (value: number): string => {
  const size = Math.abs(value);
  const text = value.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
};

/** How often, per second or, if that is rare, per minute. @param perSecond events per second */
export const formatRate = (perSecond: number): string =>
  perSecond === 0 || perSecond >= 0.1 ? `${formatNumber(perSecond)}/s` : `${formatNumber(perSecond * 60)}/min`;

/** @param share 0 to 1 */
export const formatPercent = (share: number): string => {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent !== 0 && Math.abs(percent) < 0.01) return `${percent > 0 ? '<' : '>-'}0.01${gap}%`;
  return `${trim(percent)}${gap}%`;
};

/** Local time of day with milliseconds, `14:03:07.123`. @param atMs epoch milliseconds */
export const formatTime = (atMs: number): string => {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
};

/** Local date and time, `2026-11-22 14:03:07`. @param atMs epoch milliseconds */
export const formatDateTime = (atMs: number): string => {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${formatTime(atMs).slice(0, 8)}`;
};

/** How long ago, in one unit: `12 s`, `4 min`, `3 h`. */
export const formatAge = (atMs: number, nowMs: number): string => {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1_000));
  if (seconds < 60) return `${seconds}${gap}s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)}${gap}min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}${gap}h` : `${Math.round(seconds / 86_400)}${gap}d`;
};
