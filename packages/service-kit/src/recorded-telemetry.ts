import { createTelemetry, type LogRecord, type SpanRecord, type Telemetry } from '@glasshouse/telemetry';

/** The real telemetry with everything it emits at hand; for tests. */
export interface RecordedTelemetry {
  telemetry: Telemetry;
  logs: LogRecord[];
  spans: SpanRecord[];
  facts(action: string): LogRecord[];
  /** The sum over all samples of this name that have these labels; 0 without any. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

export const recordTelemetry = (service = 'order'): RecordedTelemetry => {
  const logs: LogRecord[] = [];
  const spans: SpanRecord[] = [];
  const telemetry = createTelemetry({
    service,
    version: '0.0.0',
    logLevel: 'debug',
    tracer: 'none',
    sampleRatio: 1,
    stdout: false,
    capture: { log: (record) => logs.push(record), span: (span) => spans.push(span) },
  });
  return {
    telemetry,
    logs,
    spans,
    facts: (action) => logs.filter((record) => record['event.action'] === action),
    async metric(name, labels = {}) {
      const { body } = await telemetry.metrics.render();
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return body
        .split('\n')
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .filter((line) => wanted.every((label) => line.includes(label)))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
  };
};
