import { createLinks, type Kit } from '@glasshouse/service-kit';
import { createClientAddress } from './client-address.js';
import type { Config } from './config.js';
import { createInternalRoutes, createRoutes } from './routes/index.js';
import type { UseCases } from './use-cases/index.js';

/** Puts the routes on the two ports; listening is the kit's. */
export const createApp = (useCases: UseCases, kit: Kit, config: Config) => {
  const settings = { issuer: config.OAUTH_ISSUER, addressOf: createClientAddress(kit.serviceKeys) };
  return {
    app: kit.httpApp({ routes: createRoutes(useCases, createLinks(config.PUBLIC_URL), settings) }),
    internal: kit.httpApp({ routes: createInternalRoutes(useCases) }),
  };
};
