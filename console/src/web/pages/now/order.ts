import type { Trace } from '../../../analysis/trace.js';

/** What `POST /api/orders` of the console answers. */
export interface OrderAnswer {
  readonly traceId: string;
  readonly status: number;
  readonly orderId?: string;
  readonly orderNo?: string;
  readonly code?: string;
}

/** No order came about, so there is no trace to open. */
export class OrderError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** @throws OrderError */
export const placeOrder = async (paymentMethod: string): Promise<OrderAnswer> => {
  const response = await fetch('/api/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ paymentMethod }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as OrderAnswer;
  const { detail = `The console answered ${response.status}.`, code } = (answer ?? {}) as Partial<
    Record<'detail' | 'code', string>
  >;
  throw new OrderError(detail, code);
};

const roundMs = 250;
const deadlineMs = 8_000;

/** Spans travel in batches: waits until the root is there and two looks in a row find the same, or for 8 s. */
export const untilTraceIsThere = async (
  traceId: string,
  load: (traceId: string) => Promise<Trace | undefined>,
): Promise<void> => {
  const endsAt = Date.now() + deadlineMs;
  let before = 0;
  while (Date.now() < endsAt) {
    const spans = (await load(traceId))?.spans ?? [];
    if (spans.length > 0 && spans.length === before && spans.some(({ parentId }) => parentId === undefined)) return;
    before = spans.length;
    await new Promise((resolve) => setTimeout(resolve, roundMs));
  }
};
