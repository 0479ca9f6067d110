import { createServer, type Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import type { Express } from 'express';
import { listen } from './http.js';
import { createJaegerCollector, createZipkinApi } from './intake/collectors.js';
import { createFluentdReceiver } from './intake/fluentd.js';
import { renderOwnMetrics } from './own-metrics.js';
import { createPromql } from './promql/index.js';
import { createElasticsearchApi } from './query/elastic/api.js';
import { addJaegerErrors, createJaegerQuery } from './query/jaeger.js';
import { createPrometheusApi } from './query/prometheus.js';
import { createRulesApi } from './rules/api.js';
import { createRules, type RulesOptions } from './rules/index.js';
import { createScraper, type ScrapeTarget } from './scrape/scraper.js';
import { createLogStore } from './store/logs.js';
import { createMetricStore } from './store/metrics.js';
import { createReferencedTraces } from './store/referenced.js';
import { createSpanStore } from './store/spans.js';

const mebibyte = 1_048_576;
/** Nothing else can be done while a rule is evaluated, and the next run comes soon. */
const ruleTimeoutMs = 1_000;

/** All bounds of memory. The stores' bytes are estimates that come out within a fifth of what V8 takes. */
export const defaultLimits = {
  /** About 200,000 lines as the shop writes them. */
  logBytes: 68 * mebibyte,
  /** About 20,000 traces of `npm run load`. */
  spanBytes: 54 * mebibyte,
  /** Trace ids of error records that keep their traces longest. */
  errorTraces: 20_000,
  metricBytes: 24 * mebibyte,
  seriesPerTarget: 2_500,
  scrapeBytes: 4 * mebibyte,
  /** One Fluentd message, one batch of spans or documents; also after decompression. */
  messageBytes: 8 * mebibyte,
  /** Unfinished Fluentd messages of all connections together. */
  bufferedBytes: 32 * mebibyte,
  connectionsPerPort: 256,
};
export type Limits = typeof defaultLimits;

export interface Ports {
  fluentd: number;
  jaegerCollector: number;
  zipkin: number;
  jaegerQuery: number;
  elasticsearch: number;
  prometheus: number;
}

export interface TelemetryBackendOptions {
  /** Default 127.0.0.1. */
  host?: string | undefined;
  /** 0 takes a free one. */
  ports: Ports;
  scrapeTargets: readonly ScrapeTarget[];
  /** Without them nothing is recorded and no alert fires. */
  rules?: RulesOptions | undefined;
  limits?: Partial<Limits> | undefined;
  /** Epoch milliseconds. */
  now?: (() => number) | undefined;
}

export interface TelemetryBackend {
  /** Answers the ports that were taken. Rejects, with nothing left open, if one of them cannot be had. */
  start(): Promise<Ports>;
  stop(): Promise<void>;
}

/** The stand-in for Fluentd, Elasticsearch, Jaeger, Zipkin and Prometheus: everything in memory, everything bounded. */
export const createTelemetryBackend = (options: TelemetryBackendOptions): TelemetryBackend => {
  const { host = '127.0.0.1', ports, scrapeTargets, now = Date.now } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const errorTraces = createReferencedTraces(limits.errorTraces);
  const metrics = createMetricStore(limits.seriesPerTarget, limits.metricBytes);
  const logs = createLogStore({ maxBytes: limits.logBytes, onError: errorTraces.add });
  const referenced = (): ((traceId: string) => boolean) => {
    const ofExemplars = metrics.traces();
    return (traceId) => errorTraces.has(traceId) || ofExemplars.has(traceId);
  };
  const spans = createSpanStore({ maxBytes: limits.spanBytes, referenced });
  const scraper = createScraper({ targets: scrapeTargets, metrics, maxBodyBytes: limits.scrapeBytes, now });
  const taken = { ...ports };
  const rules = createRules(options.rules ?? {}, {
    query: createPromql(metrics, ruleTimeoutMs).query,
    createWriter: metrics.createWriter,
    externalUrl: () => `http://${host}:${taken.prometheus}`,
    now,
  });
  const fluentd = createFluentdReceiver({
    logs,
    maxConnections: limits.connectionsPerPort,
    maxMessageBytes: limits.messageBytes,
    maxBufferedBytes: limits.bufferedBytes,
  });

  const jaegerQuery = createJaegerQuery(spans, now);
  jaegerQuery.get('/health', (_req, res) => void res.json({ status: 'up' }));
  jaegerQuery.get('/metrics', (_req, res) => {
    res.type('text/plain; version=0.0.4').send(renderOwnMetrics({ logs, spans, metrics, fluentd, rules }));
  });
  addJaegerErrors(jaegerQuery);

  const httpServers: HttpServer[] = [];
  const http = (api: Express): HttpServer => {
    const server = createServer(api);
    server.headersTimeout = 5_000;
    server.requestTimeout = 30_000;
    server.maxConnections = limits.connectionsPerPort;
    httpServers.push(server);
    return server;
  };
  const parts: Record<keyof Ports, { server: Server; part: string }> = {
    fluentd: { server: fluentd.server, part: 'Fluentd receiver' },
    jaegerCollector: { server: http(createJaegerCollector(spans, limits.messageBytes)), part: 'Jaeger collector' },
    zipkin: { server: http(createZipkinApi(spans, limits.messageBytes)), part: 'Zipkin collector' },
    jaegerQuery: { server: http(jaegerQuery), part: 'Jaeger query API' },
    elasticsearch: {
      server: http(createElasticsearchApi({ logs, maxBulkBytes: limits.messageBytes, now })),
      part: 'Elasticsearch API',
    },
    prometheus: {
      server: http(createPrometheusApi({ metrics, scraper, now, rules: createRulesApi(rules) })),
      part: 'Prometheus API',
    },
  };
  const names = Object.keys(parts) as (keyof Ports)[];

  const stop = async (): Promise<void> => {
    await Promise.all([scraper.stop(), rules.stop()]);
    const closed = names.map((name) => new Promise((resolve) => parts[name].server.close(resolve)));
    fluentd.close();
    for (const server of httpServers) server.closeAllConnections();
    await Promise.all(closed);
  };

  return {
    stop,
    async start() {
      try {
        for (const name of names)
          taken[name] = await listen(parts[name].server, { host, port: ports[name], part: parts[name].part });
        scraper.start();
        rules.start();
        return { ...taken };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
};
