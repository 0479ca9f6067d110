import { baseConfig, httpUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

const perSecond = (rate: number) =>
  z.coerce.number().int().positive().default(rate).describe('requests per second, a whole number above 0');

export const configSchema = z.object({
  ...baseConfig({ name: 'gateway', port: 8080 }),
  OAUTH_URL: httpUrl,
  CUSTOMER_URL: httpUrl,
  PRODUCT_URL: httpUrl,
  ORDER_URL: httpUrl,
  PAYMENT_URL: httpUrl,
  /** Per user or API client; twice as many may come in a burst. */
  CLIENT_RATE: perSecond(100),
  /** Per address, for requests without a valid token; twice as many may come in a burst. */
  ANONYMOUS_RATE: perSecond(20),
});

export type Config = z.infer<typeof configSchema>;
