import type { z } from 'zod';
import type { Service } from './service.js';

/** The entry of a process. */
export const runService = <S extends z.ZodType>(
  _name: string,
  _schema: S,
  _create: (config: z.infer<S>) => Service,
): void => {};
