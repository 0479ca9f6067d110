import type { Segment } from '../../store/segment.js';
import type { Clause } from './clause.js';
import { ElasticError } from './errors.js';

const prefix = 'glasshouse-logs-';

/** One index per UTC day, as Fluentd's Elasticsearch output names them. */
export const indexOf = (time: number): string =>
  prefix + new Date(time).toISOString().slice(0, 10).replaceAll('-', '.');

/** The index names that are held, with their numbers of documents. */
export const countByIndex = (segments: readonly Segment[]): Map<string, number> => {
  const counts = new Map<number, number>();
  for (const segment of segments) {
    for (let row = 0; row < segment.rows; row++) {
      const day = dayOf(segment.times[row] ?? 0);
      counts.set(day, (counts.get(day) ?? 0) + 1);
    }
  }
  return new Map([...counts].sort(([a], [b]) => a - b).map(([day, count]) => [indexOf(day * dayMs), count]));
};

const dayMs = 86_400_000;
const dayOf = (time: number): number => Math.floor(time / dayMs);

/**
 * The rows of the indices that a name, a list or a pattern means. A plain name that is not held is refused, unless
 * `ignoreUnavailable`.
 */
export const withinIndices = (target: string, segments: readonly Segment[], ignoreUnavailable: boolean): Clause => {
  const names = target.split(',');
  if (names.some((name) => ['_all', '*', `${prefix}*`, 'glasshouse-*'].includes(name)))
    return (segment) => segment.all();
  const held = countByIndex(segments);
  for (const name of names) {
    if (name.includes('*') || held.has(name) || ignoreUnavailable) continue;
    throw new ElasticError('index_not_found_exception', `no such index [${name}]`, 404);
  }
  const patterns = names.map(
    (name) => new RegExp(`^${name.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replace(/\*+/g, '.*')}$`),
  );
  const known = new Map<number, number>();
  const isMeant = (day: number): number => {
    const cached = known.get(day);
    if (cached !== undefined) return cached;
    const meant = patterns.some((pattern) => pattern.test(indexOf(day * dayMs))) ? 1 : 0;
    known.set(day, meant);
    return meant;
  };
  return (segment) => Uint8Array.from({ length: segment.rows }, (_, row) => isMeant(dayOf(segment.times[row] ?? 0)));
};
