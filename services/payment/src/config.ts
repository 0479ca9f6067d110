import { baseConfig, durationMs, mongoUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...baseConfig({ name: 'payment', port: 8085 }),
  MONGO_URL: mongoUrl,
  /** How long the simulated processor takes to decide on its slow method. */
  PROCESSOR_SLOW_MS: durationMs.default(3_000),
});

export type Config = z.infer<typeof configSchema>;
