import type { HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { Products } from '../use-cases/ports.js';
import { parseAnswer } from './parse-answer.js';

/** Per attempt. Each call is one guarded write or one read over there, so this is long; a request that has less goes on with what it has. */
const timeoutMs = 2_000;

const hold = '/internal/skus/:sku/holds/:orderId';
const pricesAnswer = z.object({
  items: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      unitPrice: z.object({ amount: z.int().nonnegative(), currency: z.string().length(3) }),
    }),
  ),
});
const refusals = { out_of_stock: 'out_of_stock', hold_settled: 'settled' } as const;
const refusal = z.object({ code: z.enum(['out_of_stock', 'hold_settled']) });

export const createProducts = (client: HttpClient): Products => ({
  async prices(skus, budget) {
    const { body } = await client.request({
      method: 'POST',
      path: '/internal/prices',
      body: { skus },
      ...budget.forCall(timeoutMs),
      expect: [200],
    });
    return parseAnswer('product', pricesAnswer, body).items;
  },

  async reserve({ sku, orderId, quantity }, budget) {
    const { status, body } = await client.request({
      method: 'PUT',
      path: hold,
      params: { sku, orderId },
      body: { quantity },
      ...budget.forCall(timeoutMs),
      expect: [200, 404, 409],
    });
    if (status === 200) return 'held';
    // A product that is gone since its price was asked is out of stock like any other.
    if (status === 404) return 'out_of_stock';
    return refusals[parseAnswer('product', refusal, body).code];
  },

  async commit({ sku, orderId }, budget) {
    const { status } = await client.request({
      method: 'PUT',
      path: `${hold}/commit`,
      params: { sku, orderId },
      ...budget.forCall(timeoutMs),
      expect: [200, 404, 409],
    });
    return status === 200 ? 'committed' : 'lost';
  },

  async release({ sku, orderId }, budget) {
    await client.request({
      method: 'DELETE',
      path: hold,
      params: { sku, orderId },
      ...budget.forCall(timeoutMs),
      // A product that does not exist holds nothing.
      expect: [200, 404],
    });
  },
});
