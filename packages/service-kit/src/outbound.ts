import { currentContext, type Telemetry } from '@glasshouse/telemetry';
import { createBreakerReport } from './client.js';
import { DownstreamError } from './client-error.js';
import { createGuard } from './client-guard.js';
import type { ClientMetrics } from './client-metrics.js';

export interface OutboundCall {
  method: string;
  /** A template, `/api/orders/:id`; it names the call in spans. */
  route: string;
  /** Until the peer's headers must be there; also how long the call may wait for its turn. */
  timeoutMs: number;
}

/**
 * What every call to a peer has, for those that are not made by `client`: a proxy that passes bodies on as streams.
 * Span, metric, circuit breaker and bulkhead are the same.
 */
export interface Outbound {
  /**
   * @param send gets the headers of trace, request id, deadline and this service's proof; whatever it throws is thrown on
   * @throws DownstreamError if the breaker is open or there is no room
   */
  run<T extends { readonly status: number }>(call: OutboundCall, send: Send<T>): Promise<T>;
}

type Send<T> = (headers: Readonly<Record<string, string>>) => Promise<T>;

export interface OutboundOptions {
  peer: string;
  telemetry: Telemetry;
  metrics: ClientMetrics;
  /** This service's proof, `gateway.<secret>`: what it says about its caller is believed for that. */
  serviceKey: string | undefined;
}

const capacity = 64;
const maxWaiting = 64;

export const createOutbound = (options: OutboundOptions): Outbound & { close(): void } => {
  const { peer, metrics } = options;
  metrics.addPeer(peer);
  const onState = createBreakerReport(peer, options.telemetry, metrics);
  const guard = createGuard({ peer, breaker: true, capacity, maxWaiting, onState });
  return {
    close: guard.close,
    run: <T extends { readonly status: number }>(call: OutboundCall, send: Send<T>): Promise<T> => {
      const outcome: Outcome<T> = {};
      return guard
        .run(call.timeoutMs, () => attempt(options, call, send, outcome))
        .then(
          () => outcome.answer as T,
          (error: unknown) => {
            if (outcome.failure !== undefined) throw outcome.failure;
            if (outcome.answer === undefined) throw error;
            return outcome.answer;
          },
        );
    },
  };
};

/** What really came of a call; the breaker only learns whether it was the peer's failure. */
interface Outcome<T> {
  answer?: T;
  failure?: unknown;
}

const attempt = <T extends { readonly status: number }>(
  { peer, telemetry, metrics, serviceKey }: OutboundOptions,
  { method, route, timeoutMs }: OutboundCall,
  send: Send<T>,
  outcome: Outcome<T>,
): Promise<void> => {
  const startedAt = performance.now();
  const span = telemetry.tracing.startSpan(`${method} ${peer}`, {
    kind: 'client',
    component: 'http',
    tags: { 'http.method': method, 'http.route': route, 'peer.service': peer },
  });
  const { requestId, deadlineAt = Number.POSITIVE_INFINITY } = currentContext() ?? {};
  const headers = telemetry.tracing.inject(span);
  headers['x-deadline-ms'] = String(Math.max(0, Math.floor(Math.min(timeoutMs, deadlineAt - Date.now()))));
  if (requestId !== undefined) headers['x-request-id'] = requestId;
  if (serviceKey !== undefined) headers['x-service-key'] = serviceKey;
  const end = (status: number | undefined): void => {
    metrics.called(peer, method, status, (performance.now() - startedAt) / 1_000);
    span.finish();
  };
  return send(headers).then(
    (answer) => {
      const { status } = answer;
      outcome.answer = answer;
      span.setTag('http.status_code', status);
      if (status >= 500) span.setTag('error', true);
      end(status);
      if (status >= 500) throw new DownstreamError({ peer, reason: 'status', outcome: 'unknown', status });
    },
    (error: unknown) => {
      outcome.failure = error;
      span.setError(error);
      end(undefined);
      throw new DownstreamError({ peer, reason: 'refused', outcome: 'unknown' });
    },
  );
};
