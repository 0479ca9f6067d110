import { type LogLine, toLogLine } from '../log-line.js';
import type { Evidence } from '../why/evidence.js';
import { testStartUs, testTraceId } from './traces.js';

export interface LineOptions {
  readonly at?: number;
  readonly service?: string;
  readonly level?: string;
  readonly message?: string;
  readonly fact?: string;
  readonly span?: string;
  readonly trace?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A log line of the test trace; `at` in milliseconds after its start. */
export const line = (options: LineOptions = {}): LogLine => {
  const { at = 0, service = 'order', level = 'info', fact = '', span = '', trace = testTraceId, fields = {} } = options;
  return toLogLine({
    _id: JSON.stringify(options),
    _source: {
      '@timestamp': new Date(testStartUs / 1_000 + at).toISOString(),
      'log.level': level,
      'service.name': service,
      message: options.message ?? `It was ${fact}.`,
      'event.action': fact,
      'trace.id': trace,
      'span.id': span,
      ...fields,
    },
  });
};

/** Evidence of nothing but what is given. */
export const evidenceOf = (found: Partial<Evidence>): Evidence => ({
  text: testTraceId,
  subject: { kind: 'trace', id: testTraceId },
  looked: [],
  traces: [],
  lines: [],
  areLinesCut: false,
  around: [],
  breakers: [],
  alerts: [],
  similar: [],
  peers: [],
  unavailable: [],
  ...found,
});
