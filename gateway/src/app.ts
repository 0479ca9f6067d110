import type { Kit } from '@glasshouse/service-kit';
import type { Config } from './config.js';
import { createDocumentRoutes } from './documents.js';
import { createProxyHandler, type Upstream } from './proxy.js';
import { createRateLimits } from './rate-limits.js';
import { createRetryBudget } from './retry-budget.js';
import { proxyRoutes, type Target } from './routes.js';

/** The public door. Callers' trace ids are references only, their deadlines and proofs of service mean nothing here. */
export const createApp = (config: Config, kit: Kit, upstreams: Readonly<Record<Target, Upstream>>) => {
  const nowMs = (): number => kit.clock.now().getTime();
  const proxy = createProxyHandler({
    routes: proxyRoutes,
    upstreams,
    tokens: kit.tokens,
    limits: createRateLimits({
      counters: kit.counters({ name: 'rates' }),
      clientRate: config.CLIENT_RATE,
      anonymousRate: config.ANONYMOUS_RATE,
    }),
    retryBudget: createRetryBudget(nowMs),
  });
  return kit.httpApp({
    before: [proxy],
    templates: proxyRoutes,
    routes: createDocumentRoutes(config.PUBLIC_URL),
    trustIncomingTrace: false,
  });
};
