import { type Span as JaegerSpan, ProbabilisticSampler, SpanContext, Tracer } from 'jaeger-client';
import { type Tracer as OpenTracingTracer, REFERENCE_FOLLOWS_FROM } from 'opentracing';
import { cleanValue } from '../logs/log-record.js';
import type { SpanRecord, SpanReference } from '../types.js';

// This is the one file that knows which tracer runs. Another one takes its place by implementing OpenTracing's Tracer
// with the carrier format below, and by handing each finished, sampled span to `onFinish`.

/** A carrier of this format is a SpanReference (to extract: or null, which gives the parent of a new trace). */
export const REFERENCE_FORMAT = 'glasshouse_reference';

export interface TracerOptions {
  service: string;
  sampleRatio: number;
  onFinish(span: SpanRecord): void;
}

const MAX_TAG_LENGTH = 2_048;
const SAMPLED = 1;
const padTraceId = (id: string | null): string => (id ?? '').padStart(32, '0');
const padSpanId = (id: string | null): string => (id ?? '').padStart(16, '0');

type Tags = SpanRecord['tags'];

const toTags = (list: readonly { key: string; value: unknown }[]): Tags => {
  const tags: Tags = {};
  for (const { key, value } of list) {
    const clean = cleanValue(value as Tags[string], MAX_TAG_LENGTH);
    if (clean !== undefined) tags[key] = clean;
  }
  return tags;
};

const toMicros = (ms: number): number => Math.round(ms * 1000);

const toRecord = (span: JaegerSpan): SpanRecord => {
  const context = span.context();
  const record: SpanRecord = {
    service: span.serviceName,
    name: span.operationName,
    traceId: padTraceId(context.traceIdStr),
    spanId: padSpanId(context.spanIdStr),
    startedAt: toMicros(span._startTime),
    durationUs: Math.max(0, toMicros(span._duration)),
    tags: toTags(span._tags),
    logs: span._logs.map((log) => ({ at: toMicros(log.timestamp), fields: toTags(log.fields) })),
  };
  const { parentIdStr } = context;
  if (typeof parentIdStr === 'string') record.parentId = padSpanId(parentIdStr);
  const followed = span._references.filter((reference) => reference.type() === REFERENCE_FOLLOWS_FROM);
  if (followed.length > 0) {
    record.followsFrom = followed.map((reference) => {
      const { traceIdStr, spanIdStr } = reference.referencedContext() as SpanContext;
      return `${padTraceId(traceIdStr)}:${padSpanId(spanIdStr)}`;
    });
  }
  return record;
};

/** Throws if the ratio is not between 0 and 1. */
export const createTracer = ({ service, sampleRatio, onFinish }: TracerOptions): OpenTracingTracer => {
  const reporter = {
    name: () => 'glasshouse',
    report: (span: JaegerSpan) => onFinish(toRecord(span)),
    close: (callback?: () => void) => callback?.(),
    setProcess: () => undefined,
  };
  const tracer = new Tracer(service, reporter, new ProbabilisticSampler(sampleRatio), { traceId128bit: true });
  tracer.registerExtractor(REFERENCE_FORMAT, {
    extract: (carrier) => {
      if (carrier === null) return new SpanContext();
      const { traceId, spanId, sampled } = carrier as SpanReference;
      return SpanContext.withStringIds(traceId, spanId, null, sampled ? SAMPLED : 0);
    },
  });
  tracer.registerInjector(REFERENCE_FORMAT, {
    inject: (context, carrier) => {
      Object.assign(carrier, {
        traceId: padTraceId(context.traceIdStr),
        spanId: padSpanId(context.spanIdStr),
        sampled: context.isSampled(),
      });
    },
  });
  return tracer;
};
