import type { Segment } from '../../store/segment.js';
import { type Clause, matchAll } from './clause.js';
import { ElasticError } from './errors.js';
import { dateField } from './field-types.js';

const prefix = 'glasshouse-logs-';

/** One index per UTC day, as Fluentd's Elasticsearch output names them. */
export const indexOf = (time: number): string =>
  prefix + new Date(time).toISOString().slice(0, 10).replaceAll('-', '.');

/** The index names that are held, with their numbers of documents. */
export const countByIndex = (segments: readonly Segment[]): ReadonlyMap<string, number> => {
  const counts = new Map<number, number>();
  const add = (day: number, rows: number): Map<number, number> => counts.set(day, (counts.get(day) ?? 0) + rows);
  for (const segment of segments) {
    const times = segment.times.subarray(0, segment.rows);
    const first = dayOf(times.reduce((a, b) => Math.min(a, b)));
    const last = dayOf(times.reduce((a, b) => Math.max(a, b)));
    // Nearly every segment is of one day.
    if (first === last) add(first, segment.rows);
    else for (const time of times) add(dayOf(time), 1);
  }
  return new Map([...counts].sort(([a], [b]) => a - b).map(([day, count]) => [indexOf(day * dayMs), count]));
};

const dayMs = 86_400_000;
const dayOf = (time: number): number => Math.floor(time / dayMs);

/** Whether an index name is meant by a name, a list or a pattern. */
export const indexTest = (target: string): ((index: string) => boolean) => {
  const names = target.split(',').map((name) => (name === '_all' ? '*' : name));
  const sources = names.map((name) => name.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replace(/\*+/g, '.*'));
  const meant = new RegExp(`^(${sources.join('|')})$`);
  return (index) => meant.test(index);
};

/** The rows of those of the held indices that are meant. A plain name that is not held is refused. */
export const withinIndices = (target: string, held: readonly string[], ignoreUnavailable: boolean): Clause => {
  const isMeant = indexTest(target);
  const missing = target.split(',').find((name) => !name.includes('*') && name !== '_all' && !held.includes(name));
  if (missing !== undefined && !ignoreUnavailable) {
    throw new ElasticError('index_not_found_exception', `no such index [${missing}]`, 404);
  }
  if (held.every(isMeant)) return matchAll;
  const meant = new Set(held.filter(isMeant));
  return (segment) => segment.match(dateField, (time) => meant.has(indexOf(Number(time))));
};
