import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { type Capture, createTelemetry, type Telemetry, type TelemetryOptions } from '@glasshouse/telemetry';
import { createAdminApp } from './admin/admin-app.js';
import { type Cache, createCaches } from './cache.js';
import { type ClientOptions, createClients, type HttpClient } from './client.js';
import { createClientMetrics } from './client-metrics.js';
import { type Clock, systemClock } from './clock.js';
import type { BaseConfig } from './config.js';
import { type Counters, createCounters } from './counters.js';
import { createDatabase, type Database } from './database.js';
import { createFaults } from './faults.js';
import { createGuard, rememberCaller } from './guards/guard.js';
import { createKeyFetch, createKeySet } from './guards/jwks.js';
import { loadServiceKeys, type ServiceKeys } from './guards/service-keys.js';
import { createTokenVerifier, type TokenVerifier } from './guards/token-verifier.js';
import { createHazelcast } from './hazelcast.js';
import { stateRefusal } from './http/boundary.js';
import { createHttpApp, type HttpAppOptions, type HttpParts } from './http/http-app.js';
import { createHttpMetrics } from './http/http-metrics.js';
import { createLoopDelay } from './http/load-guard.js';
import { createOutbound, type Outbound } from './outbound.js';
import { createJobs, type JobOptions } from './service/jobs.js';
import { createLifecycle, createReadiness, type LifecycleState, type Resource } from './service/lifecycle.js';
import { createListener, type Listener } from './service/listener.js';
import type { Service } from './service/service.js';
import { createWorkerPool, type WorkerPool } from './workers.js';

/** What a test decides instead of the environment. */
export interface KitOverrides {
  stdout?: NodeJS.WritableStream | false | undefined;
  capture?: Capture | undefined;
  clock?: Clock | undefined;
  /** How long a service that goes down still takes requests, so that its callers notice; default 1,000. */
  drainDelayMs?: number | undefined;
}

export interface KitOptions {
  name: string;
  version: string;
  config: BaseConfig;
  overrides?: KitOverrides | undefined;
}

export interface CacheOptions {
  name: string;
  ttlMs: number;
  maxEntries?: number | undefined;
}

export interface ServiceOptions {
  app: RequestListener;
  internal?: RequestListener | undefined;
  /** Runs after the database is connected, again until it succeeds; readiness waits for it. */
  onStart?: (() => Promise<void>) | undefined;
  onStop?: (() => Promise<void>) | undefined;
}

/** Makes the parts of a service and remembers them, so that `service` can start and stop them in the right order. */
export interface Kit {
  /** For src/telemetry.ts, the probe, and nobody else. */
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Routes verify tokens by their `access`; this is for a gateway's own handlers. */
  readonly tokens: TokenVerifier;
  /** Routes verify service keys by their `access`; this is for what a service believes only of some callers. */
  readonly serviceKeys: ServiceKeys;
  /** Aborts when the service begins to go down: the end of answers that would go on for ever, such as streams of events. */
  readonly stopping: AbortSignal;
  /** A random UUID (version 4). */
  newId(): string;
  database(options: { url: string }): Database;
  client(options: ClientOptions): HttpClient;
  /** Span, metric, breaker and headers for calls that a gateway's proxy makes by itself. */
  outbound(options: { peer: string }): Outbound;
  cache<T>(options: CacheOptions): Cache<T>;
  counters(options: { name: string }): Counters;
  /** @param options.file absolute path of a JavaScript file that calls `defineWorkerTasks` */
  workers(options: { file: string; size: number; maxQueue: number }): WorkerPool;
  /** A job that runs while the service does, never twice at once, and is awaited when it goes down. */
  every(options: JobOptions): void;
  httpApp(options: HttpAppOptions): RequestListener;
  service(options: ServiceOptions): Service;
}

const tokenAudience = 'glasshouse';

/**
 * Composes the parts of a service from its configuration. Nothing listens or connects before `service().start()`.
 * @throws ConfigError if the file of service keys is not valid
 */
export const createKit = (options: KitOptions): Kit => {
  const { name, config, overrides = {} } = options;
  const serviceKeys = loadServiceKeys({ name, file: config.SERVICE_KEYS_FILE, isDemo: config.DEMO_MODE });
  const telemetry = createTelemetry(toTelemetryOptions(options));
  const clock = overrides.clock ?? systemClock;
  // A clock that is set back must not keep cached entries and counters alive; a test's own clock decides instead.
  const steadyMs =
    overrides.clock === undefined ? (): number => performance.now() : (): number => clock.now().getTime();
  const newId = (): string => randomUUID();
  const clientMetrics = createClientMetrics(telemetry.metrics);
  const clients = createClients({ telemetry, serviceKey: serviceKeys.own, metrics: clientMetrics });
  const hazelcast = config.CACHE_URL === 'memory:' ? undefined : createHazelcast({ url: config.CACHE_URL, telemetry });
  const caches = createCaches({ telemetry, service: name, hazelcast, nowMs: steadyMs });
  const jobs = createJobs(telemetry);
  const loopDelay = createLoopDelay();
  const faults = createFaults(Math.random);
  const state: LifecycleState = { phase: 'starting' };
  const stopping = new AbortController();
  const keys = createKeySet({ fetchKeys: createKeyFetch(clients, config.JWKS_URL), clock });
  const tokens = rememberCaller(
    createTokenVerifier({ keys, issuer: config.OAUTH_ISSUER, audience: tokenAudience, clock }),
  );
  const http: HttpParts = {
    telemetry,
    metrics: createHttpMetrics(telemetry),
    faults,
    guard: createGuard(tokens, serviceKeys),
    loopDelay,
    isDraining: () => state.phase === 'draining',
    publicUrl: config.PUBLIC_URL,
    newId,
  };
  const resources: Resource[] = [
    { name: 'event loop', close: loopDelay.stop },
    { name: 'clients', close: clients.close },
    ...(hazelcast === undefined
      ? []
      : [{ name: 'cache', connect: async () => hazelcast.start(), close: hazelcast.close }]),
  ];

  return {
    telemetry,
    clock,
    tokens,
    serviceKeys,
    stopping: stopping.signal,
    newId,
    database: ({ url }) => {
      const database = createDatabase({ url, telemetry });
      resources.push({ name: 'database', ...database });
      return database;
    },
    client: clients.create,
    outbound: ({ peer }) => {
      const outbound = createOutbound({ peer, telemetry, metrics: clientMetrics, serviceKey: serviceKeys.own });
      resources.push({ name: `outbound ${peer}`, close: outbound.close });
      return outbound;
    },
    cache: caches.create,
    counters: (options) => createCounters({ ...options, hazelcast, nowMs: steadyMs }),
    workers: (options) => {
      const pool = createWorkerPool({ ...options, telemetry });
      resources.push({ name: 'workers', close: pool.stop });
      return pool;
    },
    every: jobs.add,
    httpApp: (options) => createHttpApp(http, options),
    service: ({ app, internal, onStart = nothing, onStop = nothing }) => {
      const readiness = createReadiness({ resources, state });
      const admin = createAdminApp({ telemetry, faults, readiness, publicUrl: config.PUBLIC_URL });
      const toListener = (variable: 'PORT' | 'INTERNAL_PORT' | 'ADMIN_PORT', handler: RequestListener): Listener =>
        createListener({ variable, port: config[variable], handler, onRefused: (error) => stateRefusal(http, error) });
      return createLifecycle({
        telemetry,
        host: config.HOST,
        listeners: {
          app: toListener('PORT', app),
          internal: internal && toListener('INTERNAL_PORT', internal),
          admin: toListener('ADMIN_PORT', admin),
        },
        resources,
        jobs,
        state,
        stopping,
        drainDelayMs: overrides.drainDelayMs ?? 1_000,
        onStart,
        onStop,
      });
    },
  };
};

const nothing = async (): Promise<void> => {};

const toTelemetryOptions = ({ name, version, config, overrides = {} }: KitOptions): TelemetryOptions => ({
  service: name,
  version,
  logLevel: config.LOG_LEVEL,
  fluentdUrl: config.FLUENTD_URL,
  tracer: config.TRACER,
  jaegerEndpoint: config.JAEGER_ENDPOINT,
  zipkinEndpoint: config.ZIPKIN_ENDPOINT,
  otlpEndpoint: config.OTLP_ENDPOINT,
  sampleRatio: config.TRACE_SAMPLE_RATIO,
  stdout: overrides.stdout,
  capture: overrides.capture,
});
