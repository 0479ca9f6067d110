import { createLinks, type Kit } from '@glasshouse/service-kit';
import { createInternalRoutes } from './internal-routes.js';
import { createRoutes } from './routes.js';
import type { UseCases } from './use-cases/index.js';

/** The two doors of the service: `app` for the gateway, `internal` for other services. Neither listens yet. */
export const createApp = (useCases: UseCases, kit: Kit, publicUrl: string) => ({
  app: kit.httpApp({ routes: createRoutes(useCases, createLinks(publicUrl)) }),
  internal: kit.httpApp({ routes: createInternalRoutes(useCases) }),
});
