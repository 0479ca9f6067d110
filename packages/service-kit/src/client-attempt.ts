import { currentContext, type Span, type Telemetry } from '@glasshouse/telemetry';
import { failpoint } from '#failpoint';
import type { ClientOptions, ClientRequest } from './client.js';
import { DownstreamError } from './client-error.js';
import type { Guard } from './client-guard.js';
import type { ClientMetrics } from './client-metrics.js';
import type { Transport, TransportAnswer } from './client-transport.js';

/** What the client of one peer is made of. */
export interface ClientParts extends ClientOptions {
  telemetry: Telemetry;
  metrics: ClientMetrics;
  transport: Transport;
  guard: Guard;
  serviceKey: string | undefined;
  random: () => number;
}

export interface Attempt {
  url: string;
  body: string | undefined;
  /** 1 for the first. */
  attempt: number;
  /** On the clock of `performance.now()`. */
  endsAt: number;
}

/** One request on the wire, with the span and the metric of it. */
export const sendAttempt = async (
  parts: ClientParts,
  request: ClientRequest,
  work: Attempt,
): Promise<TransportAnswer> => {
  const { peer, telemetry, metrics, transport } = parts;
  const { method, path } = request;
  const startedAt = performance.now();
  // A wait for the bulkhead has used some of it.
  const timeoutMs = Math.max(work.endsAt - startedAt, 0);
  const span = telemetry.tracing.startSpan(`${method} ${peer}`, {
    kind: 'client',
    component: 'http',
    tags: {
      'http.method': method,
      'http.route': path,
      'peer.service': peer,
      'http.resend_count': work.attempt > 1 ? work.attempt - 1 : undefined,
    },
  });
  let status: number | undefined;
  try {
    const headers = toHeaders(parts, request, span, timeoutMs, work.body !== undefined);
    failpoint(`client.before ${method} ${peer} ${path}`);
    const answer = await transport.send({ method, url: work.url, headers, body: work.body, timeoutMs });
    failpoint(`client.after ${method} ${peer} ${path}`);
    status = answer.status;
    if (request.expect.includes(status)) return answer;
    throw new DownstreamError({ peer, reason: 'status', outcome: 'unknown', status });
  } catch (error) {
    // A status below 500 is the caller's doing, here as on the peer's own span.
    if (status === undefined || status >= 500) span.setError(error);
    if (error instanceof DownstreamError) span.setTag('error.type', error.reason);
    throw error;
  } finally {
    span.setTag('http.status_code', status);
    metrics.called(peer, method, status, (performance.now() - startedAt) / 1_000);
    span.finish();
  }
};

const toHeaders = (
  parts: ClientParts,
  request: ClientRequest,
  span: Span,
  timeoutMs: number,
  hasBody: boolean,
): Record<string, string> => {
  const context = currentContext();
  const headers = parts.telemetry.tracing.inject(span);
  // What the callee may still use: after it, nobody here waits for the answer.
  headers['x-deadline-ms'] = String(Math.floor(timeoutMs));
  if (context?.requestId !== undefined) headers['x-request-id'] = context.requestId;
  if (parts.serviceKey !== undefined) {
    headers['x-service-key'] = parts.serviceKey;
    if (context?.authorization !== undefined) headers.authorization = context.authorization;
  }
  if (hasBody) headers['content-type'] = 'application/json';
  return Object.assign(headers, request.headers);
};
