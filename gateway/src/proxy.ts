import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, kitErrors, type Outbound, type TokenVerifier } from '@glasshouse/service-kit';
import type { Forwarder, UpstreamAnswer } from './forwarder.js';
import type { RateLimits } from './rate-limits.js';
import { isUnmeasured, readBody } from './request-body.js';
import { parseTarget, refuseAmbiguousHeaders, toForwardedHeaders } from './request-rules.js';
import type { RetryBudget } from './retry-budget.js';
import { createRouteMatcher, type RouteMatch } from './route-match.js';
import type { ProxyRoute, Target } from './routes.js';

export interface Upstream {
  readonly forwarder: Forwarder;
  /** Span, metric, breaker and headers of each call. */
  readonly outbound: Outbound;
}

export interface ProxyOptions {
  readonly routes: readonly ProxyRoute[];
  readonly upstreams: Readonly<Record<Target, Upstream>>;
  readonly tokens: TokenVerifier;
  readonly limits: RateLimits;
  readonly retryBudget: RetryBudget;
}

type Next = (error?: unknown) => void;

/**
 * What every request goes through: the rules for its form, the route table, the caller's token, the rates, and then
 * the one service behind the path. A path that is not in the table is left to the next handler.
 */
export const createProxyHandler = ({ routes, upstreams, tokens, limits, retryBudget }: ProxyOptions) => {
  const matchRoute = createRouteMatcher(routes);
  return async (req: IncomingMessage, res: ServerResponse, next: Next): Promise<void> => {
    refuseAmbiguousHeaders(req);
    const { path, search } = parseTarget(req.url ?? '/');
    const match = matchRoute(req.method ?? 'GET', path);
    if (match === undefined) return next();
    const { authorization } = req.headers;
    let caller: Caller | undefined;
    try {
      if (asksForToken(match.route, authorization)) {
        caller = tokens.recall(authorization) ?? (await tokens.verify(authorization));
        refuseOtherRoles(match.route, caller);
      }
    } catch (error) {
      // A wrong token costs more to refuse than a right one to accept, so whoever sends many is slowed down first.
      await limits.take(req, res, undefined);
      throw error;
    }
    // A promise that is not needed is not made: each one costs every request its share.
    const counted = limits.take(req, res, caller);
    if (counted !== undefined) await counted;
    const body = isUnmeasured(req) ? await readBody(req) : undefined;
    retryBudget.request();
    const answer = await send({ req, res, match, search, body, upstream: upstreams[match.route.target], retryBudget });
    await answer.deliver();
  };
};

/** A token that comes where none is asked for has to hold all the same. */
const asksForToken = ({ access, hasClientAuth }: ProxyRoute, authorization: string | undefined): boolean =>
  !hasClientAuth && (access !== 'anyone' || authorization !== undefined);

/** @throws kitErrors.forbidden */
const refuseOtherRoles = ({ access }: ProxyRoute, { roles }: Caller): void => {
  if ((access === 'admin' || access === 'customer') && !roles.includes(access)) throw kitErrors.forbidden();
};

interface Sending {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly match: RouteMatch;
  readonly search: string;
  readonly body: Buffer | undefined;
  readonly upstream: Upstream;
  readonly retryBudget: RetryBudget;
}

const repeatableStatuses = [502, 503];

/** Never repeats a POST: whether it was carried out is not known. A GET or HEAD is repeated once, within the budget. */
const send = async (sending: Sending): Promise<UpstreamAnswer> => {
  const { req, retryBudget } = sending;
  const mayRepeat = req.method === 'GET' || req.method === 'HEAD';
  const headers = toForwardedHeaders(req);
  headers['x-client-address'] = req.socket.remoteAddress ?? '';
  try {
    const answer = await sendOnce(sending, headers);
    if (!mayRepeat || !repeatableStatuses.includes(answer.status) || !retryBudget.tryRetry()) return answer;
    answer.discard();
  } catch (error) {
    if (!mayRepeat || !isConnectionError(error) || !retryBudget.tryRetry()) throw error;
  }
  return sendOnce(sending, headers);
};

const sendOnce = (sending: Sending, headers: Record<string, string>): Promise<UpstreamAnswer> => {
  const { req, res, match, search, body, upstream } = sending;
  const { path: route, headersTimeoutMs } = match.route;
  return upstream.outbound.run({ method: req.method ?? 'GET', route, timeoutMs: headersTimeoutMs }, (contextHeaders) =>
    upstream.forwarder.send({
      req,
      res,
      url: match.path + search,
      headers: Object.assign(headers, contextHeaders),
      body,
      headersTimeoutMs,
    }),
  );
};

const isConnectionError = (error: unknown): boolean => (error as { code?: string }).code === 'bad_gateway';
