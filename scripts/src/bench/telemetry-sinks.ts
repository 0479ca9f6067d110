import { createTelemetryBackend } from '@glasshouse/embedded-telemetry';

// The real stand-ins as sinks: what the gateway sends is really received, decoded and stored.
const backend = createTelemetryBackend({
  ports: {
    fluentd: Number(process.env.FLUENTD_PORT),
    jaegerCollector: Number(process.env.JAEGER_PORT),
    zipkin: 0,
    jaegerQuery: 0,
    prometheus: 0,
    elasticsearch: 0,
  },
  scrapeTargets: [],
});
void backend.start();
process.once('SIGTERM', () => void backend.stop().then(() => process.exit(0)));
