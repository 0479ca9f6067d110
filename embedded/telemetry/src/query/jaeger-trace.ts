import type { SpanRecord } from '@glasshouse/telemetry/wire';

type Plain = Readonly<Record<string, string | number | boolean>>;

/** One trace in the JSON of Jaeger's query API (model/json/model.go). */
export const toJaegerTrace = (spans: readonly SpanRecord[]) => {
  // One for each instance of a service.
  const idOf = ({ service, processTags = {} }: SpanRecord): string => JSON.stringify([service, processTags]);
  const processes = [...new Map(spans.map((span) => [idOf(span), span])).entries()];
  const ids = new Map(processes.map(([id], index) => [id, `p${index + 1}`]));
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
      processID: ids.get(idOf(span)) ?? '',
      warnings: null,
    })),
    processes: Object.fromEntries(
      processes.map(([id, { service, processTags = {} }]) => [
        ids.get(id) ?? '',
        { serviceName: service, tags: toKeyValues(processTags) },
      ]),
    ),
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
