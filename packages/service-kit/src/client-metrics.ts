import { STATUS_CODES } from 'node:http';
import type { Metrics } from '@glasshouse/telemetry';
import type { BreakerState } from './client-guard.js';

export interface ClientMetrics {
  /** Before the first call to a peer: metric labels only take values that are known at start. */
  addPeer(peer: string): void;
  /** @param status undefined without an answer; the metric then says `none` */
  called(peer: string, method: string, status: number | undefined, seconds: number): void;
  retried(peer: string, outcome: 'succeeded' | 'failed'): void;
  breakerState(peer: string, state: BreakerState): void;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];
const statuses = [...Object.keys(STATUS_CODES), 'none'];
const breakerValues = { closed: 0, half_open: 1, open: 2 } as const;

export const createClientMetrics = (metrics: Metrics): ClientMetrics => {
  const durations = metrics.histogram({
    name: 'http_client_request_duration_seconds',
    help: 'Time until another service had answered one attempt, or had failed to.',
    labels: { peer_service: 'dynamic', http_request_method: methods, http_response_status_code: statuses },
  });
  const retries = metrics.counter({
    name: 'retries_total',
    help: 'Attempts after the first one of a call to another service, by how they ended.',
    labels: { peer_service: 'dynamic', outcome: ['succeeded', 'failed'] },
  });
  const breaker = metrics.gauge({
    name: 'circuit_breaker_state',
    help: 'Circuit breaker before another service: 0 closed, 1 half-open, 2 open.',
    labels: { peer_service: 'dynamic' },
  });
  return {
    addPeer(peer) {
      for (const metric of [durations, retries, breaker]) metric.admit('peer_service', peer);
      breaker.set(breakerValues.closed, { peer_service: peer });
    },
    called: (peer, method, status, seconds) =>
      durations.observe(seconds, {
        peer_service: peer,
        http_request_method: method,
        http_response_status_code: status ?? 'none',
      }),
    retried: (peer, outcome) => retries.inc({ peer_service: peer, outcome }),
    breakerState: (peer, state) => breaker.set(breakerValues[state], { peer_service: peer }),
  };
};
