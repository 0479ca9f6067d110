import { joinBytes } from '../byte-writer.js';
import type { SpanRecord } from '../types.js';
import { frameJson, type ServiceIdentity, type SpanEncoder } from './span-encoder.js';

type Value = string | number | boolean;

// enum SpanKind and StatusCode of opentelemetry/proto/trace/v1/trace.proto
const kinds: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3 };
const INTERNAL = 1;
const STATUS_ERROR = 2;

const toAnyValue = (value: Value) => {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // 64-bit integers are texts in Protocol Buffers' JSON.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

const toAttributes = (tags: Readonly<Record<string, Value>>) =>
  Object.entries(tags).map(([key, value]) => ({ key, value: toAnyValue(value) }));

const toNanos = (micros: number): string => `${micros}000`;

const toOtlp = (span: SpanRecord) => {
  const { 'span.kind': kind, error, ...tags } = span.tags;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentId,
    name: span.name,
    kind: kinds[String(kind)] ?? INTERNAL,
    startTimeUnixNano: toNanos(span.startedAt),
    endTimeUnixNano: toNanos(span.startedAt + span.durationUs),
    attributes: toAttributes(tags),
    events: span.logs.map(({ at, fields: { event, ...fields } }) => ({
      timeUnixNano: toNanos(at),
      name: String(event ?? 'event'),
      attributes: toAttributes(fields),
    })),
    links: span.followsFrom?.map((reference) => ({ traceId: reference.slice(0, 32), spanId: reference.slice(33) })),
    status: error === true ? { code: STATUS_ERROR } : {},
  };
};

/** OTLP over HTTP in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export const createOtlpEncoder = ({ service, version, instanceId }: ServiceIdentity): SpanEncoder => {
  const attributes = toAttributes({
    'service.name': service,
    'service.version': version,
    'service.instance.id': instanceId,
  });
  const prefix = `{"resourceSpans":[{"resource":${JSON.stringify({ attributes })},"scopeSpans":[{"scope":{"name":"glasshouse"},"spans":[`;
  return {
    contentType: 'application/json',
    encodeSpan: (span) => Buffer.from(JSON.stringify(toOtlp(span))),
    frameBatch: (spans) => joinBytes(frameJson(prefix, spans, ']}]}]}')),
  };
};
