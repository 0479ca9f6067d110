import type { SpanReference } from '../types.js';

export type Headers = Record<string, string | string[] | undefined>;

/** What travels with a span's ids without being looked at. */
export interface Carried {
  tracestate?: string | undefined;
  baggage?: string | undefined;
}

export type RemoteReference = SpanReference & Carried;

const SAMPLED = 1;
const DEBUG = 2;
const MAX_TRACESTATE_LENGTH = 512;
const MAX_BAGGAGE_LENGTH = 8_192;

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const b3TraceId = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const b3SpanId = /^[0-9a-f]{16}$/i;
const b3Single = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i;
const uberTraceId = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:([0-9a-f]{1,2})$/i;
const onlyZeros = /^0+$/;
const printable = /^[\x20-\x7e]+$/;

// A header that came twice is as good as malformed: nobody knows which one is meant.
const single = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  if (Array.isArray(value)) return value.length === 1 ? value[0] : undefined;
  return value;
};

const list = (headers: Headers, name: string, maxLength: number): string | undefined => {
  const value = headers[name];
  const text = (Array.isArray(value) ? value.join(',') : value)?.trim();
  return text !== undefined && text.length <= maxLength && printable.test(text) ? text : undefined;
};

const toReference = (traceId: string, spanId: string, sampled: boolean): SpanReference | undefined => {
  if (onlyZeros.test(traceId) || onlyZeros.test(spanId)) return undefined;
  return {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    spanId: spanId.toLowerCase().padStart(16, '0'),
    sampled,
  };
};

/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may append, so what follows is ignored. */
export const parseTraceparent = (value: string): SpanReference | undefined => {
  const [, version, traceId, spanId, flags, rest] = traceparent.exec(value) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  return toReference(traceId, spanId, (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED);
};

/** https://www.w3.org/TR/trace-context/#traceparent-header */
export const toTraceparent = ({ traceId, spanId, sampled }: SpanReference): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

// Without a decision in B3 the receiver decides; what reaches this point is worth seeing.
const parseB3Single = (value: string): SpanReference | undefined => {
  const [, traceId, spanId, decision] = b3Single.exec(value) ?? [];
  return traceId === undefined || spanId === undefined ? undefined : toReference(traceId, spanId, decision !== '0');
};

const parseB3Multi = (headers: Headers): SpanReference | undefined => {
  const traceId = single(headers, 'x-b3-traceid');
  const spanId = single(headers, 'x-b3-spanid');
  if (traceId === undefined || spanId === undefined || !b3TraceId.test(traceId) || !b3SpanId.test(spanId)) {
    return undefined;
  }
  const decision = single(headers, 'x-b3-sampled');
  return toReference(
    traceId,
    spanId,
    single(headers, 'x-b3-flags') === '1' || (decision !== '0' && decision !== 'false'),
  );
};

// Jaeger's clients drop leading zeros, and some encode the colons.
const parseUber = (value: string): SpanReference | undefined => {
  const [, traceId, spanId, flags] = uberTraceId.exec(value.replaceAll(/%3a/gi, ':')) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return toReference(traceId, spanId, (Number.parseInt(flags, 16) & (SAMPLED | DEBUG)) !== 0);
};

const parseWith = (value: string | undefined, parse: (value: string) => SpanReference | undefined) =>
  value === undefined ? undefined : parse(value.trim());

/** The caller's span by lower-case header names; baggage and, with a valid traceparent, tracestate come along. */
export const extract = (headers: Headers): RemoteReference | undefined => {
  const w3c = parseWith(single(headers, 'traceparent'), parseTraceparent);
  const reference =
    w3c ??
    parseWith(single(headers, 'b3'), parseB3Single) ??
    parseB3Multi(headers) ??
    parseWith(single(headers, 'uber-trace-id'), parseUber);
  if (reference === undefined) return undefined;
  const tracestate = w3c === undefined ? undefined : list(headers, 'tracestate', MAX_TRACESTATE_LENGTH);
  const baggage = list(headers, 'baggage', MAX_BAGGAGE_LENGTH);
  return tracestate === undefined && baggage === undefined ? reference : { ...reference, tracestate, baggage };
};

/** Headers for every family of tracers: W3C, B3 single and multi, Jaeger. */
export const inject = (span: RemoteReference): Record<string, string> => {
  const { traceId, spanId, tracestate, baggage } = span;
  const decision = span.sampled ? '1' : '0';
  const headers: Record<string, string> = {
    traceparent: toTraceparent(span),
    b3: `${traceId}-${spanId}-${decision}`,
    'x-b3-traceid': traceId,
    'x-b3-spanid': spanId,
    'x-b3-sampled': decision,
    'uber-trace-id': `${traceId}:${spanId}:0:${decision}`,
  };
  if (tracestate !== undefined) headers.tracestate = tracestate;
  if (baggage !== undefined) headers.baggage = baggage;
  return headers;
};
