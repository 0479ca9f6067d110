export type { SpanRecord } from './types.js';
export { createJaegerBatchDecoder } from './wire/jaeger-batch.js';
export { decodeZipkinV2 } from './wire/zipkin-v2.js';
