import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createGatewayClient } from './clients/gateway.js';
import { type Config, configSchema } from './config.js';
import { createEvents } from './events.js';
import { builtPage } from './static-files.js';

export { configSchema } from './config.js';

/** @param webFolder where the built page is; a test may have built its own */
export const createService = (config: Config, overrides?: KitOverrides, webFolder = builtPage): Service => {
  const kit = createKit({ name: 'console', version: '0.1.0', config, overrides });
  const gateway = createGatewayClient(
    kit.client({
      peer: 'gateway',
      baseUrl: config.GATEWAY_URL,
      timeoutMs: 6_000,
      attempts: 1,
      breaker: false,
      sendServiceKey: false,
    }),
  );
  const events = createEvents({ telemetry: kit.telemetry, stopping: kit.stopping });
  return kit.service({ app: createApp({ config, kit, gateway, events, webFolder }) });
};

if (require.main === module) runService('console', configSchema, createService);
