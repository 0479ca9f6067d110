import { baseConfig, mongoUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

const demoSecret = z.string().min(8).max(128).optional();

export const configSchema = z
  .object({
    ...baseConfig({ name: 'oauth', port: 8081 }),
    MONGO_URL: mongoUrl,
    /** Holds the secret under which the private signing keys are sealed in the database; made on the first start. */
    SIGNING_KEYS_FILE: z.string().min(1).describe('the path of a file that all replicas share and only oauth can read'),
    /** Failed logins that one address may cause in 15 minutes. */
    LOGIN_FAILURES_PER_ADDRESS: z.coerce.number().int().min(1).default(100).describe('a whole number from 1'),
    DEMO_ADMIN_PASSWORD: demoSecret,
    DEMO_CUSTOMER_PASSWORD: demoSecret,
    DEMO_CLIENT_SECRET: demoSecret,
  })
  .superRefine((config, context) => {
    // A demo login is printed and documented, so a shop that is no demo must not even know one.
    for (const name of ['DEMO_ADMIN_PASSWORD', 'DEMO_CUSTOMER_PASSWORD', 'DEMO_CLIENT_SECRET'] as const) {
      if (config.DEMO_MODE === (config[name] !== undefined)) continue;
      const message = config.DEMO_MODE ? 'a secret of 8 to 128 characters in demo mode' : 'nothing outside demo mode';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export type Config = z.infer<typeof configSchema>;

/** The demo logins, if this is a demo. */
export const toDemoSecrets = (config: Config): { admin: string; customer: string; client: string } | undefined =>
  config.DEMO_MODE
    ? {
        admin: config.DEMO_ADMIN_PASSWORD ?? '',
        customer: config.DEMO_CUSTOMER_PASSWORD ?? '',
        client: config.DEMO_CLIENT_SECRET ?? '',
      }
    : undefined;
