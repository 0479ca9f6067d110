import type { SpanRecord } from '../types.js';

/** What one tracing backend wants to be posted. Spans are encoded when they finish, so that a batch costs little. */
export interface SpanEncoder {
  readonly contentType: string;
  encodeSpan(span: SpanRecord): Buffer;
  frameBatch(spans: readonly Buffer[]): Buffer;
}

export interface ServiceIdentity {
  service: string;
  version: string;
  instanceId: string;
}

const comma = Buffer.from(',');

/** JSON values with a text before and after them. */
export const frameJson = (prefix: string, values: readonly Buffer[], suffix: string): Buffer[] => [
  Buffer.from(prefix),
  ...values.flatMap((value, index) => (index === 0 ? [value] : [comma, value])),
  Buffer.from(suffix),
];
