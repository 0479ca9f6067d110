import type { ServerResponse } from 'node:http';
import type { AppError, ErrorKind } from '../errors.js';

/** An error as it is answered: RFC 9457, or RFC 6749 section 5.2 on OAuth endpoints. */
export interface ProblemOptions {
  publicUrl: string;
  traceId: string;
  format: 'problem' | 'oauth';
}

/** Answers an error. The headers must not have been sent. */
export const sendProblem = (res: ServerResponse, error: AppError, options: ProblemOptions): void => {
  for (const [name, value] of Object.entries(error.headers ?? {})) res.setHeader(name, value);
  if (error.retryAfterSeconds !== undefined) res.setHeader('retry-after', String(Math.ceil(error.retryAfterSeconds)));
  const isOauth = options.format === 'oauth';
  const body = JSON.stringify(isOauth ? toOauthBody(error) : toProblemBody(error, options));
  res.statusCode = error.status;
  res.setHeader('content-type', isOauth ? 'application/json' : 'application/problem+json');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-length', Buffer.byteLength(body));
  res.end(body);
};

const toProblemBody = (error: AppError, { publicUrl, traceId }: ProblemOptions): Record<string, unknown> => ({
  type: `${publicUrl}/docs/errors#${error.code}`,
  title: error.message,
  status: error.status,
  detail: error.detail ?? error.message,
  code: error.code,
  traceId,
  errors: error.errors,
});

const toOauthBody = (error: AppError): Record<string, unknown> => ({
  error: error.oauthError ?? oauthErrorOf[error.kind] ?? (error.isExpected ? 'invalid_request' : 'server_error'),
  error_description: error.detail ?? error.message,
});

/** RFC 6749 sections 4.1.2.1 and 5.2 have few words; the status says the rest. */
const oauthErrorOf: Partial<Record<ErrorKind, string>> = {
  unauthenticated: 'invalid_client',
  forbidden: 'unauthorized_client',
  rate_limited: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
  timeout: 'temporarily_unavailable',
};
