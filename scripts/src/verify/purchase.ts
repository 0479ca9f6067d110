import { randomUUID } from 'node:crypto';
import { createShop, toProblem } from '../shop.js';
import type { StackAddresses } from './addresses.js';

/** What one purchase leaves behind to be looked for. */
export interface Purchase {
  readonly traceId: string;
  readonly requestId: string;
  readonly orderNo: string;
  /** Epoch milliseconds, before the purchase began. */
  readonly startedAtMs: number;
}

/** A new customer buys two packets of tea. @throws Error unless the order is confirmed */
export const purchase = async ({ gateway }: StackAddresses): Promise<Purchase> => {
  const startedAtMs = Date.now();
  const shop = createShop({ gateway });
  const token = await shop.newCustomer();
  const answer = await shop.call('POST', '/api/orders', {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' },
  });
  const { orderNo, state } = (answer.body ?? {}) as { orderNo?: string; state?: string };
  if (orderNo === undefined || state !== 'CONFIRMED')
    throw new Error(`the order was not confirmed: ${toProblem(answer)}`);
  return { traceId: answer.traceId, requestId: answer.headers.get('x-request-id') ?? '', orderNo, startedAtMs };
};
