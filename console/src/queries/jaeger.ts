import {
  type Edge,
  type Span,
  type SpanReference,
  type TagValue,
  type Trace,
  toFullTraceId,
  toTrace,
} from '../analysis/trace.js';
import { BackendError } from './backend-error.js';
import { type RequestOptions, requestJson } from './request-json.js';

/** What a search for traces asks: all of it must be true of one span of the trace. */
export interface TraceSearch {
  readonly service: string;
  readonly operation?: string;
  /** Compared as text. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly minDurationUs?: number;
  readonly maxDurationUs?: number;
  /** Epoch microseconds, both ends included; when the span started. */
  readonly startUs: number;
  readonly endUs: number;
  /** At most 1,500; the newest are found. */
  readonly limit: number;
}

export interface JaegerClient {
  services(options?: RequestOptions): Promise<string[]>;
  operations(service: string, options?: RequestOptions): Promise<string[]>;
  /** The newest first. */
  traces(search: TraceSearch, options?: RequestOptions): Promise<Trace[]>;
  trace(traceId: string, options?: RequestOptions): Promise<Trace | undefined>;
  /** Who called whom how often in the time before `endMs` (epoch milliseconds). */
  dependencies(endMs: number, lookbackMs: number, options?: RequestOptions): Promise<Edge[]>;
}

interface KeyValue {
  readonly key: string;
  readonly type?: string;
  readonly value: unknown;
}

interface JaegerSpan {
  readonly spanID: string;
  readonly operationName: string;
  readonly references?:
    | readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[]
    | null;
  readonly startTime: number;
  readonly duration: number;
  readonly tags?: readonly KeyValue[] | null;
  readonly logs?: readonly { readonly timestamp: number; readonly fields: readonly KeyValue[] }[] | null;
  readonly processID: string;
}

interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

/**
 * Jaeger's query API as its own page asks it (cmd/query/app/http_handler.go in Jaeger's sources).
 * @param baseUrl what stands before `/services`, such as `http://127.0.0.1:16686/api`
 */
export const createJaegerClient = (baseUrl: string): JaegerClient => {
  const get = async <T>(path: string, options?: RequestOptions): Promise<T[]> => {
    const answer = (await requestJson('jaeger', `${baseUrl}${path}`, options)) as { readonly data?: T[] | null };
    return answer.data ?? [];
  };
  return {
    services: async (options) => (await get<string>('/services', options)).sort(),
    async operations(service, options) {
      return (await get<string>(`/services/${encodeURIComponent(service)}/operations`, options)).sort();
    },
    async traces(search, options) {
      const found = await get<JaegerTrace>(`/traces?${toParameters(search)}`, options);
      return found.flatMap((trace) => readTrace(trace) ?? []);
    },
    async trace(traceId, options) {
      try {
        const [found] = await get<JaegerTrace>(`/traces/${encodeURIComponent(traceId)}`, options);
        return found && readTrace(found);
      } catch (error) {
        if (error instanceof BackendError && error.status === 404) return undefined;
        throw error;
      }
    },
    async dependencies(endMs, lookbackMs, options) {
      const path = `/dependencies?endTs=${Math.round(endMs)}&lookback=${Math.round(lookbackMs)}`;
      // Jaeger 2, when it keeps traces in memory, counts the spans inside of a service as calls to itself.
      return (await get<Edge>(path, options)).filter(({ parent, child }) => parent !== child);
    },
  };
};

const toParameters = (search: TraceSearch): URLSearchParams => {
  const { service, operation, tags = {}, minDurationUs, maxDurationUs, startUs, endUs, limit } = search;
  const parameters = new URLSearchParams({
    service,
    start: String(Math.floor(startUs)),
    end: String(Math.ceil(endUs)),
    limit: String(limit),
  });
  if (operation !== undefined) parameters.set('operation', operation);
  if (Object.keys(tags).length > 0) parameters.set('tags', JSON.stringify(tags));
  if (minDurationUs !== undefined) parameters.set('minDuration', `${Math.round(minDurationUs)}us`);
  if (maxDurationUs !== undefined) parameters.set('maxDuration', `${Math.round(maxDurationUs)}us`);
  return parameters;
};

/** Jaeger's JSON (model/json/model.go) as the pages use it. Undefined for a trace without spans. */
const readTrace = ({ traceID, spans, processes }: JaegerTrace): Trace | undefined =>
  toTrace(
    traceID,
    spans.map((span) => readSpan(span, toFullTraceId(traceID), processes[span.processID]?.serviceName ?? '')),
  );

const readSpan = (span: JaegerSpan, traceId: string, service: string): Span => {
  const references = (span.references ?? []).map(({ refType, traceID, spanID }) => ({
    isParent: refType === 'CHILD_OF',
    reference: { traceId: toFullTraceId(traceID), spanId: spanID } satisfies SpanReference,
  }));
  const parent = references.find(({ isParent, reference }) => isParent && reference.traceId === traceId)?.reference;
  const tags = readFields(span.tags ?? []);
  return {
    spanId: span.spanID,
    ...(parent === undefined ? {} : { parentId: parent.spanId }),
    references: references.map(({ reference }) => reference).filter((reference) => reference !== parent),
    service,
    name: span.operationName,
    startUs: span.startTime,
    durationUs: span.duration,
    tags,
    events: (span.logs ?? []).map(({ timestamp, fields }) => ({ atUs: timestamp, fields: readFields(fields) })),
    isError: tags.error === true || tags.error === 'true',
  };
};

const readFields = (fields: readonly KeyValue[]): Record<string, TagValue> =>
  Object.fromEntries(fields.map(({ key, value }) => [key, readValue(value)]));

const readValue = (value: unknown): TagValue => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value) ?? '';
};
