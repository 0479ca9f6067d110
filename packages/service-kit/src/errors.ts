/** Each kind of failure with the status it is answered with. `internal` is never thrown by hand: it is what everything else becomes. */
export const statusOfKind = {
  invalid: 400,
  unauthenticated: 401,
  payment_required: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  unprocessable: 422,
  precondition_required: 428,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  bad_gateway: 502,
  unavailable: 503,
  timeout: 504,
} as const;

export type ErrorKind = keyof typeof statusOfKind;

/** One refused field of a request: where it is and what is wrong with it; never its value. */
export interface FieldProblem {
  /** `body.lines.0.quantity`, `query.limit` */
  path: string;
  problem: string;
}

export interface ErrorSpec {
  kind: ErrorKind;
  /** Stable snake_case; what a program decides by. Listed in docs/errors.md. */
  code: string;
  /** The title: one fixed sentence for a person. */
  message: string;
}

export interface ErrorOptions {
  /** A sentence about this occurrence. It reaches the caller, so it never carries a secret or another's data. */
  detail?: string | undefined;
  /** Goes to the log of an unexpected failure, never to the caller. */
  cause?: unknown;
  retryAfterSeconds?: number | undefined;
  headers?: Record<string, string> | undefined;
  errors?: readonly FieldProblem[] | undefined;
  /** The `error` value of RFC 6749 section 5.2 on routes whose errorFormat is `oauth`. */
  oauthError?: string | undefined;
}

/** The one error class. Its kind decides the status, its code what a program does about it. */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly oauthError: string | undefined;
  /** The caller's doing (below 500): not an error of a span, and no stack in a log. */
  readonly isExpected: boolean;

  constructor(spec: ErrorSpec, options: ErrorOptions = {}) {
    super(spec.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = spec.kind;
    this.code = spec.code;
    this.status = statusOfKind[spec.kind];
    this.detail = options.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers;
    this.errors = options.errors;
    this.oauthError = options.oauthError;
    this.isExpected = this.status < 500;
  }
}

/** Makes errors of one code; its spec documents them. */
export interface ErrorFactory {
  (options?: ErrorOptions): AppError;
  readonly spec: ErrorSpec;
}

/** Declares one error code of a service, once, in its errors.ts. */
export const defineError = (spec: ErrorSpec): ErrorFactory =>
  Object.assign((options?: ErrorOptions) => new AppError(spec, options), { spec: Object.freeze({ ...spec }) });

/** The codes any service may answer with. */
export const kitErrors = {
  invalidRequest: defineError({ kind: 'invalid', code: 'invalid_request', message: 'The request is not valid.' }),
  malformedJson: defineError({ kind: 'invalid', code: 'malformed_json', message: 'The body is not valid JSON.' }),
  invalidPath: defineError({ kind: 'invalid', code: 'invalid_path', message: 'The path is not valid.' }),
  unauthenticated: defineError({
    kind: 'unauthenticated',
    code: 'unauthenticated',
    message: 'The request carries no proof of who makes it.',
  }),
  invalidToken: defineError({
    kind: 'unauthenticated',
    code: 'invalid_token',
    message: 'The access token is not valid.',
  }),
  invalidServiceKey: defineError({
    kind: 'unauthenticated',
    code: 'invalid_service_key',
    message: 'The service key is not valid.',
  }),
  forbidden: defineError({ kind: 'forbidden', code: 'forbidden', message: 'The caller may not do this.' }),
  notFound: defineError({ kind: 'not_found', code: 'not_found', message: 'There is no such thing.' }),
  routeNotFound: defineError({ kind: 'not_found', code: 'route_not_found', message: 'There is no such path.' }),
  methodNotAllowed: defineError({
    kind: 'method_not_allowed',
    code: 'method_not_allowed',
    message: 'The path does not take this method.',
  }),
  bodyTooLarge: defineError({ kind: 'too_large', code: 'body_too_large', message: 'The body is too large.' }),
  urlTooLong: defineError({ kind: 'uri_too_long', code: 'url_too_long', message: 'The URL is too long.' }),
  headersTooLarge: defineError({
    kind: 'headers_too_large',
    code: 'headers_too_large',
    message: 'The headers are too large.',
  }),
  unsupportedMediaType: defineError({
    kind: 'unsupported_media_type',
    code: 'unsupported_media_type',
    message: 'The body has a type, charset or encoding that this path does not take.',
  }),
  rateLimited: defineError({ kind: 'rate_limited', code: 'rate_limited', message: 'Too many requests.' }),
  overloaded: defineError({ kind: 'unavailable', code: 'overloaded', message: 'The service has too much to do.' }),
  shuttingDown: defineError({ kind: 'unavailable', code: 'shutting_down', message: 'The service is going down.' }),
  keysUnavailable: defineError({
    kind: 'unavailable',
    code: 'keys_unavailable',
    message: 'The keys that verify access tokens cannot be fetched.',
  }),
  deadlineExceeded: defineError({
    kind: 'timeout',
    code: 'deadline_exceeded',
    message: 'The time for this request is over.',
  }),
  databaseUnavailable: defineError({
    kind: 'unavailable',
    code: 'database_unavailable',
    message: 'The database cannot be reached.',
  }),
  downstreamUnavailable: defineError({
    kind: 'unavailable',
    code: 'downstream_unavailable',
    message: 'Another service that is needed cannot answer.',
  }),
  injectedFault: defineError({
    kind: 'unavailable',
    code: 'injected_fault',
    message: 'A fault was switched on for this path.',
  }),
  internal: defineError({ kind: 'internal', code: 'internal_error', message: 'Something went wrong on our side.' }),
} as const;
