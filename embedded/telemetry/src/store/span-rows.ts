import type { SpanRecord } from '@glasshouse/telemetry/wire';
import { type Fields, narrow, type Scalar, type Segment } from './segment.js';
import type { SpanQuery } from './spans.js';

/** Tags are columns beside a span's own fields. */
export const tagPrefix = 'tag.';
/** And so are those of the process that it ran in. */
export const processPrefix = 'process.';

/** The spans of a segment that a query asks for. */
export const matching = (segment: Segment, query: SpanQuery): Uint8Array => {
  const { minDurationUs = 0, maxDurationUs = Number.POSITIVE_INFINITY } = query;
  const conditions: [string, (value: Scalar) => boolean][] = [
    ['service', (value) => value === query.service],
    ['startedAt', (value) => Number(value) >= query.start && Number(value) <= query.end],
    ['durationUs', (value) => Number(value) >= minDurationUs && Number(value) <= maxDurationUs],
  ];
  if (query.name !== undefined) conditions.push(['name', (value) => value === query.name]);
  const mask = segment.all();
  for (const [field, test] of conditions) narrow(mask, segment.match(field, test));
  for (const [key, text] of Object.entries(query.tags)) {
    const tagged = segment.match(tagPrefix + key, (value) => String(value) === text);
    segment.matchInto(tagged, 'logs', (logs) => hasLogField(String(logs), key, text));
    narrow(mask, tagged);
  }
  return mask;
};

const hasLogField = (logs: string, key: string, text: string): boolean =>
  logs.includes(JSON.stringify(key)) &&
  (JSON.parse(logs) as SpanRecord['logs']).some(({ fields }) => key in fields && String(fields[key]) === text);

export const textReader = (segment: Segment, field: string): ((row: number) => string) => {
  const read = segment.reader(field);
  return (row) => {
    const value = read(row);
    return typeof value === 'string' ? value : '';
  };
};

export const fieldsOf = (segment: Segment, row: number): Fields =>
  Object.fromEntries([...segment.fields].map((field) => [field, segment.storedReader(field)(row)]));

export const spanReader = (segment: Segment): ((row: number) => SpanRecord) => {
  const text = (field: string) => textReader(segment, field);
  const [traceId, spanId, parentId] = [text('traceId'), text('spanId'), text('parentId')];
  const [service, name, logs] = [text('service'), text('name'), text('logs')];
  const [durationUs, followsFrom] = [segment.reader('durationUs'), segment.reader('followsFrom')];
  const [tagsOf, processTagsOf] = [tagPrefix, processPrefix].map((prefix) => fieldsReader(segment, prefix));
  return (row) => {
    const span: SpanRecord = {
      traceId: traceId(row),
      spanId: spanId(row),
      parentId: parentId(row) || undefined,
      followsFrom: followsFrom(row) as string[] | undefined,
      service: service(row),
      name: name(row),
      startedAt: segment.times[row] ?? 0,
      durationUs: Number(durationUs(row) ?? 0),
      tags: tagsOf?.(row) ?? {},
      logs: JSON.parse(logs(row) || '[]') as SpanRecord['logs'],
    };
    const processTags = processTagsOf?.(row) ?? {};
    return Object.keys(processTags).length > 0 ? { ...span, processTags } : span;
  };
};

/** Reads the fields of a row whose names begin so. */
const fieldsReader = (segment: Segment, prefix: string): ((row: number) => SpanRecord['tags']) => {
  const fields = [...segment.fields].filter((field) => field.startsWith(prefix));
  const readers = fields.map((field) => [field.slice(prefix.length), segment.reader(field)] as const);
  return (row) => {
    const found: SpanRecord['tags'] = {};
    for (const [key, read] of readers) {
      const value = read(row);
      if (value !== undefined) found[key] = value as string | number | boolean;
    }
    return found;
  };
};
