import type { HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { Payments } from '../use-cases/ports.js';
import { parseAnswer } from './parse-answer.js';

/** Per attempt. A card processor may take three seconds; only a recovery has them. */
const timeoutMs = 5_000;

const payment = '/internal/payments/:orderId';
const decisions = { SUCCEEDED: 'succeeded', DECLINED: 'declined' } as const;
const decision = z.object({ state: z.enum(['SUCCEEDED', 'DECLINED']) });
const refusals = { payment_voided: 'voided', payment_mismatch: 'mismatch' } as const;
const refusal = z.object({ code: z.enum(['payment_voided', 'payment_mismatch']) });

export const createPayments = (client: HttpClient): Payments => ({
  async charge({ orderId, ...charge }, budget) {
    const { status, body } = await client.request({
      method: 'PUT',
      path: payment,
      params: { orderId },
      body: charge,
      ...budget.forCall(timeoutMs),
      expect: [200, 409, 422],
    });
    if (status === 200) return decisions[parseAnswer('payment', decision, body).state];
    return refusals[parseAnswer('payment', refusal, body).code];
  },

  async void(orderId, budget) {
    await client.request({
      method: 'POST',
      path: `${payment}/void`,
      params: { orderId },
      ...budget.forCall(timeoutMs),
      expect: [200],
    });
  },
});
