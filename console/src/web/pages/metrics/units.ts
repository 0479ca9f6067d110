import { formatDuration, formatNumber, formatPercent, formatRate } from '../../parts/format.js';

export type Unit = 'seconds' | 'bytes' | 'rate' | 'share' | 'number';

/** A value with its unit, as an axis and a legend show it. */
export const formatValue = (unit: Unit, value: number): string => {
  if (!Number.isFinite(value)) return formatNumber(value);
  switch (unit) {
    case 'seconds':
      return formatDuration(value * 1_000);
    case 'bytes':
      return formatBytes(value);
    case 'rate':
      return formatRate(value);
    case 'share':
      return formatPercent(value);
    case 'number':
      return formatNumber(value);
  }
};

/** The values of an axis, all of them in one unit. A logarithmic axis leaves some unsaid. */
export const formatTicks = (unit: Unit, ticks: readonly (number | null)[]): string[] => {
  const top = Math.max(...ticks.map((tick) => tick ?? 0));
  const format = (value: number): string => {
    if (value === 0) return '0';
    if (unit !== 'rate') return formatValue(unit, value);
    return top < 0.1 ? `${formatNumber(value * 60)}/min` : `${formatNumber(value)}/s`;
  };
  return ticks.map((tick) => (tick === null ? '' : format(tick)));
};

const formatBytes = (bytes: number): string => {
  const mebibytes = bytes / 1_048_576;
  if (Math.abs(mebibytes) >= 1) return `${formatNumber(mebibytes)}\u00a0MiB`;
  return Math.abs(bytes) >= 1_024 ? `${formatNumber(bytes / 1_024)}\u00a0KiB` : `${formatNumber(bytes)}\u00a0B`;
};

/** Guesses what an expression counts in, by the names that Prometheus recommends for metrics; `number` if they say nothing. */
export const inferUnit = (expression: string): Unit => {
  if (/\b(changes|resets|count|absent|count_over_time)\s*(by\b|without\b|\()/.test(expression)) return 'number';
  if (/:ratio|_ratio\b/.test(expression)) return 'share';
  const isQuotient = /[^\w{"]\/[^\w"]/.test(expression.replaceAll(/"[^"]*"/g, '""'));
  if (isQuotient) return 'number';
  if (/histogram_quantile\s*\(/.test(expression)) return /_bytes/.test(expression) ? 'bytes' : 'seconds';
  if (/\b(rate|irate)\s*\(/.test(expression)) return 'rate';
  if (/\b(increase|delta)\s*\(/.test(expression) && /_(count|total)\b/.test(expression)) return 'number';
  if (/_bytes\b/.test(expression)) return 'bytes';
  if (/_seconds(:\w+|_sum)?\b/.test(expression)) return 'seconds';
  return 'number';
};
