import { createOutbox, type DropReason } from '../outbox.js';
import type { SpanRecord } from '../types.js';
import { createHttpDelivery } from './http-delivery.js';
import type { SpanEncoder } from './span-encoder.js';

export interface SpanReporter {
  report(span: SpanRecord): void;
  /** Spans that are neither reported nor dropped. */
  waiting(): number;
  flush(timeoutMs: number): Promise<void>;
}

export interface ReporterOptions {
  endpoint: string;
  encoder: SpanEncoder;
  onDelivered(count: number): void;
  onDropped(count: number, reason: DropReason): void;
}

const LIMITS = { maxItems: 10_000, maxBytes: 8 << 20 };
const BATCH = { maxItems: 500, maxBytes: 1 << 20, lingerMs: 500 };
const RETRY = { minMs: 100, maxMs: 5_000 };
const TIMEOUT_MS = 3_000;

/**
 * Sends finished spans to one backend over HTTP. A backend that is down, slow or hung costs a bounded queue and one
 * connection. A batch whose answer was lost is sent again, so a backend may see a span twice, with the same ids.
 */
export const createSpanReporter = ({ endpoint, encoder, onDelivered, onDropped }: ReporterOptions): SpanReporter => {
  const delivery = createHttpDelivery({ endpoint, contentType: encoder.contentType, timeoutMs: TIMEOUT_MS });
  const outbox = createOutbox<Buffer>({
    ...LIMITS,
    batch: BATCH,
    retry: RETRY,
    onDelivered,
    onDropped,
    deliver: (spans, signal) => delivery.post(encoder.frameBatch(spans), signal),
  });
  return {
    report(span) {
      const encoded = encoder.encodeSpan(span);
      outbox.push(encoded, encoded.length);
    },
    waiting: outbox.waiting,
    async flush(timeoutMs) {
      await outbox.close(timeoutMs);
      delivery.close();
    },
  };
};
