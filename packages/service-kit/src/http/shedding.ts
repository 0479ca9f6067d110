import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Telemetry } from '@glasshouse/telemetry';
import { kitErrors } from '../errors.js';
import { type HttpMetrics, unmatchedRoute } from './http-metrics.js';
import type { ShedReason } from './load-guard.js';
import { sendProblem } from './problem.js';

export interface Shedding {
  /** Answers 503 at the least cost: counted, but without a span and without a log line of its own. */
  refuse(res: ServerResponse, reason: ShedReason, method: string, route: string | undefined): void;
}

export interface SheddingOptions {
  telemetry: Telemetry;
  metrics: HttpMetrics;
  publicUrl: string;
  newId: () => string;
}

const statedEveryMs = 1_000;

/** A server in need must not spend on each refusal what a request would have cost; one fact a second tells the story. */
export const createShedding = ({ telemetry, metrics, publicUrl, newId }: SheddingOptions): Shedding => {
  let statedAt = Number.NEGATIVE_INFINITY;
  let refused = 0;
  return {
    refuse: (res, reason, method, route) => {
      const error = kitErrors.overloaded({ retryAfterSeconds: 1 });
      const traceId = randomBytes(16).toString('hex');
      res.setHeader('x-request-id', newId());
      // The flags 00 tell the truth: nothing was recorded under this id.
      res.setHeader('traceresponse', `00-${traceId}-${traceId.slice(0, 16)}-00`);
      sendProblem(res, error, { publicUrl, traceId, format: 'problem' });
      metrics.shed.inc({ reason });
      metrics.duration.observe(0, {
        http_request_method: method,
        http_route: route ?? unmatchedRoute,
        http_response_status_code: error.status,
      });
      refused += 1;
      const now = performance.now();
      if (now - statedAt < statedEveryMs) return;
      statedAt = now;
      telemetry.fact({
        action: 'load.shed',
        message: `Refused ${refused} requests: ${reason}`,
        level: 'warn',
        fields: { 'glasshouse.refused': refused, 'glasshouse.reason': reason },
      });
      refused = 0;
    },
  };
};
