import { type MutableFields, toFields } from './fields.js';
import { createRing } from './ring.js';
import type { Segment, Value } from './segment.js';

const timeField = '@timestamp';
const idField = 'event.id';

export interface StoreStats {
  received: number;
  duplicate: number;
  refused: number;
  evicted: number;
  held: number;
  bytes: number;
}

export interface LogStore {
  readonly segments: readonly Segment[];
  /** `fallbackTime` in epoch milliseconds, for a record without a readable `@timestamp`. */
  add(record: object, fallbackTime: number): 'stored' | 'duplicate' | 'refused';
  has(id: string): boolean;
  stats(): StoreStats;
}

/** Reads the documents of a segment as they were sent, nested objects under dotted names. */
export const sourceReader = (segment: Segment): ((row: number) => Record<string, Value>) => {
  const sent = segment.storedReader(timeField);
  const fields = [...segment.fields].map((field) => [field, segment.storedReader(field)] as const);
  return (row) => {
    const source: Record<string, Value> = { [timeField]: sent(row) ?? new Date(segment.times[row] ?? 0).toISOString() };
    for (const [field, read] of fields) {
      const value = read(row);
      if (value !== undefined) source[field] = value;
    }
    return source;
  };
};

/** The record's own id, or its number in the order of arrival. */
export const idOf = (segment: Segment, row: number): string => {
  const id = segment.storedReader(idField)(row);
  return typeof id === 'string' ? id : `${segment.firstSequence + row}`;
};

export interface LogStoreOptions {
  maxBytes: number;
  /** Told of the trace of every error record. */
  onError: (traceId: string) => void;
}

/** Log records, oldest out first. A record whose `event.id` is held already is a second delivery and is not stored. */
export const createLogStore = ({ maxBytes, onError }: LogStoreOptions): LogStore => {
  const ids = new Set<string>();
  const counts = { received: 0, duplicate: 0, refused: 0, evicted: 0 };
  const ring = createRing({
    timeField,
    maxBytes,
    // An entry of the set is about 40 bytes; the id itself is counted with its column.
    besides: () => ids.size * 40,
    onEvict: (segment) => {
      counts.evicted += segment.rows;
      for (const id of segment.words(idField)) if (typeof id === 'string') ids.delete(id);
    },
  });

  return {
    segments: ring.segments,
    has: (id) => ids.has(id),
    add(record, fallbackTime) {
      counts.received++;
      const fields = toFields(record);
      if (fields === undefined) {
        counts.refused++;
        return 'refused';
      }
      const id = fields[idField];
      if (typeof id === 'string') {
        if (ids.has(id)) {
          counts.duplicate++;
          return 'duplicate';
        }
        ids.add(id);
      }
      const traceId = fields['trace.id'];
      if (fields['log.level'] === 'error' && typeof traceId === 'string') onError(traceId);
      ring.add(takeTime(fields) ?? fallbackTime, fields);
      return 'stored';
    },
    stats: () => ({
      ...counts,
      held: ring.segments.reduce((sum, segment) => sum + segment.rows, 0),
      bytes: ring.bytes,
    }),
  };
};

// A time in the usual form is not kept twice: its text can be made again from the number.
const takeTime = (fields: MutableFields): number | undefined => {
  const sent = fields[timeField];
  const date = new Date(typeof sent === 'number' || typeof sent === 'string' ? sent : Number.NaN);
  const time = date.getTime();
  if (Number.isNaN(time)) return undefined;
  if (date.toISOString() === sent) fields[timeField] = undefined;
  return time;
};
