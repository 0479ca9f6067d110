import { baseConfig, durationMs, httpUrl, mongoUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...baseConfig({ name: 'order', port: 8084 }),
  MONGO_URL: mongoUrl.default('mongodb://127.0.0.1:27017/order'),
  PRODUCT_URL: httpUrl.default('http://127.0.0.1:8183'),
  PAYMENT_URL: httpUrl.default('http://127.0.0.1:8185'),
  CUSTOMER_URL: httpUrl.default('http://127.0.0.1:8182'),
  // How often each replica looks for orders that nobody is working on.
  RECOVERY_INTERVAL_MS: durationMs.default(1_000),
});

export type Config = z.infer<typeof configSchema>;
