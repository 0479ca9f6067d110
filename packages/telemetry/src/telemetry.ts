import { hostname } from 'node:os';
import { currentContext } from './context.js';
import { levelNames } from './logs/levels.js';
import { createLogs, type Logs } from './logs/logs.js';
import { createMetrics } from './metrics/metrics.js';
import { createJaegerEncoder } from './tracing/jaeger-encoder.js';
import { createOtlpEncoder } from './tracing/otlp-encoder.js';
import type { SpanEncoder } from './tracing/span-encoder.js';
import { createSpanReporter, type SpanReporter } from './tracing/span-reporter.js';
import { createTracer } from './tracing/tracer.js';
import { createTracing } from './tracing/tracing.js';
import { createZipkinEncoder } from './tracing/zipkin-encoder.js';
import type { Metrics, Telemetry, TelemetryOptions } from './types.js';

type Identity = TelemetryOptions & { instanceId: string };

const dropReasons = ['full', 'refused', 'closed'] as const;

const isSet = (text: string | undefined): text is string => text !== undefined && text !== '';

const createCountedLogs = (options: Identity, metrics: Metrics): Logs => {
  const sinks = ['stdout', 'fluentd'] as const;
  const emitted = metrics.counter({
    name: 'log_records_total',
    help: 'Log records written, by level.',
    labels: { level: levelNames },
  });
  const delivered = metrics.counter({
    name: 'log_records_delivered_total',
    help: 'Log records a sink has confirmed.',
    labels: { sink: sinks },
  });
  const dropped = metrics.counter({
    name: 'log_records_dropped_total',
    help: 'Log records a sink will never get: its buffer was full, it refused them, or the service closed.',
    labels: { sink: sinks, reason: dropReasons },
  });
  const logs = createLogs(options, {
    onEmitted: (level) => emitted.inc({ level }),
    sink: (sink) => ({
      onDelivered: (count) => delivered.inc({ sink }, count),
      onDropped: (count, reason) => dropped.inc({ sink, reason }, count),
    }),
  });
  metrics.observableGauge({ name: 'log_records_buffered', help: 'Log records waiting for their sinks.' }, logs.waiting);
  return logs;
};

/** The chosen backends, each with the encoder of its protocol. */
const chooseBackends = (options: Identity): { sink: string; endpoint: string; encoder: SpanEncoder }[] => {
  const { tracer, jaegerEndpoint, zipkinEndpoint, otlpEndpoint } = options;
  if (tracer === 'none') return [];
  const backends = [];
  if (tracer === 'jaeger' && isSet(jaegerEndpoint)) {
    backends.push({ sink: 'jaeger', endpoint: jaegerEndpoint, encoder: createJaegerEncoder(options) });
  }
  if (tracer === 'otlp' && isSet(otlpEndpoint)) {
    backends.push({ sink: 'otlp', endpoint: otlpEndpoint, encoder: createOtlpEncoder(options) });
  }
  if (isSet(zipkinEndpoint)) {
    backends.push({ sink: 'zipkin', endpoint: zipkinEndpoint, encoder: createZipkinEncoder() });
  }
  return backends;
};

const createCountedReporters = (options: Identity, metrics: Metrics): SpanReporter[] => {
  const sinks = ['jaeger', 'otlp', 'zipkin'];
  const reported = metrics.counter({
    name: 'spans_reported_total',
    help: 'Spans a tracing backend has confirmed.',
    labels: { sink: sinks },
  });
  const dropped = metrics.counter({
    name: 'spans_dropped_total',
    help: 'Spans a tracing backend will never get: the buffer was full, it refused them, or the service closed.',
    labels: { sink: sinks, reason: dropReasons },
  });
  const reporters = chooseBackends(options).map(({ sink, endpoint, encoder }) =>
    createSpanReporter({
      endpoint,
      encoder,
      onDelivered: (count) => reported.inc({ sink }, count),
      onDropped: (count, reason) => dropped.inc({ sink, reason }, count),
    }),
  );
  metrics.observableGauge({ name: 'spans_buffered', help: 'Finished spans waiting for their backends.' }, () =>
    reporters.reduce((sum, reporter) => sum + reporter.waiting(), 0),
  );
  return reporters;
};

/** The logs, spans and metrics of one service. Several may live in one process. Throws on wrong options. */
export const createTelemetry = (given: TelemetryOptions): Telemetry => {
  const options: Identity = { ...given, instanceId: given.instanceId ?? `${hostname()}-${process.pid}` };
  const { service, sampleRatio, capture } = options;
  const metrics = createMetrics(() => currentContext()?.span);
  const logs = createCountedLogs(options, metrics);
  const reporters = createCountedReporters(options, metrics);
  const tracer = createTracer({
    service,
    sampleRatio,
    onFinish: (span) => {
      capture?.span(span);
      for (const reporter of reporters) reporter.report(span);
    },
  });

  return {
    fact(fact) {
      const context = currentContext();
      for (const name in fact.tags) context?.span?.setTag(name, fact.tags[name]);
      logs.write(fact, context);
    },
    logLevel: logs.level,
    tracing: createTracing(tracer),
    metrics,
    async close(timeoutMs) {
      await Promise.all([...reporters, logs].map((sink) => sink.flush(timeoutMs)));
    },
  };
};
