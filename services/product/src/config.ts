import { baseConfig, durationMs, httpUrl, mongoUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...baseConfig({ name: 'product', port: 8083 }),
  MONGO_URL: mongoUrl,
  /** How old a product may be that a reader gets from another replica's point of view; writes here invalidate at once. */
  PRODUCT_CACHE_TTL_MS: durationMs.default(5_000),
  /** The order service's internal port. Without it settlements are kept for ever, which is safe and only costs space. */
  ORDER_URL: httpUrl.optional(),
  /** How often settlements that nobody can ask for any more are looked for. */
  SETTLED_PRUNE_INTERVAL_MS: durationMs.default(60_000),
});

export type Config = z.infer<typeof configSchema>;
