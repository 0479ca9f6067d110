import { type MetricSample, parseMetrics, waitFor } from '@glasshouse/test-kit';
import type { Addresses, ServiceName } from './shop.js';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** Trace ids that it refers to without being their child. */
  readonly followsFrom: readonly string[];
  readonly service: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly startedAtUs: number;
  readonly durationUs: number;
}

export type LogLine = Readonly<Record<string, unknown>>;

/** What the shop leaves behind, read as a person with the usual tools would: by the APIs of Jaeger, Elasticsearch and Prometheus. */
export interface Evidence {
  /** The spans of a trace that have arrived by now. */
  spans(traceId: string): Promise<Span[]>;
  /** The spans of all traces of a service that have arrived by now. */
  spansOf(service: string): Promise<Span[]>;
  /** Log lines by an Elasticsearch query, oldest first. */
  logs(query: unknown): Promise<LogLine[]>;
  count(query: unknown): Promise<number>;
  /** Waits until nothing of a trace is on its way any more: all parents, all callees, and the span of each log line. */
  wholeTrace(traceId: string): Promise<{ spans: Span[]; logs: LogLine[] }>;
  scrape(service: ServiceName): Promise<MetricSample[]>;
  /** Sum of a metric's samples with these labels. */
  metric(service: ServiceName, name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Log lines or spans that the telemetry backend has taken in, each once. */
  received(what: 'log_records' | 'spans'): Promise<number>;
}

interface JaegerTrace {
  readonly spans: {
    readonly traceID: string;
    readonly spanID: string;
    readonly operationName: string;
    readonly references: { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
    readonly startTime: number;
    readonly duration: number;
    readonly tags: { readonly key: string; readonly value: unknown }[];
    readonly processID: string;
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

export const createEvidence = (addresses: () => Addresses): Evidence => {
  const spans: Evidence['spans'] = async (traceId) => {
    const response = await fetch(`${addresses().jaeger}/api/traces/${traceId}`);
    return response.ok ? toSpans(((await response.json()) as { data: JaegerTrace[] }).data) : [];
  };

  const search = async (path: string, body: unknown) => {
    const response = await fetch(`${addresses().elasticsearch}/glasshouse-logs-*/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  const logs: Evidence['logs'] = async (query) => {
    const found = (await search('_search', { size: 10_000, query, sort: [{ '@timestamp': 'asc' }] })) as {
      hits: { hits: { _source: LogLine }[] };
    };
    return found.hits.hits.map(({ _source }) => _source);
  };

  const scrapeUrl = async (url: string): Promise<MetricSample[]> => {
    const response = await fetch(url, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    return parseMetrics(await response.text());
  };

  const scrape: Evidence['scrape'] = (service) => scrapeUrl(`${addresses().admin[service]}/metrics`);

  return {
    spans,
    async spansOf(service) {
      const response = await fetch(`${addresses().jaeger}/api/traces?service=${service}&limit=1500&lookback=1h`);
      if (!response.ok) throw new Error(`traces: ${response.status} ${await response.text()}`);
      return toSpans(((await response.json()) as { data: JaegerTrace[] }).data);
    },
    logs,
    count: async (query) => ((await search('_count', { query })) as { count: number }).count,
    wholeTrace: (traceId) =>
      waitFor(
        `the whole of trace ${traceId}`,
        async () => {
          const found = { spans: await spans(traceId), logs: await logs({ term: { 'trace.id': traceId } }) };
          return isWhole(found.spans, found.logs) ? found : undefined;
        },
        30_000,
      ),
    scrape,
    async metric(service, name, labels = {}) {
      return sumOf(await scrape(service), name, labels);
    },
    async received(what) {
      const samples = await scrapeUrl(`${addresses().jaeger}/metrics`);
      // A batch whose acknowledgement was lost is sent again and told apart by its records' ids.
      const again = sumOf(samples, `embedded_${what}_gone_total`, { reason: 'duplicate' });
      return sumOf(samples, `embedded_${what}_received_total`) - again;
    },
  };
};

export const sumOf = (
  samples: readonly MetricSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number =>
  samples
    .filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);

const toSpans = (traces: readonly JaegerTrace[]): Span[] =>
  traces.flatMap(({ spans, processes }) =>
    spans.map((span) => ({
      traceId: span.traceID,
      spanId: span.spanID,
      parentId: span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
      followsFrom: span.references.filter(({ refType }) => refType === 'FOLLOWS_FROM').map(({ traceID }) => traceID),
      service: processes[span.processID]?.serviceName ?? '',
      name: span.operationName,
      tags: Object.fromEntries(span.tags.map(({ key, value }) => [key, value])),
      startedAtUs: span.startTime,
      durationUs: span.duration,
    })),
  );

/**
 * Each service sends its spans in batches of its own, oldest first, and its log lines by another way. So a trace is
 * whole once every call has its callee, every span its parent, every log line its span, and every request its log line.
 */
const isWhole = (spans: readonly Span[], logs: readonly LogLine[]): boolean => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const parents = new Set(spans.map(({ parentId }) => parentId));
  const logged = new Set(logs.filter((line) => line['event.action'] === 'http.request').map((line) => line['span.id']));
  return (
    spans.length > 0 &&
    spans.every(({ parentId }) => parentId === undefined || ids.has(parentId)) &&
    spans.every((span) => !isAnsweredCall(span) || parents.has(span.spanId)) &&
    spans.every((span) => span.tags['span.kind'] !== 'server' || logged.has(span.spanId)) &&
    logs.every((line) => ids.has(String(line['span.id'])))
  );
};

const isAnsweredCall = ({ tags }: Span): boolean =>
  tags['span.kind'] === 'client' && tags['peer.service'] !== undefined && tags['http.status_code'] !== undefined;

export const isError = ({ tags }: Span): boolean => tags.error === true || tags.error === 'true';

/** The chain from a span up to its root, the root first, each as `service name`. */
export const toAncestry = (spans: readonly Span[], span: Span): string[] => {
  const parent = spans.find(({ spanId }) => spanId === span.parentId);
  return [...(parent === undefined ? [] : toAncestry(spans, parent)), `${span.service} ${span.name}`];
};
