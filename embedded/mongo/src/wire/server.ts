import { createServer, type Socket } from 'node:net';
import type { Connection } from '../commands/context.js';
import { maxMessageBytes } from '../commands/diagnostics.js';
import type { Dispatch } from '../commands/dispatch.js';
import { MongoError, toErrorReply } from '../commands/errors.js';
import {
  encodeReply,
  headerBytes,
  messageLength,
  ProtocolError,
  parseMessage,
  type Request,
  requestIdOf,
} from './message.js';

export interface WireServer {
  listen(port: number, host: string): Promise<number>;
  /** Lets the commands that run finish and be answered, then closes every connection. */
  close(): Promise<void>;
}

const maxConnections = 500;

export const createWireServer = (dispatch: Dispatch, report: (error: unknown) => void): WireServer => {
  const sockets = new Map<Socket, { isBusy: boolean }>();
  let lastConnection = 0;
  let isClosing = false;

  const serve = async (socket: Socket): Promise<void> => {
    lastConnection += 1;
    const state = { isBusy: false };
    sockets.set(socket, state);
    socket.setNoDelay(true);
    const connection: Connection = {
      id: lastConnection,
      serverAddress: formatAddress(socket.localAddress, socket.localPort),
      clientAddress: formatAddress(socket.remoteAddress, socket.remotePort),
    };
    try {
      for await (const message of messagesOf(socket)) {
        state.isBusy = true;
        await answer(socket, message, connection);
        state.isBusy = false;
        if (isClosing) break;
      }
    } catch (error) {
      if (error instanceof ProtocolError) report(`connection ${connection.id} closed: ${error.message}`);
      else if (!isConnectionError(error)) report(error);
    } finally {
      sockets.delete(socket);
      socket.destroy();
    }
  };

  const answer = async (socket: Socket, message: Buffer, connection: Connection): Promise<void> => {
    let request: Request;
    try {
      request = parseMessage(message);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      await send(socket, encodeReply(toErrorReply(error), { requestId: requestIdOf(message), isLegacy: false }, 0));
      return;
    }
    const reply = await dispatch(request.command, connection);
    if (!request.isSilent) await send(socket, encodeReply(reply, request, request.requestId));
  };

  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    void serve(socket);
  });
  server.maxConnections = maxConnections;

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          const isTaken = error.code === 'EADDRINUSE';
          reject(
            isTaken
              ? new Error(`The document store cannot listen: port ${port} on ${host} is in use.`, { cause: error })
              : error,
          );
        });
        server.listen(port, host, () => {
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      }),
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, { isBusy }] of sockets) if (!isBusy) socket.destroy();
      await closed;
    },
  };
};

const formatAddress = (address = '127.0.0.1', port = 0): string => {
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
};

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(String(error.code));

/** Waits for a slow reader: its answers stay in its socket, not in this process's memory. */
const send = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });

/** Cuts the stream into messages; holds at most one message, whose announced length was checked first. */
async function* messagesOf(socket: Socket): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= headerBytes) {
      if (wanted === 0) {
        chunks = [Buffer.concat(chunks)];
        wanted = messageLength(chunks[0] as Buffer, maxMessageBytes);
      }
      if (held < wanted) break;
      const whole = Buffer.concat(chunks);
      yield whole.subarray(0, wanted);
      chunks = [whole.subarray(wanted)];
      held -= wanted;
      wanted = 0;
    }
  }
}
