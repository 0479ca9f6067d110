import type { HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { Customers } from '../use-cases/ports.js';
import { parseAnswer } from './parse-answer.js';

/** Per attempt. */
const timeoutMs = 2_000;

const answer = z.object({ mayBuy: z.boolean() });

export const createCustomers = (client: HttpClient): Customers => ({
  async mayBuy(id, budget) {
    const { status, body } = await client.request({
      method: 'GET',
      path: '/internal/customers/:id',
      params: { id },
      ...budget.forCall(timeoutMs),
      expect: [200, 404],
    });
    return status === 200 && parseAnswer('customer', answer, body).mayBuy;
  },
});
