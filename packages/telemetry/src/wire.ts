export { createEntryEncoder } from './logs/forward-entry.js';
export { createJaegerEncoder } from './tracing/jaeger-encoder.js';
export type { SpanRecord } from './types.js';
export { createJaegerBatchDecoder } from './wire/jaeger-batch.js';
export { decodeZipkinV2 } from './wire/zipkin-v2.js';
