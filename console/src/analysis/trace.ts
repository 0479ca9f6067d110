/** What stands in a tag of a span or a field of its events. */
export type TagValue = string | number | boolean;

/** A span of another or the same trace that this one names; the one it is a child of is `parentId`. */
export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
}

export interface SpanEvent {
  /** Epoch microseconds. */
  readonly atUs: number;
  readonly fields: Readonly<Record<string, TagValue>>;
}

export interface Span {
  readonly spanId: string;
  /** Absent: nothing in its own trace caused it. Named, it may still be missing from the trace. */
  readonly parentId?: string;
  /** FOLLOWS_FROM: what led to it without waiting for it, as the first trace of an order that a recovery finishes. */
  readonly references: readonly SpanReference[];
  readonly service: string;
  /** The operation, `POST /api/orders`. */
  readonly name: string;
  /** Epoch microseconds, by the clock of the process that made it. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly tags: Readonly<Record<string, TagValue>>;
  readonly events: readonly SpanEvent[];
  readonly isError: boolean;
}

/** The spans of one request that have arrived by now. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** In the order of their start; never empty. */
  readonly spans: readonly Span[];
  /** From the first start to the last end. */
  readonly startUs: number;
  readonly durationUs: number;
}

/** Calls from one service to another. */
export interface Edge {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

export const endOf = (span: Span): number => span.startUs + span.durationUs;

/** A tag as text; empty if it is not there. */
export const textTag = (span: Span, name: string): string => {
  const value = span.tags[name];
  return value === undefined ? '' : String(value);
};

/** Puts the spans of one trace in order. Undefined without any. */
export const toTrace = (traceId: string, spans: readonly Span[]): Trace | undefined => {
  if (spans.length === 0) return undefined;
  const sorted = [...spans].sort((a, b) => a.startUs - b.startUs || b.durationUs - a.durationUs);
  const startUs = sorted[0]?.startUs ?? 0;
  const endUs = sorted.reduce((latest, span) => Math.max(latest, endOf(span)), startUs);
  return { traceId: toFullTraceId(traceId), spans: sorted, startUs, durationUs: endUs - startUs };
};

/** Jaeger leaves leading zeros out; logs and headers write all 32 digits. */
export const toFullTraceId = (traceId: string): string => traceId.toLowerCase().padStart(32, '0');
