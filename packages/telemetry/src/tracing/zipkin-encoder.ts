import { joinBytes } from '../byte-writer.js';
import type { SpanRecord } from '../types.js';
import { frameJson, type SpanEncoder } from './span-encoder.js';

const kinds: Readonly<Record<string, string>> = { server: 'SERVER', client: 'CLIENT' };

const toTexts = (tags: SpanRecord['tags']): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));

const toZipkin = (span: SpanRecord) => {
  const { 'span.kind': kind, 'peer.service': peer, error, ...tags } = span.tags;
  return {
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentId,
    name: span.name,
    kind: kinds[String(kind)],
    timestamp: span.startedAt,
    // Zero means unknown there.
    duration: Math.max(1, span.durationUs),
    localEndpoint: { serviceName: span.service },
    remoteEndpoint: peer === undefined ? undefined : { serviceName: String(peer) },
    // Zipkin takes any `error` tag for a failure, whatever its value.
    tags: toTexts(error === true ? { ...tags, error: true } : tags),
    annotations: span.logs.map(({ at, fields }) => ({ timestamp: at, value: JSON.stringify(fields) })),
  };
};

/** Zipkin's v2 JSON (https://zipkin.io/zipkin-api/#/default/post_spans). It has no place for references. */
export const createZipkinEncoder = (): SpanEncoder => ({
  contentType: 'application/json',
  encodeSpan: (span) => Buffer.from(JSON.stringify(toZipkin(span))),
  frameBatch: (spans) => joinBytes(frameJson('[', spans, ']')),
});
