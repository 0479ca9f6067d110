import { baseConfig, httpUrl, mongoUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...baseConfig({ name: 'customer', port: 8082 }),
  MONGO_URL: mongoUrl,
  /** The internal port of oauth, which keeps the logins. */
  OAUTH_URL: httpUrl,
});

export type Config = z.infer<typeof configSchema>;
