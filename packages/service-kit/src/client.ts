import { setTimeout as pause } from 'node:timers/promises';
import { currentContext, type Telemetry } from '@glasshouse/telemetry';
import { type ClientParts, sendAttempt } from './client-attempt.js';
import { DownstreamError, isRetryable } from './client-error.js';
import { type BreakerState, createGuard } from './client-guard.js';
import { type ClientMetrics, createClientMetrics } from './client-metrics.js';
import { buildPath, type Query } from './client-path.js';
import { createTransport } from './client-transport.js';

export { DownstreamError, type DownstreamOutcome, type DownstreamReason } from './client-error.js';

export interface ClientOptions {
  /** The service that is called, by its `service.name`. */
  peer: string;
  /** `http://product:8183` */
  baseUrl: string;
  /** For one attempt, all of it. */
  timeoutMs: number;
  /** At most, the first one included. */
  attempts: number;
  /** Default true. */
  breaker?: boolean | undefined;
  /** Default true. `false` for a peer outside: neither this service's key nor the user's token goes there. */
  sendServiceKey?: boolean | undefined;
}

export type ClientMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

export interface ClientRequest {
  method: ClientMethod;
  /** A template, `/internal/skus/:sku/holds/:orderId`; it names the call in spans. */
  path: string;
  params?: Readonly<Record<string, string>> | undefined;
  query?: Query | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>> | undefined;
  timeoutMs?: number | undefined;
  attempts?: number | undefined;
  /** The statuses that the caller handles; every other answer is a DownstreamError. */
  expect: readonly number[];
}

export interface ClientAnswer {
  status: number;
  body: unknown;
  /** Lower-case names. */
  headers: Record<string, string>;
}

export interface HttpClient {
  /**
   * Calls the peer with the context's trace, request id, user token and remaining time. Network errors, timeouts and
   * 502-504 are tried again while attempts and the deadline allow it.
   * @throws DownstreamError
   */
  request(request: ClientRequest): Promise<ClientAnswer>;
}

export interface ClientsOptions {
  telemetry: Telemetry;
  /** This service's proof, `order.<secret>`. */
  serviceKey?: string | undefined;
  /** Default: made here. */
  metrics?: ClientMetrics | undefined;
  /** 0 to 1; spreads the pauses between attempts. */
  random?: (() => number) | undefined;
}

/** Makes the clients of one service, one for each peer, and ends their connections together. */
export interface Clients {
  create(options: ClientOptions): HttpClient;
  close(): void;
}

/** Work with less time left is not begun: it could not end in time. */
const minRemainingMs = 50;
const shortestPauseMs = 50;
const longestPauseMs = 200;
const bulkhead = { capacity: 64, maxWaiting: 64 };

const breakerFacts: Partial<Record<BreakerState, { action: string; message: string }>> = {
  open: { action: 'circuit_breaker.opened', message: 'Calls to a failing service are stopped.' },
  closed: { action: 'circuit_breaker.closed', message: 'A service works again; calls to it go on.' },
};

/** States and shows each change of a breaker. */
export const createBreakerReport =
  (peer: string, telemetry: Telemetry, metrics: ClientMetrics) =>
  (state: BreakerState): void => {
    metrics.breakerState(peer, state);
    const fact = breakerFacts[state];
    if (fact) telemetry.fact({ ...fact, level: 'warn', fields: { 'service.target.name': peer } });
  };

export const createClients = (options: ClientsOptions): Clients => {
  const { telemetry, serviceKey, random = Math.random } = options;
  const metrics = options.metrics ?? createClientMetrics(telemetry.metrics);
  const closers: (() => void)[] = [];
  return {
    create(client) {
      const { peer } = client;
      metrics.addPeer(peer);
      const onState = createBreakerReport(peer, telemetry, metrics);
      const transport = createTransport(peer, bulkhead.capacity);
      const guard = createGuard({ peer, breaker: client.breaker ?? true, ...bulkhead, onState });
      closers.push(guard.close, transport.close);
      const key = (client.sendServiceKey ?? true) ? serviceKey : undefined;
      return createClient({ ...client, telemetry, metrics, transport, guard, serviceKey: key, random });
    },
    close() {
      for (const close of closers.splice(0)) close();
    },
  };
};

const createClient = (parts: ClientParts): HttpClient => {
  const { peer, telemetry, metrics, guard, random } = parts;

  const noteRetry = (request: ClientRequest, error: DownstreamError, attempt: number): void =>
    telemetry.fact({
      action: 'downstream.retried',
      level: 'warn',
      message: 'A call to another service failed and is tried again.',
      fields: {
        'service.target.name': peer,
        'http.request.method': request.method,
        'http.route': request.path,
        'glasshouse.attempt': attempt,
        'glasshouse.reason': error.reason,
      },
    });

  return {
    async request(request) {
      const { timeoutMs = parts.timeoutMs, attempts = parts.attempts } = request;
      const deadlineAt = currentContext()?.deadlineAt ?? Number.POSITIVE_INFINITY;
      const url = parts.baseUrl + buildPath(request.path, request.params, request.query);
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      let isOutcomeUnknown = false;
      for (let attempt = 1; ; attempt += 1) {
        const remainingMs = deadlineAt - Date.now();
        if (remainingMs < minRemainingMs) {
          const outcome = isOutcomeUnknown ? 'unknown' : 'not_sent';
          throw new DownstreamError({ peer, reason: 'no_time', outcome });
        }
        try {
          const allowedMs = Math.min(timeoutMs, remainingMs);
          const endsAt = performance.now() + allowedMs;
          const answer = await guard.run(allowedMs, () => sendAttempt(parts, request, { url, body, attempt, endsAt }));
          if (attempt > 1) metrics.retried(peer, 'succeeded');
          return answer;
        } catch (error) {
          if (attempt > 1) metrics.retried(peer, 'failed');
          if (!(error instanceof DownstreamError)) throw error;
          isOutcomeUnknown ||= error.outcome === 'unknown';
          const pauseMs = shortestPauseMs + random() * (longestPauseMs - shortestPauseMs);
          const hasTime = deadlineAt - Date.now() - pauseMs >= minRemainingMs;
          if (attempt >= attempts || !hasTime || !isRetryable(error)) {
            throw isOutcomeUnknown ? error.afterUnknownOutcome() : error;
          }
          noteRetry(request, error, attempt);
          await pause(pauseMs);
        }
      }
    },
  };
};
