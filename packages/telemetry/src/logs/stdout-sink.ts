import Transport from 'winston-transport';
import { createOutbox, type Outbox, Refused } from '../outbox.js';
import { type LogLine, type LogSink, MESSAGE, type SinkEvents } from './log-sink.js';

export interface StdoutLimits {
  maxItems: number;
  maxBytes: number;
}

const defaultLimits: StdoutLimits = { maxItems: 20_000, maxBytes: 4 << 20 };

const BATCH = { maxItems: 1_000, maxBytes: 256 << 10, lingerMs: 10 };
const retry = { minMs: 100, maxMs: 5_000 };

// Node writes to a terminal synchronously: Ctrl-S in it would stop the server.
const makeAsynchronous = (stream: NodeJS.WritableStream): void => {
  const { isTTY, _handle } = stream as { isTTY?: boolean; _handle?: { setBlocking?(isBlocking: boolean): void } };
  if (isTTY === true) _handle?.setBlocking?.(false);
};

/**
 * Winston's way to standard output: many lines in one write, one write at a time. When the reader stops, lines wait up
 * to the bound, then the oldest are dropped; the server goes on.
 */
export class StdoutSink extends Transport implements LogSink {
  private readonly outbox: Outbox<string>;
  private readonly stream: NodeJS.WritableStream;
  private isWriting = false;

  constructor(options: {
    stream: NodeJS.WritableStream;
    events: SinkEvents;
    limits?: Partial<StdoutLimits> | undefined;
  }) {
    super();
    this.stream = options.stream;
    makeAsynchronous(this.stream);
    // A full disk or a reader that went away comes back through the callback of `write`; without a listener the same
    // error would also end the process.
    this.stream.on('error', ignore);
    this.outbox = createOutbox<string>({
      ...defaultLimits,
      ...options.limits,
      batch: BATCH,
      retry,
      ...options.events,
      deliver: (lines) => this.writeLines(lines),
    });
  }

  override log(line: LogLine, next: () => void): void {
    const text = line[MESSAGE] ?? '';
    this.outbox.push(text, text.length);
    next();
  }

  waiting(): number {
    return this.outbox.waiting();
  }

  async flush(timeoutMs: number): Promise<void> {
    await this.outbox.close(timeoutMs);
    if (!this.isWriting) this.stream.off('error', ignore);
  }

  // Part of a failed write may be out already, so it is not tried again.
  private writeLines(lines: readonly string[]): Promise<void> {
    this.isWriting = true;
    return new Promise((resolve, reject) => {
      this.stream.write(`${lines.join('\n')}\n`, (error) => {
        this.isWriting = false;
        if (error) reject(new Refused(error.message));
        else resolve();
      });
    });
  }
}

const ignore = (): void => undefined;
