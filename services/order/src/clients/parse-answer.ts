import { DownstreamError } from '@glasshouse/service-kit';
import type { z } from 'zod';

/** Takes from an answer the small shape that is needed. What cannot be read is no answer: nobody may guess what was done. */
export const parseAnswer = <T>(peer: string, schema: z.ZodType<T>, body: unknown): T => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new DownstreamError({ peer, reason: 'bad_answer', outcome: 'unknown' });
};
