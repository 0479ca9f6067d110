/** Severity: `error` needs a person, `warn` the system helped itself, `info` business facts and access log, `debug` the rest. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type FieldValue = string | number | boolean | undefined;
/** Flat fields; the names are ECS names or start with `glasshouse.`. Undefined values are left out. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** Something that happened, in the past tense (`order.placed`). It becomes one log record and, by `tags`, part of the active span. */
export interface Fact {
  action: string;
  message: string;
  /** Default `info`. */
  level?: LogLevel | undefined;
  fields?: Fields | undefined;
  /** Put on the active span, if there is one. */
  tags?: Fields | undefined;
  /** Its code, message and (only if unexpected) stack are logged; nothing else of it. */
  error?: unknown;
}

/** One log record as plain data: ECS names, flat. */
export interface LogRecord {
  [ecsName: string]: unknown;
}

type PlainFields = Record<string, string | number | boolean>;

/** One finished span as plain data, whichever protocol it came by. */
export interface SpanRecord {
  service: string;
  name: string;
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  parentId?: string | undefined;
  /** `traceId:spanId` of each span this one follows from. */
  followsFrom?: string[] | undefined;
  /** Epoch microseconds. */
  startedAt: number;
  durationUs: number;
  tags: PlainFields;
  /** `at` in epoch microseconds. */
  logs: { at: number; fields: PlainFields }[];
  /** What Jaeger calls the tags of the process: version and instance of the service. Only of spans that were received. */
  processTags?: PlainFields;
}

/** Receives every log record and finished span as plain data, at once; for tests. */
export interface Capture {
  log(record: LogRecord): void;
  span(span: SpanRecord): void;
}

export interface TelemetryOptions {
  service: string;
  version: string;
  /** Default: host name and process id. */
  instanceId?: string | undefined;
  logLevel: LogLevel;
  /** `tcp://host:24224`; absent or empty: standard output only. */
  fluentdUrl?: string | undefined;
  tracer: 'jaeger' | 'otlp' | 'none';
  /** `http://host:14268/api/traces` */
  jaegerEndpoint?: string | undefined;
  /** `http://host:9411/api/v2/spans`: a second reporter beside Jaeger's. */
  zipkinEndpoint?: string | undefined;
  /** `http://host:4318/v1/traces` */
  otlpEndpoint?: string | undefined;
  /** 0 to 1: the share of new traces that is recorded. */
  sampleRatio: number;
  /** Default `process.stdout`; `false`: nowhere. Written asynchronously with a bound. */
  stdout?: NodeJS.WritableStream | false | undefined;
  capture?: Capture | undefined;
}

export interface Telemetry {
  /** States a fact: one log record with the caller's trace, request and user ids, stamped now. Never throws. */
  fact(fact: Fact): void;
  readonly logLevel: { get(): LogLevel; set(level: LogLevel): void };
  readonly tracing: Tracing;
  readonly metrics: Metrics;
  /** Flushes logs and spans, at most for this long; what is left then is counted as dropped. Idempotent, never rejects. */
  close(timeoutMs: number): Promise<void>;
}

/** What belongs to the work in hand, wherever it continues asynchronously. */
export interface Context {
  span?: Span | undefined;
  requestId?: string | undefined;
  userId?: string | undefined;
  /** Epoch milliseconds. */
  deadlineAt?: number | undefined;
  /** The user's Authorization header for onward calls; never logged. */
  authorization?: string | undefined;
}

export type SpanKind = 'server' | 'client' | 'internal';

/** A span anywhere in the system, by its ids. */
export interface SpanReference {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

export interface SpanOptions {
  /** Default `internal`. */
  kind?: SpanKind | undefined;
  component?: string | undefined;
  tags?: Fields | undefined;
  /** Default: the active span. `null`: a new trace. */
  parent?: SpanReference | Span | null | undefined;
  /** A reference to another trace or span, which is not the parent. */
  followsFrom?: SpanReference | undefined;
  /** Epoch milliseconds, fractions allowed. */
  startedAt?: number | undefined;
}

export interface Span extends SpanReference {
  setTag(key: string, value: FieldValue): void;
  addEvent(fields: Fields): void;
  /** `error=true` and an event with the error's kind, code and message. */
  setError(error: unknown): void;
  /** `endedAt`: epoch milliseconds, default now. Only the first call counts. */
  finish(endedAt?: number): void;
}

export interface Tracing {
  startSpan(name: string, options?: SpanOptions): Span;
  /** Runs `fn` with the span active and finishes it. A thrown error marks the span, unless it says `isExpected === true`. */
  withSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => Promise<T>): Promise<T>;
  /** Headers for an outgoing call: W3C traceparent, tracestate and baggage, B3 single and multi, uber-trace-id. */
  inject(span: SpanReference): Record<string, string>;
  /** Reads traceparent, then b3, X-B3-* and uber-trace-id. Whatever is malformed is as if it were absent. */
  extract(headers: Record<string, string | string[] | undefined>): SpanReference | undefined;
  parseTraceparent(value: string): SpanReference | undefined;
  toTraceparent(span: SpanReference): string;
}

export type LabelValue = string | number;
export type Labels = Readonly<Record<string, LabelValue>>;
/** Each label with its closed set of values; `dynamic`: values must be admitted before their first use. */
export type LabelSets = Readonly<Record<string, readonly string[] | 'dynamic'>>;

export interface MetricOptions {
  name: string;
  help: string;
  labels?: LabelSets | undefined;
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds, ascending; default: seconds from 5 ms to 10 s. */
  buckets?: readonly number[] | undefined;
}

interface Admitting {
  /** Adds a value to a `dynamic` label's set, before its first use. */
  admit(label: string, value: string): void;
}

export interface Counter extends Admitting {
  inc(labels?: Labels, by?: number): void;
}

export interface Gauge extends Admitting {
  set(value: number, labels?: Labels): void;
  inc(labels?: Labels): void;
  dec(labels?: Labels): void;
}

export interface Histogram extends Admitting {
  /** Attaches the active trace as exemplar, if it is sampled. */
  observe(value: number, labels?: Labels): void;
}

/**
 * One registry per service. A refused label value or a NaN never throws: the sample is dropped and counted in
 * `metric_samples_refused_total{metric}`. Wrong options do throw, at start.
 */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  /** `read` is called at each scrape. */
  observableGauge(options: MetricOptions, read: () => number | Promise<number>): void;
  histogram(options: HistogramOptions): Histogram;
  /** Prometheus text 0.0.4, or OpenMetrics 1.0 with exemplars if `accept` asks for it. */
  render(accept?: string): Promise<{ contentType: string; body: string }>;
}
