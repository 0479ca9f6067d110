import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Telemetry } from '@glasshouse/telemetry';
import { toDatabaseError } from '../database-errors.js';
import { AppError, kitErrors } from '../errors.js';
import type { HttpMetrics, SecurityEvent } from './http-metrics.js';
import { sendProblem } from './problem.js';
import { requestStateOf, specOf } from './request-state.js';

export interface BoundaryOptions {
  telemetry: Telemetry;
  metrics: HttpMetrics;
  publicUrl: string;
}

export type Boundary = (thrown: unknown, req: IncomingMessage, res: ServerResponse) => void;

/** The one place that answers, counts and logs an error. */
export const createBoundary = ({ telemetry, metrics, publicUrl }: BoundaryOptions): Boundary => {
  return (thrown, req, res) => {
    const state = requestStateOf(req);
    const error = toAppError(thrown);
    if (state !== undefined) state.errorCode = error.code;
    if (!error.isExpected) {
      const isBug = error.kind === 'internal';
      state?.span.setError(isBug ? thrown : error);
      if (isBug || state?.isQuiet !== true) {
        telemetry.fact({
          action: 'http.error',
          message: error.message,
          level: isBug ? 'error' : 'warn',
          fields: { 'error.code': error.code, 'http.route': state?.match?.template },
          error: isBug ? thrown : error,
        });
      }
    }
    stateRefusal({ telemetry, metrics }, error, state?.match?.template);
    // Half an answer must not look like a whole one.
    if (res.headersSent) return void req.socket.destroy();
    sendProblem(res, error, {
      publicUrl,
      traceId: state?.span.traceId ?? '',
      format: (state && specOf(state)?.errorFormat) ?? 'problem',
    });
  };
};

/** Whatever is thrown, as the error that is answered; what nobody foresaw tells the caller nothing. */
const toAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : (toDatabaseError(thrown) ?? kitErrors.internal({ cause: thrown }));

/** By the kit's own codes: a service's refusals of the same kind (a wrong password) are facts of its own probe. */
const eventOfCode = new Map<string, SecurityEvent>([
  [kitErrors.unauthenticated.spec.code, 'auth.denied'],
  [kitErrors.invalidToken.spec.code, 'auth.denied'],
  [kitErrors.invalidServiceKey.spec.code, 'auth.denied'],
  [kitErrors.forbidden.spec.code, 'auth.denied'],
  [kitErrors.invalidRequest.spec.code, 'request.refused'],
  [kitErrors.malformedJson.spec.code, 'request.refused'],
  [kitErrors.invalidPath.spec.code, 'request.refused'],
  [kitErrors.bodyTooLarge.spec.code, 'request.refused'],
  [kitErrors.urlTooLong.spec.code, 'request.refused'],
  [kitErrors.headersTooLarge.spec.code, 'request.refused'],
  [kitErrors.unsupportedMediaType.spec.code, 'request.refused'],
]);

const toSecurityEvent = (error: AppError): SecurityEvent | undefined =>
  error.kind === 'rate_limited' ? 'limit.hit' : eventOfCode.get(error.code);

/** States and counts a refusal that matters to security. */
export const stateRefusal = (
  { telemetry, metrics }: Pick<BoundaryOptions, 'telemetry' | 'metrics'>,
  error: AppError,
  route?: string,
): void => {
  const event = toSecurityEvent(error);
  if (event === undefined) return;
  metrics.security.inc({ event });
  const fields = { 'error.code': error.code, 'http.route': route };
  telemetry.fact({ action: event, message: error.message, fields });
};
