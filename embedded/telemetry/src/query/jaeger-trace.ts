import type { SpanRecord } from '@glasshouse/telemetry/wire';

type Plain = Readonly<Record<string, string | number | boolean>>;

/** One trace in the JSON of Jaeger's query API (model/json/model.go). */
export const toJaegerTrace = (spans: readonly SpanRecord[]) => {
  const processes = [...new Set(spans.map(({ service }) => service))];
  return {
    traceID: shortId(spans[0]?.traceId ?? ''),
    spans: spans.map((span) => ({
      traceID: shortId(span.traceId),
      spanID: span.spanId,
      operationName: span.name,
      references: toReferences(span),
      startTime: span.startedAt,
      duration: span.durationUs,
      tags: toKeyValues(span.tags),
      logs: span.logs.map(({ at, fields }) => ({ timestamp: at, fields: toKeyValues(fields) })),
      processID: `p${processes.indexOf(span.service) + 1}`,
      warnings: null,
    })),
    processes: Object.fromEntries(processes.map((serviceName, index) => [`p${index + 1}`, { serviceName, tags: [] }])),
    warnings: null,
  };
};

// Jaeger leaves out the upper half of an id if it is zero.
const shortId = (traceId: string): string => (traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId);

const toReferences = (span: SpanRecord) => {
  const parent = span.parentId ? [{ refType: 'CHILD_OF', traceID: shortId(span.traceId), spanID: span.parentId }] : [];
  const others = (span.followsFrom ?? []).map((reference) => {
    const [traceId = '', spanID = ''] = reference.split(':');
    return { refType: 'FOLLOWS_FROM', traceID: shortId(traceId), spanID };
  });
  return [...parent, ...others];
};

const toKeyValues = (fields: Plain) =>
  Object.entries(fields).map(([key, value]) => ({ key, type: typeOf(value), value }));

const typeOf = (value: string | number | boolean): string => {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Number.isInteger(value) ? 'int64' : 'float64';
};
