import { parser } from '@prometheus-io/lezer-promql';
import { parseDuration } from '../promql/literals.js';

/** Metrics are scraped each second; a range with fewer samples than this shows nothing but chance. */
const shortestRangeMs = 4_000;

/** At this scale five minutes, the shortest window of a burn rate, are those four seconds. */
export const maxTimeScale = 75;

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** Milliseconds of `1h30m`, and of `0`, which PromQL's own durations cannot be. Throws what is wrong. */
export const parseRuleDuration = (text: string): number => (/^0(ms|[smhdwy])?$/.test(text) ? 0 : parseDuration(text));

/** As Prometheus writes it, `1h30m`. */
export const formatDuration = (durationMs: number): string => {
  let rest = durationMs;
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count}${unit}` : '';
  });
  return parts.join('') || '0s';
};

/**
 * Divides every range, subquery step and offset of an expression by `scale`; numbers and texts stay as they are. Ranges
 * and steps stay at least 4 s long. The result is an expression again, so that everybody can see what is evaluated.
 */
export const scaleDurations = (expression: string, scale: number): string => {
  if (scale === 1) return expression;
  let scaled = '';
  let end = 0;
  parser.parse(expression).iterate({
    enter({ name, from, to, node }) {
      if (name !== 'NumberDurationLiteralInDurationContext') return;
      const isOffset = node.parent?.name === 'OffsetDurationExpr';
      const durationMs = Math.round(parseDuration(expression.slice(from, to)) / scale);
      scaled += expression.slice(end, from) + formatDuration(Math.max(isOffset ? 1 : shortestRangeMs, durationMs));
      end = to;
    },
  });
  return scaled + expression.slice(end);
};
