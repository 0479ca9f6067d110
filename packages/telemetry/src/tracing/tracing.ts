import { followsFrom, type Span as OpenTracingSpan, SpanContext, type Tracer } from 'opentracing';
import { createSpanClock, type SpanClock } from '../clock.js';
import { currentContext, runInContext } from '../context.js';
import { describeError, isExpectedError } from '../describe-error.js';
import type { Fields, FieldValue, Span, SpanOptions, SpanReference, Tracing } from '../types.js';
import { type Carried, extract, inject, parseTraceparent, toTraceparent } from './propagation.js';
import { REFERENCE_FORMAT } from './tracer.js';

const MAX_EVENTS = 100;

interface MutableReference {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

interface Timing {
  clock: SpanClock;
  startedAt: number;
  /** Reading of the monotonic clock; absent if the start was given. */
  startedElapsed: number | undefined;
}

class ActiveSpan implements Span, Carried {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  private events = 0;
  private hasError = false;
  private isFinished = false;

  constructor(
    readonly inner: OpenTracingSpan,
    private readonly timing: Timing,
    readonly tracestate: string | undefined,
    readonly baggage: string | undefined,
  ) {
    const reference: MutableReference = { traceId: '', spanId: '', sampled: false };
    inner.tracer().inject(inner, REFERENCE_FORMAT, reference);
    this.traceId = reference.traceId;
    this.spanId = reference.spanId;
    this.sampled = reference.sampled;
  }

  setTag(key: string, value: FieldValue): void {
    if (value !== undefined && this.isWritable()) this.inner.setTag(key, value);
  }

  addEvent(fields: Fields): void {
    if (!this.isWritable() || this.events >= MAX_EVENTS) return;
    this.events++;
    this.inner.log({ ...fields }, this.timing.clock.now());
  }

  setError(error: unknown): void {
    if (this.hasError || !this.isWritable()) return;
    this.hasError = true;
    const { kind, code, message } = describeError(error);
    this.setTag('error', true);
    this.addEvent({ event: 'error', 'error.kind': kind, 'error.code': code, 'error.message': message });
  }

  finish(endedAt?: number): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.inner.finish(Math.max(endedAt ?? this.now(), this.timing.startedAt));
  }

  // Measured by the monotonic clock wherever possible, so that a corrected system time bends no duration.
  private now(): number {
    const { clock, startedAt, startedElapsed } = this.timing;
    return startedElapsed === undefined ? clock.now() : startedAt + clock.elapsed() - startedElapsed;
  }

  private isWritable(): boolean {
    return this.sampled && !this.isFinished;
  }
}

/** The facade that services see; behind it any OpenTracing tracer that reads and writes REFERENCE_FORMAT. */
export const createTracing = (tracer: Tracer): Tracing => {
  const clock = createSpanClock();

  const contextOf = (reference: SpanReference | null): SpanContext =>
    reference instanceof ActiveSpan
      ? reference.inner.context()
      : (tracer.extract(REFERENCE_FORMAT, reference) ?? new SpanContext());

  const startSpan = (name: string, options: SpanOptions = {}): Span => {
    const parent = options.parent === undefined ? (currentContext()?.span ?? null) : options.parent;
    const { tracestate, baggage } = (parent ?? {}) as Carried;
    const tags: Record<string, FieldValue> = { 'span.kind': options.kind ?? 'internal' };
    if (options.component !== undefined) tags.component = options.component;
    const startedElapsed = options.startedAt === undefined ? clock.elapsed() : undefined;
    const startedAt = options.startedAt ?? clock.now();
    const inner = tracer.startSpan(name, {
      childOf: contextOf(parent),
      references: options.followsFrom === undefined ? [] : [followsFrom(contextOf(options.followsFrom))],
      tags: Object.assign(tags, options.tags),
      startTime: startedAt,
    });
    return new ActiveSpan(inner, { clock, startedAt, startedElapsed }, tracestate, baggage);
  };

  return {
    startSpan,
    async withSpan(name, options, fn) {
      const span = startSpan(name, options);
      try {
        return await runInContext({ ...currentContext(), span }, () => fn(span));
      } catch (error) {
        if (!isExpectedError(error)) span.setError(error);
        throw error;
      } finally {
        span.finish();
      }
    },
    inject,
    extract,
    parseTraceparent,
    toTraceparent,
  };
};
