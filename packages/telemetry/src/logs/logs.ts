import { createLogger, type Logform } from 'winston';
import type { Context, Fact, LogLevel, LogRecord, TelemetryOptions } from '../types.js';
import { FluentdSink } from './fluentd-sink.js';
import { levels } from './levels.js';
import { createRecordBuilder, type RecordOptions } from './log-record.js';
import { type LogLine, MESSAGE, type SinkEvents } from './log-sink.js';
import { StdoutSink } from './stdout-sink.js';

type SinkName = 'stdout' | 'fluentd';

export interface LogEvents {
  onEmitted(level: LogLevel): void;
  /** The events of one sink, to be counted. */
  sink(name: SinkName): SinkEvents;
}

export interface Logs {
  readonly level: { get(): LogLevel; set(level: LogLevel): void };
  write(fact: Fact, context: Context | undefined): void;
  /** Records that wait for Fluentd or for standard output. */
  waiting(): number;
  flush(timeoutMs: number): Promise<void>;
}

// Rendered once; every transport of text uses the same line.
const ecsLine: Logform.Format = {
  transform: (info) => {
    const line = info as unknown as LogLine;
    line[MESSAGE] = JSON.stringify(line.record);
    return info;
  },
};

/** Winston, with its lines going to standard output and to Fluentd. */
export const createLogs = (options: TelemetryOptions & RecordOptions, events: LogEvents): Logs => {
  const { capture, fluentdUrl, stdout = process.stdout } = options;
  const sinks = [
    ...(stdout === false ? [] : [new StdoutSink({ stream: stdout, events: events.sink('stdout') })]),
    ...(fluentdUrl === undefined || fluentdUrl === ''
      ? []
      : [new FluentdSink({ url: fluentdUrl, tag: `glasshouse.${options.service}`, events: events.sink('fluentd') })]),
  ];
  const logger = createLogger({ levels: { ...levels }, level: options.logLevel, format: ecsLine, transports: sinks });
  const buildRecord = createRecordBuilder(options);
  let level = options.logLevel;

  const emit = (record: LogRecord, factLevel: LogLevel) => {
    capture?.log(record);
    const line: LogLine = { level: factLevel, message: String(record.message), at: Date.now(), record };
    if (sinks.length > 0) logger.write(line);
  };

  return {
    level: {
      get: () => level,
      set: (next) => {
        level = next;
        logger.level = next;
      },
    },
    write(fact, context) {
      const factLevel = fact.level ?? 'info';
      if (levels[factLevel] > levels[level]) return;
      events.onEmitted(factLevel);
      emit(buildRecord(fact, context), factLevel);
    },
    waiting: () => sinks.reduce((sum, sink) => sum + sink.waiting(), 0),
    // Winston itself stays open: it buffers nothing, and a record after the end is counted as dropped by its sink.
    flush: async (timeoutMs) => {
      await Promise.all(sinks.map((sink) => sink.flush(timeoutMs)));
    },
  };
};
