import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { runInContext, type SpanReference, type Telemetry } from '@glasshouse/telemetry';
import { kitErrors } from '../errors.js';
import type { Faults } from '../faults.js';
import { clientGone, type HttpMetrics, toKnownMethod, unmatchedRoute } from './http-metrics.js';
import type { LoadGuard } from './load-guard.js';
import { type RequestState, setRequestState, type TableEntry } from './request-state.js';
import type { RouteTable } from './route-table.js';
import { recordSecurityHeaders } from './security-headers.js';
import type { Shedding } from './shedding.js';

export interface RequestScopeOptions {
  telemetry: Telemetry;
  metrics: HttpMetrics;
  table: RouteTable<TableEntry>;
  faults: Faults;
  load: LoadGuard;
  shedding: Shedding;
  newId: () => string;
  /** A service that goes down answers, but lets no connection live on. */
  isDraining: () => boolean;
  trustIncomingTrace: boolean;
  isQuiet: (template: string | undefined) => boolean;
}

const maxUrlLength = 8 * 1024;
const requestIdPattern = /^[A-Za-z0-9._-]{8,64}$/;

/** Calls `next` inside the request's context, with the error that refuses the request if there is one. */
export type RequestScope = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * The first to see a request, and the only one that watches a request from begin to end: it finds the route, opens the span
 * and the context, and when the answer is out observes the duration and states the access log's fact. One function with
 * one listener, because every request of every service pays for it.
 */
export const createRequestScope = (options: RequestScopeOptions): RequestScope => {
  const { telemetry, metrics, table, faults, load, shedding, trustIncomingTrace } = options;
  const securityHeaders = recordSecurityHeaders();

  const open = (req: IncomingMessage, res: ServerResponse): RequestState => {
    const startedAt = performance.now();
    const method = toKnownMethod(req.method);
    const match = table.find(toPath(req.url ?? '/'));
    const isQuiet = options.isQuiet(match?.template);
    const requestId = (trustIncomingTrace && toRequestId(req)) || options.newId();
    const incoming = telemetry.tracing.extract(req.headers);
    const span = telemetry.tracing.startSpan(`${method} ${match?.template ?? unmatchedRoute}`, {
      kind: 'server',
      component: 'express',
      parent: isQuiet ? newUnsampled() : trustIncomingTrace ? (incoming ?? null) : null,
      followsFrom: trustIncomingTrace ? undefined : incoming,
      tags: { 'http.method': method, 'http.route': match?.template, 'request.id': requestId },
    });
    res.setHeader('x-request-id', requestId);
    res.setHeader('traceresponse', telemetry.tracing.toTraceparent(span));
    const callerDeadlineAt = trustIncomingTrace ? toDeadline(req) : undefined;
    const context = { span, requestId, deadlineAt: callerDeadlineAt };
    return { startedAt, method, match, span, context, callerDeadlineAt, isQuiet };
  };

  const stateRequest = (state: RequestState, status: number, seconds: number): void => {
    const route = state.match?.template;
    telemetry.fact({
      action: 'http.request',
      message: `${state.method} ${route ?? unmatchedRoute} ${status}`,
      fields: {
        'http.request.method': state.method,
        'http.route': route,
        'http.response.status_code': status,
        'event.duration': Math.round(seconds * 1e9),
        'error.code': state.errorCode,
      },
    });
  };

  const close = (req: IncomingMessage, res: ServerResponse, state: RequestState): void => {
    const seconds = (performance.now() - state.startedAt) / 1000;
    const route = state.match?.template;
    const status = res.writableFinished ? res.statusCode : clientGone;
    // A stream of events lasts as long as somebody listens, which says nothing about how fast anything is.
    if (res.getHeader('content-type') !== 'text/event-stream') {
      metrics.duration.observe(seconds, {
        http_request_method: state.method,
        http_route: route ?? unmatchedRoute,
        http_response_status_code: status,
      });
    }
    state.span.setTag('http.status_code', status);
    if (status >= 500) state.span.setTag('error', true);
    if (!state.isQuiet) stateRequest(state, status, seconds);
    state.span.finish();
    metrics.activity.active -= 1;
    load.leave();
    if (status === clientGone && (req.method === 'GET' || req.method === 'HEAD')) state.abort?.abort();
  };

  return (req, res, next) => {
    for (const [name, value] of securityHeaders) res.setHeader(name, value);
    const reason = load.enter();
    if (reason !== undefined)
      return shedding.refuse(res, reason, toKnownMethod(req.method), table.find(toPath(req.url ?? '/'))?.template);
    metrics.activity.active += 1;
    const state = open(req, res);
    setRequestState(req, state);
    res.on('close', () => runInContext(state.context, () => close(req, res, state)));
    runInContext(state.context, () => {
      if (options.isDraining()) res.setHeader('connection', 'close');
      if ((req.url ?? '/').length > maxUrlLength) return next(kitErrors.urlTooLong());
      const fault = faults.find(state.method, state.match?.template);
      if (fault === undefined) return next();
      faults.inject(fault, state.span).then(() => next(), next);
    });
  };
};

/** Whoever is a child of this is not recorded either (W3C Trace Context, the sampled flag). */
const newUnsampled = (): SpanReference => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  sampled: false,
});

const toPath = (url: string): string => {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
};

const toRequestId = ({ headers }: IncomingMessage): string | undefined => {
  const value = headers['x-request-id'];
  return typeof value === 'string' && requestIdPattern.test(value) ? value : undefined;
};

/** The milliseconds that the caller has left, as a time; something else than a number says nothing. */
const toDeadline = ({ headers }: IncomingMessage): number | undefined => {
  const value = headers['x-deadline-ms'];
  return typeof value === 'string' && /^\d{1,7}$/.test(value) ? Date.now() + Number(value) : undefined;
};
