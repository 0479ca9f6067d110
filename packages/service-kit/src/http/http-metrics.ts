import { METHODS, STATUS_CODES } from 'node:http';
import type { Counter, Histogram, Telemetry } from '@glasshouse/telemetry';
import { shedReasons } from './load-guard.js';

/** What happened to security, as a fact and a count. */
const securityEvents = ['auth.denied', 'request.refused', 'limit.hit'] as const;
export type SecurityEvent = (typeof securityEvents)[number];

/** The route label of requests that match no route: their paths are no closed set. */
export const unmatchedRoute = 'unmatched';

/** OpenTelemetry's name for a method outside the standard ones. */
const otherMethod = '_OTHER';

/** The status of a request whose client left before the answer; no RFC has one, nginx made this one known. */
export const clientGone = 499;

const standardMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** The method as a label and span name may carry it. */
export const toKnownMethod = (method: string | undefined): string =>
  method !== undefined && standardMethods.includes(method) && METHODS.includes(method) ? method : otherMethod;

export interface HttpMetrics {
  readonly duration: Histogram;
  readonly shed: Counter;
  readonly security: Counter;
  /** Requests that are being answered, over all ports of the service; read at each scrape. */
  readonly activity: { active: number };
}

/** Ten buckets instead of prom-client's eleven and finer: a gateway with 40 routes must stay below 2,000 series. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export const createHttpMetrics = ({ metrics }: Telemetry): HttpMetrics => {
  const activity = { active: 0 };
  metrics.observableGauge(
    { name: 'http_server_active_requests', help: 'Requests that are being answered.' },
    () => activity.active,
  );
  const duration = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    buckets: durationBuckets,
    labels: {
      http_request_method: [...standardMethods, otherMethod],
      http_route: 'dynamic',
      http_response_status_code: [...Object.keys(STATUS_CODES), String(clientGone)],
    },
  });
  duration.admit('http_route', unmatchedRoute);
  return {
    activity,
    duration,
    shed: metrics.counter({
      name: 'requests_shed_total',
      help: 'Requests refused with 503 before any work, because there was too much.',
      labels: { reason: shedReasons },
    }),
    security: metrics.counter({
      name: 'security_events_total',
      help: 'Denials, refused requests and hit limits.',
      labels: { event: securityEvents },
    }),
  };
};
