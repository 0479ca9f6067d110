import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createOAuthClient } from './clients/oauth.js';
import { type Config, configSchema } from './config.js';
import { createStore } from './store/index.js';
import { createProbe } from './telemetry.js';
import { createUseCases } from './use-cases/index.js';

export { createRoutes } from './routes.js';
export { configSchema };

/** Who buys. */
export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'customer', version: '0.1.0', config, overrides });
  // Hashing a password takes a while, and more so when many register at once.
  const oauth = kit.client({ peer: 'oauth', baseUrl: config.OAUTH_URL, timeoutMs: 2_000, attempts: 2 });
  const useCases = createUseCases({
    store: createStore(kit.database({ url: config.MONGO_URL })),
    credentials: createOAuthClient(oauth),
    probe: createProbe(kit.telemetry),
    clock: kit.clock,
    newId: kit.newId,
  });
  kit.every({ name: 'unfinished-customers', intervalMs: 5_000, run: (signal) => useCases.recover(signal) });
  return kit.service({
    ...createApp(useCases, kit, config),
    onStart: async () => {
      if (config.DEMO_MODE) await useCases.seedDemo();
    },
  });
};

if (require.main === module) runService('customer', configSchema, createService);
