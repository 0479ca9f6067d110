import FluentSender from 'fluent-logger/lib/sender.js';
import { asBytes } from '../byte-writer.js';

const CONNECTION_TIMEOUT_MS = 3_600_000;
const MAX_REPLY_LENGTH = 1_024;
const silent = { info: () => undefined, error: () => undefined };

interface Pending {
  chunk: string;
  succeed(): void;
  fail(error: Error): void;
}

/**
 * One connection to Fluentd: packs and sends one batch at a time and waits for its acknowledgement. When anything goes
 * wrong it is over: the owner makes a new one and sends the batch again.
 *
 * fluent-logger connects and packs. Writing and reading replies are replaced, since its own code throws out of a
 * socket callback when the connection is reset during a write or a reply arrives in two pieces, and sends nothing
 * again. Entries arrive encoded, since its encoder takes longer than all else on a record's way.
 */
export class FluentdConnection extends FluentSender {
  private pending: Pending | undefined;
  private reply = '';
  private isOver = false;

  constructor(
    private readonly tag: string,
    address: { host: string; port: number },
  ) {
    super(tag, {
      ...address,
      eventMode: 'PackedForward',
      // Milliseconds, whatever its documentation says; its default of 3 ms only causes timer traffic.
      timeout: CONNECTION_TIMEOUT_MS,
      requireAckResponse: true,
      enableReconnect: false,
      internalLogger: silent,
    });
  }

  /** Usable for a further batch. */
  get isOpen(): boolean {
    return !this.isOver;
  }

  /** Resolves on the acknowledgement; rejects on anything else, after the timeout at the latest. */
  send(entries: readonly Buffer[], timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(new Error('Fluentd did not acknowledge in time')), timeoutMs).unref();
      this.pending = {
        chunk: '',
        succeed: () => {
          clearTimeout(timer);
          resolve();
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this._connect(() => {
        if (this.isOver) return;
        for (const entry of entries) this._push(this.tag, undefined, entry);
        this._doFlushSendQueue();
      });
    });
  }

  end(reason: Error): void {
    this.isOver = true;
    const pending = this.pending;
    this.pending = undefined;
    this._disconnect();
    pending?.fail(reason);
  }

  protected override _doConnect(callback: () => void): void {
    super._doConnect(callback);
    const socket = this._socket;
    // An idle connection does not keep the process alive.
    socket?.unref();
    socket?.setNoDelay(true);
    socket?.on('data', (bytes) => this.read(bytes));
    socket?.on('error', (error) => this.end(error));
    socket?.on('close', () => this.end(new Error('Fluentd closed the connection')));
  }

  protected override _makeEventEntry(_time: undefined, entry: Buffer): Buffer {
    return entry;
  }

  protected override _doWrite(packet: Buffer, options: { chunk: string }): void {
    this._sendQueueSize = 0;
    if (this.pending === undefined || this._socket === null) return;
    this.pending.chunk = options.chunk;
    this._socket.write(asBytes(packet));
  }

  // A reply is {ack: chunk}. The chunk is random, so finding it is proof, however its map was encoded or cut in pieces.
  private read(bytes: Buffer): void {
    this.reply += bytes.toString('latin1');
    const { pending } = this;
    if (pending !== undefined && pending.chunk !== '' && this.reply.includes(pending.chunk)) {
      this.reply = '';
      this.pending = undefined;
      pending.succeed();
    } else if (this.reply.length > MAX_REPLY_LENGTH) {
      this.end(new Error('Fluentd sent something else than an acknowledgement'));
    }
  }
}
