import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Telemetry } from '@glasshouse/telemetry';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Faults } from '../faults.js';
import type { Guard } from '../guards/guard.js';
import { type Boundary, createBoundary } from './boundary.js';
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
  /**
   * Run before the routes, inside the request's span and context: a gateway's proxy. They are not Express' handlers:
   * Express gives every request and response another prototype, which costs more than forwarding it.
   */
  before?: readonly HandlerBefore[] | undefined;
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

/** Answers the request, or calls `next` for one that is not its own. What it throws, or its promise, the boundary answers. */
export type HandlerBefore = (req: IncomingMessage, res: ServerResponse, next: () => void) => unknown;

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

/** The scope of a request around `before`, the routes in an Express app, and the boundary for errors. */
export const createHttpApp = (parts: HttpParts, options: HttpAppOptions): RequestListener => {
  const { routes, before = [], templates = [], trustIncomingTrace = true, isQuiet = () => false } = options;
  const entries: (RouteTemplate & { value: TableEntry })[] = [
    ...routes.map((route) => ({ method: route.spec.method, path: route.spec.path, value: route })),
    ...templates.map(({ method, path }) => ({ method, path, value: undefined })),
  ];
  for (const { method, path } of entries) {
    parts.faults.admit(`${method.toUpperCase()} ${path}`);
    parts.metrics.duration.admit('http_route', path);
  }
  const enter = createRequestScope({
    ...parts,
    trustIncomingTrace,
    isQuiet,
    table: createRouteTable(entries),
    load: createLoadGuard(options.maxInFlight ?? defaultMaxInFlight, parts.loopDelay),
    shedding: createShedding(parts),
  });
  const answerError = createBoundary(parts);
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(createDispatch(parts.guard));
  // Express knows it by its four parameters.
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => answerError(error, req, res));
  return (req, res) =>
    enter(req, res, (error) => {
      if (error !== undefined) return answerError(error, req, res);
      runBefore(before, { req, res, index: 0, last: () => app(req, res), answerError });
    });
};

interface RunBefore {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly index: number;
  readonly last: () => void;
  readonly answerError: Boundary;
}

const runBefore = (handlers: readonly HandlerBefore[], run: RunBefore): void => {
  const { req, res, index, last, answerError } = run;
  const handler = handlers[index];
  if (handler === undefined) {
    last();
    return;
  }
  const fail = (thrown: unknown): void => answerError(thrown, req, res);
  try {
    const done = handler(req, res, () => runBefore(handlers, { ...run, index: index + 1 }));
    if (done instanceof Promise) done.catch(fail);
  } catch (thrown) {
    fail(thrown);
  }
};
