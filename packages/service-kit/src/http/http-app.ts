import type { Telemetry } from '@glasshouse/telemetry';
import express, { type Express, type RequestHandler } from 'express';
import type { Faults } from '../faults.js';
import type { Guard } from '../guards/guard.js';
import { createBoundary } from './boundary.js';
import { createDispatch } from './dispatch.js';
import type { HttpMetrics } from './http-metrics.js';
import { createLoadGuard, type LoopDelay } from './load-guard.js';
import { createRequestScope } from './request-scope.js';
import type { TableEntry } from './request-state.js';
import { createRouteTable, type RouteTemplate } from './route-table.js';
import type { Route } from './routes.js';
import { createShedding } from './shedding.js';

export interface HttpAppOptions {
  routes: readonly Route[];
  /** Handlers that run before the routes, inside the request's span and context: a gateway's proxies. */
  before?: readonly RequestHandler[] | undefined;
  /** The paths that `before` answers, so that their spans, metrics and faults have names. */
  templates?: readonly RouteTemplate[] | undefined;
  /** `false` at the public edge: a new trace and request id, theirs is kept as a reference, their deadline ignored. */
  trustIncomingTrace?: boolean | undefined;
  /**
   * Requests that are counted but neither traced nor logged, unless something breaks (500): what an open page asks again
   * and again would bury what it shows. Default: none.
   */
  isQuiet?: ((template: string | undefined) => boolean) | undefined;
  /** Requests at once; more are refused with 503. Default 256. */
  maxInFlight?: number | undefined;
}

/** What all apps of one service have in common. */
export interface HttpParts {
  telemetry: Telemetry;
  metrics: HttpMetrics;
  faults: Faults;
  guard: Guard;
  loopDelay: LoopDelay;
  isDraining: () => boolean;
  publicUrl: string;
  newId: () => string;
}

const defaultMaxInFlight = 256;

/** An Express app: the scope of a request around the handlers of `before`, the routes, and the boundary for errors. */
export const createHttpApp = (parts: HttpParts, options: HttpAppOptions): Express => {
  const { routes, before = [], templates = [], trustIncomingTrace = true, isQuiet = () => false } = options;
  const entries: (RouteTemplate & { value: TableEntry })[] = [
    ...routes.map((route) => ({ method: route.spec.method, path: route.spec.path, value: route })),
    ...templates.map(({ method, path }) => ({ method, path, value: undefined })),
  ];
  for (const { method, path } of entries) {
    parts.faults.admit(`${method.toUpperCase()} ${path}`);
    parts.metrics.duration.admit('http_route', path);
  }
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(
    createRequestScope({
      ...parts,
      trustIncomingTrace,
      isQuiet,
      table: createRouteTable(entries),
      load: createLoadGuard(options.maxInFlight ?? defaultMaxInFlight, parts.loopDelay),
      shedding: createShedding(parts),
    }),
  );
  for (const handler of before) app.use(handler);
  app.use(createDispatch(parts.guard));
  app.use(createBoundary(parts));
  return app;
};
