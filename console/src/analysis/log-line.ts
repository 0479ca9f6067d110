/** A value of a field; an object is taken apart into fields with dots in their names. */
export type FieldValue = string | number | boolean | null | readonly unknown[];

/** One log record, as Elasticsearch tells it. */
export interface LogLine {
  /** Unique, and the same each time the line is found. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** error, warn, info or debug; empty if the record has none. */
  readonly level: string;
  readonly service: string;
  readonly message: string;
  /** The fact, `order.placed`; empty if the record states none. */
  readonly fact: string;
  readonly traceId?: string;
  readonly spanId?: string;
  /** All fields by their ECS names, those above included. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Where the line stands in a sorted search: pass it as `search_after` to go on behind it. */
  readonly cursor: readonly (string | number | null)[];
}

/** A field as text; empty if it is not there. */
export const textField = (line: LogLine, name: string): string => {
  const value = line.fields[name];
  return value === undefined || value === null ? '' : String(value);
};

/**
 * Reads a hit of a search. Shippers send `{"log.level": "info"}` or `{"log": {"level": "info"}}`; both are the field
 * `log.level`.
 */
export const toLogLine = (hit: {
  readonly _id?: unknown;
  readonly _source?: unknown;
  readonly sort?: unknown;
}): LogLine => {
  // Not by assignment: a field may be named like a part of every object.
  const fields: Record<string, FieldValue> = Object.fromEntries(flatten('', hit._source));
  const text = (name: string): string => (fields[name] === undefined ? '' : String(fields[name]));
  const [traceId, spanId] = [text('trace.id'), text('span.id')];
  return {
    id: String(hit._id ?? text('event.id')),
    atMs: toEpochMs(fields['@timestamp']),
    level: text('log.level'),
    service: text('service.name'),
    message: text('message'),
    fact: text('event.action'),
    ...(traceId === '' ? {} : { traceId }),
    ...(spanId === '' ? {} : { spanId }),
    fields,
    cursor: Array.isArray(hit.sort) ? hit.sort : [],
  };
};

const flatten = (prefix: string, value: unknown): [string, FieldValue][] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? flatten(`${prefix}${key}.`, inner)
      : [[prefix + key, inner as FieldValue]],
  );
};

const toEpochMs = (value: FieldValue | undefined): number => {
  const ms = typeof value === 'number' ? value : Date.parse(String(value));
  return Number.isNaN(ms) ? 0 : ms;
};
