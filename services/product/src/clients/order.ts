import { DownstreamError, type HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { Orders } from '../use-cases.js';

const terminalAnswer = z.object({ terminal: z.array(z.string()) });

/** Asks the order service. Only the pruning job does, which runs again by itself: so one attempt and ample time. */
export const createOrders = (client: HttpClient): Orders => ({
  async findTerminal(orderIds) {
    const answer = await client.request({
      method: 'POST',
      path: '/internal/orders/terminal',
      body: { orderIds },
      timeoutMs: 2_000,
      attempts: 1,
      expect: [200],
    });
    const parsed = terminalAnswer.safeParse(answer.body);
    if (!parsed.success) throw new DownstreamError({ peer: 'order', reason: 'bad_answer', outcome: 'unknown' });
    // An id that was not asked for is not ours to forget.
    const asked = new Set(orderIds);
    return parsed.data.terminal.filter((id) => asked.has(id));
  },
});
