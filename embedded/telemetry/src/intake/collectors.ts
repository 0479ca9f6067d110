import { createJaegerBatchDecoder, decodeZipkinV2, type SpanRecord } from '@glasshouse/telemetry/wire';
import express, { type Express } from 'express';
import { createApi } from '../http.js';
import type { SpanStore } from '../store/spans.js';
import { withStatus } from './span-status.js';

const thriftTypes = ['application/x-thrift', 'application/vnd.apache.thrift.binary'];

/** Jaeger's collector: `POST /api/traces`, one thrift-binary `Batch`. 202, or 400 with a line of text. */
export const createJaegerCollector = (spans: SpanStore, maxBytes: number): Express => {
  // Made at the first batch: reading the IDL takes longer than all the rest of a start.
  let decode: ReturnType<typeof createJaegerBatchDecoder> | undefined;
  const api = createApi();
  api.post('/api/traces', express.raw({ type: () => true, limit: maxBytes }), (req, res) => {
    const type = (req.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
    if (!thriftTypes.includes(type)) return void res.status(400).send(`Unsupported content type: ${type}`);
    decode ??= createJaegerBatchDecoder();
    const batch = attempt(decode, req.body as Buffer);
    if (batch === undefined) return void res.status(400).send('Unable to process request body: not a thrift Batch');
    for (const span of batch) spans.add(withStatus(span));
    res.status(202).end();
  });
  return api;
};

/** Zipkin's collector for v2 JSON, and the one query that follows a trace id to its spans. */
export const createZipkinApi = (spans: SpanStore, maxBytes: number): Express => {
  const api = createApi();
  api.post('/api/v2/spans', express.json({ type: 'application/json', limit: maxBytes }), (req, res) => {
    if (!req.is('application/json')) return void res.status(415).send('Only application/json is accepted here');
    const batch = attempt(decodeZipkinV2, req.body as unknown);
    if (batch === undefined) return void res.status(400).send('Cannot decode spans: not a list of Zipkin v2 spans');
    for (const span of batch) spans.add(span);
    res.status(202).end();
  });
  api.get('/api/v2/trace/:id', (req, res) => {
    const id = req.params.id.toLowerCase().padStart(32, '0');
    const trace = spans.traces([id]).get(id);
    if (trace === undefined) return void res.status(404).type('text').send(`${id} not found`);
    res.json(trace.map(toZipkin));
  });
  return api;
};

const attempt = <I, O>(decode: (input: I) => O, input: I): O | undefined => {
  try {
    return decode(input);
  } catch {
    return undefined;
  }
};

// https://zipkin.io/zipkin-api/#/default/get_trace__traceId_
const toZipkin = (span: SpanRecord) => {
  const { 'span.kind': kind, ...tags } = span.tags;
  return {
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentId,
    kind: kind === 'server' || kind === 'client' ? kind.toUpperCase() : undefined,
    name: span.name,
    timestamp: span.startedAt,
    duration: Math.max(1, span.durationUs),
    localEndpoint: { serviceName: span.service },
    annotations: span.logs.map(({ at, fields }) => ({ timestamp: at, value: JSON.stringify(fields) })),
    tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)])),
  };
};
