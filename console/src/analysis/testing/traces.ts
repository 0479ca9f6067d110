import fc from 'fast-check';
import { type Span, type TagValue, type Trace, toTrace } from '../trace.js';

export interface SpanOptions {
  readonly parent?: string;
  /** Milliseconds after the start of the trace. */
  readonly at?: number;
  /** Milliseconds. */
  readonly takes?: number;
  readonly service?: string;
  readonly name?: string;
  readonly kind?: 'client' | 'server' | 'internal';
  readonly isError?: boolean;
  /** Of the error's event. */
  readonly code?: string;
  readonly tags?: Readonly<Record<string, TagValue>>;
  readonly references?: Span['references'];
}

/** When the traces of tests begin, epoch microseconds. */
export const testStartUs = 1_795_370_000_000_000;
export const testTraceId = '4781ee61c33e32de7f91f2f9f9d5b7d8';

export const span = (spanId: string, options: SpanOptions = {}): Span => {
  const { parent, at = 0, takes = 1, service = 'order', name = spanId, kind, code, references = [] } = options;
  const isError = options.isError ?? code !== undefined;
  const startUs = testStartUs + at * 1000;
  const fields = { event: 'error', 'error.code': code ?? '', 'error.message': `It is ${code}.` };
  return {
    spanId,
    ...(parent === undefined ? {} : { parentId: parent }),
    references,
    service,
    name,
    startUs,
    durationUs: takes * 1000,
    tags: {
      ...(kind === undefined ? {} : { 'span.kind': kind }),
      ...(isError ? { error: true } : {}),
      ...options.tags,
    },
    events: code === undefined ? [] : [{ atUs: startUs + takes * 1000, fields }],
    isError,
  };
};

export const traceOf = (...spans: readonly Span[]): Trace => {
  const trace = toTrace(testTraceId, spans);
  if (trace === undefined) throw new Error('a trace needs a span');
  return trace;
};

/** Traces of any shape: parents that are missing or come later, cycles, children outside of their parents, several roots. */
export const anyTrace: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      parent: fc.option(fc.nat(24), { nil: undefined }),
      at: fc.nat(100),
      takes: fc.nat(60),
      service: fc.constantFrom('gateway', 'order', 'payment'),
      kind: fc.constantFrom('client' as const, 'server' as const, 'internal' as const),
      isError: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((spans) =>
    traceOf(
      ...spans.map(({ parent, ...rest }, index) =>
        span(`s${index}`, {
          ...rest,
          name: `name ${index % 3}`,
          ...(parent === undefined ? {} : { parent: `s${parent}` }),
        }),
      ),
    ),
  );
