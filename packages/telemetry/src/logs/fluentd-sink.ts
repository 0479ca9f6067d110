import Transport from 'winston-transport';
import { createOutbox, type Outbox } from '../outbox.js';
import { FluentdConnection } from './fluentd-connection.js';
import { createEntryEncoder } from './forward-entry.js';
import type { LogLine, LogSink, SinkEvents } from './log-sink.js';

export interface FluentdLimits {
  maxItems: number;
  maxBytes: number;
  ackTimeoutMs: number;
  lingerMs: number;
}

// 12 MiB hold 60 s of some 500 records a second.
const defaultLimits: FluentdLimits = { maxItems: 50_000, maxBytes: 12 << 20, ackTimeoutMs: 3_000, lingerMs: 100 };

const BATCH_RECORDS = 1_000;
const BATCH_BYTES = 1 << 20;
const retry = { minMs: 100, maxMs: 5_000 };

/** `tcp://host:port`; throws a TypeError on anything else. */
export const parseFluentdUrl = (text: string): { host: string; port: number } => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'tcp:' || url.hostname === '' || (url.pathname !== '' && url.pathname !== '/')) {
    throw new TypeError('The Fluentd address must look like tcp://host:24224');
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 24_224 : Number(url.port) };
};

/**
 * Winston's way to Fluentd. It takes each record at once, so that it never holds up the other transports; the outbox
 * behind it delivers when Fluentd is there.
 */
export class FluentdSink extends Transport implements LogSink {
  private readonly outbox: Outbox<Buffer>;
  private readonly encode = createEntryEncoder();
  private connection: FluentdConnection | undefined;

  constructor(options: { url: string; tag: string; events: SinkEvents; limits?: Partial<FluentdLimits> | undefined }) {
    super();
    const { tag, events } = options;
    const address = parseFluentdUrl(options.url);
    const limits = { ...defaultLimits, ...options.limits };
    this.outbox = createOutbox<Buffer>({
      maxItems: limits.maxItems,
      maxBytes: limits.maxBytes,
      batch: { maxItems: BATCH_RECORDS, maxBytes: BATCH_BYTES, lingerMs: limits.lingerMs },
      retry,
      ...events,
      deliver: async (entries) => {
        if (this.connection?.isOpen !== true) this.connection = new FluentdConnection(tag, address);
        await this.connection.send(entries, limits.ackTimeoutMs);
      },
    });
  }

  override log({ record, at }: LogLine, next: () => void): void {
    const entry = this.encode(at, record);
    this.outbox.push(entry, entry.length);
    next();
  }

  waiting(): number {
    return this.outbox.waiting();
  }

  async flush(timeoutMs: number): Promise<void> {
    await this.outbox.close(timeoutMs);
    this.connection?.end(new Error('The service is closing'));
  }
}
