import type { Shop } from './shop.js';
import type { WaterfallLog, WaterfallSpan } from './waterfall.js';

interface JaegerSpan {
  spanID: string;
  operationName: string;
  references: { refType: string; spanID: string }[];
  startTime: number;
  duration: number;
  tags: { key: string; value: unknown }[];
  processID: string;
}

interface JaegerTrace {
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string }>;
}

interface LogHit {
  _source: Record<string, unknown>;
}

/** The spans of a trace that have arrived by now, by Jaeger's query API. */
const fetchSpans = async (shop: Shop, traceId: string): Promise<WaterfallSpan[]> => {
  const response = await fetch(`${shop.addresses.jaeger}/api/traces/${traceId}`);
  if (!response.ok) return [];
  const trace = ((await response.json()) as { data: JaegerTrace[] }).data[0];
  return (trace?.spans ?? []).map((span) => ({
    spanId: span.spanID,
    parentId: span.references.find((reference) => reference.refType === 'CHILD_OF')?.spanID,
    service: trace?.processes[span.processID]?.serviceName ?? '',
    name: span.operationName,
    startedAtUs: span.startTime,
    durationUs: span.duration,
    isError: span.tags.some((tag) => tag.key === 'error' && (tag.value === true || tag.value === 'true')),
  }));
};

/** The log lines of a trace that have arrived by now, oldest first, by Elasticsearch's search API. */
const fetchLogs = async (shop: Shop, traceId: string): Promise<WaterfallLog[]> => {
  const response = await fetch(`${shop.addresses.elasticsearch}/glasshouse-logs-*/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ size: 500, query: { term: { 'trace.id': traceId } }, sort: [{ '@timestamp': 'asc' }] }),
  });
  if (!response.ok) return [];
  const { hits } = (await response.json()) as { hits: { hits: LogHit[] } };
  return hits.hits.map(({ _source: record }) => ({
    spanId: String(record['span.id'] ?? ''),
    atUs: Date.parse(String(record['@timestamp'])) * 1000,
    service: String(record['service.name'] ?? ''),
    level: String(record['log.level'] ?? ''),
    message: String(record.message ?? ''),
  }));
};

/**
 * Waits until a trace is whole: its root and every parent are there, and nothing has arrived for a while. Spans and
 * log lines travel in batches, a fraction of a second after the answer.
 */
export const waitForTrace = async (
  shop: Shop,
  traceId: string,
  deadlineMs = 10_000,
): Promise<{ spans: WaterfallSpan[]; logs: WaterfallLog[] }> => {
  const deadlineAt = Date.now() + deadlineMs;
  let previousSize = -1;
  let settledRounds = 0;
  for (;;) {
    const [spans, logs] = await Promise.all([fetchSpans(shop, traceId), fetchLogs(shop, traceId)]);
    const size = spans.length + logs.length;
    settledRounds = size === previousSize && isConnected(spans) ? settledRounds + 1 : 0;
    previousSize = size;
    if (settledRounds >= 4 || Date.now() > deadlineAt) return { spans, logs };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
};

const isConnected = (spans: readonly WaterfallSpan[]): boolean => {
  const ids = new Set(spans.map((span) => span.spanId));
  const roots = spans.filter((span) => span.parentId === undefined || !ids.has(span.parentId));
  return roots.length === 1 && roots[0]?.parentId === undefined;
};
