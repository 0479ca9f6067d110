export type { Capture, Fact, Fields, LogLevel, LogRecord, SpanRecord, Telemetry } from '@glasshouse/telemetry';
export { currentContext, runInContext } from '@glasshouse/telemetry';
export type { Cache } from './cache.js';
export type {
  ClientAnswer,
  ClientOptions,
  ClientRequest,
  DownstreamOutcome,
  DownstreamReason,
  HttpClient,
} from './client.js';
export { DownstreamError } from './client.js';
export type { Clock } from './clock.js';
export type { BaseConfig } from './config.js';
export { baseConfig, ConfigError, durationMs, httpUrl, mongoUrl, parseConfig } from './config.js';
export type { Counters } from './counters.js';
export type { Database } from './database.js';
export { isDuplicateKey, isOutcomeUnknown, mongooseSchema, trusted } from './database.js';
export type { ErrorFactory, ErrorKind, ErrorOptions, ErrorSpec, FieldProblem } from './errors.js';
export { AppError, defineError, kitErrors, statusOfKind } from './errors.js';
export type { ServiceKeys } from './guards/service-keys.js';
export type { TokenVerifier } from './guards/token-verifier.js';
export type { HttpAppOptions } from './http/http-app.js';
export { accepted, created, noContent, ok } from './http/replies.js';
export { matchedRoute } from './http/request-state.js';
export type { RouteTemplate } from './http/route-table.js';
export type { Access, Answer, Caller, Method, Reply, Route, RouteInput, RouteSpec } from './http/routes.js';
export { defineRoute } from './http/routes.js';
export type { CacheOptions, Kit, KitOptions, KitOverrides, ServiceOptions } from './kit.js';
export { createKit } from './kit.js';
export type { Links } from './links.js';
export { createLinks } from './links.js';
export type { OpenApiOptions } from './openapi.js';
export { toOpenApi } from './openapi.js';
export type { Outbound, OutboundCall } from './outbound.js';
export { decodeCursor, encodeCursor, pageQuery } from './paging.js';
export { runService } from './run-service.js';
export type { JobOptions } from './service/jobs.js';
export type { Service, ServicePorts } from './service/service.js';
export type { WorkerPool } from './workers.js';
