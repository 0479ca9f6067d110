import type { Kit } from '@glasshouse/service-kit';
import { createInternalRoutes, createRoutes } from './routes.js';
import type { UseCases } from './use-cases.js';

/** The two doors of the service: `app` for the gateway, `internal` for other services. */
export const createApp = (useCases: UseCases, kit: Kit) => ({
  app: kit.httpApp({ routes: createRoutes(useCases) }),
  internal: kit.httpApp({ routes: createInternalRoutes(useCases) }),
});
