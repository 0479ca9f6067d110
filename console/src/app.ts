import type { Kit } from '@glasshouse/service-kit';
import { backendRoutes } from './backend-routes.js';
import type { GatewayClient } from './clients/gateway.js';
import type { Config } from './config.js';
import type { Events } from './events.js';
import { createProxy } from './proxy.js';
import { createRoutes, orderPath } from './routes.js';
import { createStaticFiles, fileRoutes } from './static-files.js';

export interface AppParts {
  readonly config: Config;
  readonly kit: Kit;
  readonly gateway: GatewayClient;
  readonly events: Events;
  readonly webFolder: string;
}

/** What the page needs from its own origin: its files, three backends, one purchase, and the alerts as they come. */
export const createApp = ({ config, kit, gateway, events, webFolder }: AppParts) =>
  kit.httpApp({
    before: [createProxy(config), events.handler, createStaticFiles(webFolder)],
    templates: [...backendRoutes, events.route, ...fileRoutes],
    routes: createRoutes({ config, gateway, events }),
    trustIncomingTrace: false,
    // An open page asks some things every few seconds; only what a person did by it belongs among the traces.
    isQuiet: (template) => template !== orderPath,
  });
