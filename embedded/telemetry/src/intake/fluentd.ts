import { createServer, type Server, type Socket } from 'node:net';
import { encode } from '@msgpack/msgpack';
import type { LogStore } from '../store/logs.js';
import { createForwardDecoder } from './forward.js';
import { createMessageReader, ProtocolError } from './messages.js';

export interface FluentdReceiverOptions {
  logs: LogStore;
  maxConnections: number;
  /** Of one message, also after decompression. */
  maxMessageBytes: number;
  /** Of the unfinished messages of all connections together. */
  maxBufferedBytes: number;
}

export interface FluentdReceiver {
  readonly server: Server;
  stats(): { connections: number; broken: number };
  /** Ends every connection. */
  close(): void;
}

// A sender that does not read its acknowledgements is cut off before they pile up.
const maxUnreadAcks = 64 * 1_024;

/** Fluentd's `forward` input without TLS and handshake. A connection that breaks the protocol is closed. */
export const createFluentdReceiver = (options: FluentdReceiverOptions): FluentdReceiver => {
  const { logs, maxConnections, maxMessageBytes, maxBufferedBytes } = options;
  const decode = createForwardDecoder(maxMessageBytes);
  const buffered = new Map<Socket, () => number>();
  let broken = 0;

  const totalBuffered = (): number => [...buffered.values()].reduce((sum, bytes) => sum + bytes(), 0);

  const serve = (socket: Socket): void => {
    const reader = createMessageReader(maxMessageBytes);
    buffered.set(socket, () => reader.capacity);
    socket.on('data', (chunk) => {
      try {
        for (const bytes of reader.read(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))) {
          const message = decode(bytes);
          for (const { time, record } of message?.entries ?? []) logs.add(record, time);
          if (message?.chunk !== undefined) socket.write(encode({ ack: message.chunk }));
        }
        if (totalBuffered() > maxBufferedBytes) throw new ProtocolError('too much is unfinished');
        if (socket.writableLength > maxUnreadAcks) throw new ProtocolError('acknowledgements are not read');
      } catch {
        broken++;
        socket.destroy();
      }
    });
    // A reset is the sender's affair: what was complete is stored, and what was not acknowledged is sent again.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => buffered.delete(socket));
  };

  const server = createServer(serve);
  server.maxConnections = maxConnections;
  return {
    server,
    stats: () => ({ connections: buffered.size, broken }),
    close: () => {
      for (const socket of buffered.keys()) socket.destroy();
    },
  };
};
