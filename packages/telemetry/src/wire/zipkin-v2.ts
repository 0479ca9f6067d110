import type { SpanRecord } from '../types.js';

type Json = Readonly<Record<string, unknown>>;

const traceId = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const spanId = /^[0-9a-f]{16}$/i;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (what: string): never => {
  throw new TypeError(`not a Zipkin v2 span: ${what}`);
};

const readId = (span: Json, name: string, pattern: RegExp): string => {
  const value = span[name];
  return typeof value === 'string' && pattern.test(value) ? value.toLowerCase() : refuse(name);
};

const readMicros = (span: Json, name: string): number => {
  const value = span[name] ?? 0;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : refuse(name);
};

const serviceNameOf = (endpoint: unknown): string | undefined =>
  isObject(endpoint) && typeof endpoint.serviceName === 'string' ? endpoint.serviceName : undefined;

const readTags = (span: Json): SpanRecord['tags'] => {
  const tags: SpanRecord['tags'] = {};
  if (typeof span.kind === 'string') tags['span.kind'] = span.kind.toLowerCase();
  const peer = serviceNameOf(span.remoteEndpoint);
  if (peer !== undefined) tags['peer.service'] = peer;
  const given = span.tags ?? {};
  if (!isObject(given)) return refuse('tags');
  for (const [key, value] of Object.entries(given)) tags[key] = String(value);
  return tags;
};

// Our own reporter writes an event's fields as JSON; others write any text.
const readFields = (value: string): SpanRecord['tags'] => {
  try {
    const fields: unknown = JSON.parse(value);
    if (isObject(fields)) return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, String(field)]));
  } catch {
    // Any text is a valid annotation.
  }
  return { event: value };
};

const readLogs = (span: Json): SpanRecord['logs'] => {
  const annotations = span.annotations ?? [];
  if (!Array.isArray(annotations)) return refuse('annotations');
  return annotations.filter(isObject).map((annotation) => ({
    at: readMicros(annotation, 'timestamp'),
    fields: readFields(String(annotation.value)),
  }));
};

const toRecord = (span: unknown): SpanRecord => {
  if (!isObject(span)) return refuse('no object');
  const record: SpanRecord = {
    service: serviceNameOf(span.localEndpoint) ?? 'unknown',
    name: typeof span.name === 'string' ? span.name : 'unknown',
    traceId: readId(span, 'traceId', traceId).padStart(32, '0'),
    spanId: readId(span, 'id', spanId),
    startedAt: readMicros(span, 'timestamp'),
    durationUs: readMicros(span, 'duration'),
    tags: readTags(span),
    logs: readLogs(span),
  };
  if (span.parentId !== undefined && span.parentId !== null) record.parentId = readId(span, 'parentId', spanId);
  return record;
};

/** Spans of a Zipkin v2 JSON list (https://zipkin.io/zipkin-api/#/default/post_spans). Throws a TypeError otherwise. */
export const decodeZipkinV2 = (json: unknown): SpanRecord[] =>
  Array.isArray(json) ? json.map(toRecord) : refuse('no list');
