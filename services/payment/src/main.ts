import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createProcessor } from './clients/processor.js';
import { type Config, configSchema } from './config.js';
import { createAttempts, createStore } from './store.js';
import { createProbe } from './telemetry.js';
import { createUseCases } from './use-cases.js';

export { createRoutes } from './routes.js';
export { configSchema };

export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'payment', version: '0.1.0', config, overrides });
  const database = kit.database({ url: config.MONGO_URL });
  const useCases = createUseCases({
    store: createStore(database),
    processor: createProcessor({
      attempts: createAttempts(database),
      clock: kit.clock,
      slowMs: config.PROCESSOR_SLOW_MS,
    }),
    probe: createProbe(kit.telemetry),
    clock: kit.clock,
  });
  return kit.service(createApp(useCases, kit));
};

if (require.main === module) runService('payment', configSchema, createService);
