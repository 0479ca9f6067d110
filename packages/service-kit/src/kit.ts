import { randomUUID } from 'node:crypto';
import { type Capture, createTelemetry, type Telemetry } from '@glasshouse/telemetry';
import express, { type Express, type RequestHandler } from 'express';
import type { Cache } from './cache.js';
import type { ClientOptions, HttpClient } from './client.js';
import { type Clock, systemClock } from './clock.js';
import type { BaseConfig } from './config.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import type { TokenVerifier } from './guards/token-verifier.js';
import type { RouteTemplate } from './http/route-table.js';
import type { Route } from './http/routes.js';
import type { Service } from './service.js';
import type { WorkerPool } from './workers.js';

/** What a test decides instead of the environment. */
export interface KitOverrides {
  stdout?: NodeJS.WritableStream | false | undefined;
  capture?: Capture | undefined;
  clock?: Clock | undefined;
  /** How long a service that is going down still takes requests, so that its callers notice; default 1,000. */
  drainDelayMs?: number | undefined;
}

export interface KitOptions {
  name: string;
  version: string;
  config: BaseConfig;
  overrides?: KitOverrides | undefined;
}

export interface HttpAppOptions {
  routes: readonly Route[];
  /** Handlers that run before the routes, inside the request's span and context: a gateway's proxies. */
  before?: readonly RequestHandler[] | undefined;
  /** The paths that `before` answers, so that its spans and metrics have names and unknown paths are refused first. */
  templates?: readonly RouteTemplate[] | undefined;
  /** `false` at the public edge: a new trace and request id, theirs is kept as a reference, their deadline ignored. */
  trustIncomingTrace?: boolean | undefined;
  /** Requests at once; more are refused with 503. Default 256. */
  maxInFlight?: number | undefined;
}

export interface CacheOptions {
  name: string;
  ttlMs: number;
  maxEntries?: number | undefined;
}

export interface JobOptions {
  name: string;
  intervalMs: number;
  run: (signal: AbortSignal) => Promise<void>;
}

/** Makes the parts of a service and remembers them, so that `service` can start and stop them in the right order. */
export interface Kit {
  /** For src/telemetry.ts, the probe, and nobody else. */
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Verifies access tokens; routes do it by their `access`, a gateway's proxies by themselves. */
  readonly tokens: TokenVerifier;
  /** A random UUID (version 4). */
  newId(): string;
  database(options: { url: string }): Database;
  client(options: ClientOptions): HttpClient;
  cache<T>(options: CacheOptions): Cache<T>;
  counters(options: { name: string }): Counters;
  workers(options: { file: string; size: number; maxQueue: number }): WorkerPool;
  /** A job that runs while the service does, never twice at once, and is awaited when it goes down. */
  every(options: JobOptions): void;
  httpApp(options: HttpAppOptions): Express;
  service(options: ServiceOptions): Service;
}

export interface ServiceOptions {
  app: Express;
  internal?: Express | undefined;
  /** Runs after the database is connected, again until it succeeds; readiness waits for it. */
  onStart?: (() => Promise<void>) | undefined;
  onStop?: (() => Promise<void>) | undefined;
}

/** Composes the parts of a service from its configuration. Nothing listens or connects before `service().start()`. */
export const createKit = ({ name, version, config, overrides = {} }: KitOptions): Kit => {
  const telemetry = createTelemetry({
    service: name,
    version,
    logLevel: config.LOG_LEVEL,
    tracer: config.TRACER,
    sampleRatio: config.TRACE_SAMPLE_RATIO,
    stdout: overrides.stdout,
    capture: overrides.capture,
  });
  const unfinished = (): never => {
    throw new Error('not built yet');
  };
  return {
    telemetry,
    clock: overrides.clock ?? systemClock,
    tokens: { verify: unfinished },
    newId: () => randomUUID(),
    database: unfinished,
    client: unfinished,
    cache: unfinished,
    counters: unfinished,
    workers: unfinished,
    every: unfinished,
    httpApp: () => express(),
    service: unfinished,
  };
};
