import type { DropReason } from '../outbox.js';
import type { LogRecord } from '../types.js';

/** Where a Winston format puts the rendered line (`MESSAGE` of its package triple-beam). */
export const MESSAGE: unique symbol = Symbol.for('message');

/** What goes through Winston: the record was stamped before, so nothing depends on when it is formatted. */
export interface LogLine {
  level: string;
  message: string;
  /** Epoch milliseconds. */
  at: number;
  record: LogRecord;
  [MESSAGE]?: string;
}

export interface SinkEvents {
  onDelivered(count: number): void;
  onDropped(count: number, reason: DropReason): void;
}

export interface LogSink {
  /** Records that are neither delivered nor dropped. */
  waiting(): number;
  /** Delivers what is waiting, drops the rest after the timeout; later records are dropped. */
  flush(timeoutMs: number): Promise<void>;
}
