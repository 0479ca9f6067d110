import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createGatewayClient } from './clients/gateway.js';
import { type Config, configSchema } from './config.js';
import { createEvents } from './events.js';

export { configSchema } from './config.js';

export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'console', version: '0.1.0', config, overrides });
  const gateway = createGatewayClient(
    kit.client({ peer: 'gateway', baseUrl: config.GATEWAY_URL, timeoutMs: 6_000, attempts: 1, breaker: false }),
  );
  const events = createEvents({ telemetry: kit.telemetry, stopping: kit.stopping });
  return kit.service({ app: createApp({ config, kit, gateway, events }) });
};

if (require.main === module) runService('console', configSchema, createService);
