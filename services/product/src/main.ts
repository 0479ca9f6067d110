import { createKit, type Kit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createOrders } from './clients/order.js';
import { type Config, configSchema } from './config.js';
import type { Product } from './domain.js';
import { createSeed } from './seed.js';
import { createStore } from './store/index.js';
import { createProbe } from './telemetry.js';
import { createUseCases } from './use-cases.js';

export { createRoutes } from './routes.js';
export { configSchema };

export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'product', version: '0.1.0', config, overrides });
  const store = createStore(kit.database({ url: config.MONGO_URL }));
  const useCases = createUseCases({
    store,
    cache: kit.cache<Product>({ name: 'products', ttlMs: config.PRODUCT_CACHE_TTL_MS }),
    orders: createOptionalOrders(config, kit),
    probe: createProbe(kit.telemetry, store),
    clock: kit.clock,
  });
  if (config.ORDER_URL !== undefined) {
    kit.every({
      name: 'prune settlements',
      intervalMs: config.SETTLED_PRUNE_INTERVAL_MS,
      run: (signal) => useCases.pruneSettled(signal),
    });
  }
  return kit.service({
    ...createApp(useCases, kit, config.PUBLIC_URL),
    ...(config.DEMO_MODE ? { onStart: () => useCases.seed(createSeed()) } : {}),
  });
};

const createOptionalOrders = ({ ORDER_URL }: Config, kit: Kit) =>
  ORDER_URL === undefined
    ? undefined
    : createOrders(kit.client({ peer: 'order', baseUrl: ORDER_URL, timeoutMs: 2_000, attempts: 1 }));

if (require.main === module) runService('product', configSchema, createService);
