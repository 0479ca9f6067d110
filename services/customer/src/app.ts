import { createLinks, type Kit } from '@glasshouse/service-kit';
import type { Config } from './config.js';
import { createInternalRoutes, createRoutes } from './routes.js';
import type { UseCases } from './use-cases/index.js';

/** Puts the routes on the two ports; listening is the kit's. */
export const createApp = (useCases: UseCases, kit: Kit, config: Config) => ({
  app: kit.httpApp({ routes: createRoutes(useCases, createLinks(config.PUBLIC_URL)) }),
  internal: kit.httpApp({ routes: createInternalRoutes(useCases) }),
});
