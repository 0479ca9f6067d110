import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { type Config, configSchema } from './config.js';
import { createForwarder } from './forwarder.js';
import type { Target } from './routes.js';

export { configSchema } from './config.js';

export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'gateway', version: '0.1.0', config, overrides });
  const upstream = (peer: Target, url: string) => ({
    forwarder: createForwarder(url),
    outbound: kit.outbound({ peer }),
  });
  const upstreams = {
    oauth: upstream('oauth', config.OAUTH_URL),
    customer: upstream('customer', config.CUSTOMER_URL),
    product: upstream('product', config.PRODUCT_URL),
    order: upstream('order', config.ORDER_URL),
    payment: upstream('payment', config.PAYMENT_URL),
  };
  return kit.service({
    app: createApp(config, kit, upstreams),
    onStop: async () => {
      for (const { forwarder } of Object.values(upstreams)) forwarder.close();
    },
  });
};

if (require.main === module) runService('gateway', configSchema, createService);
