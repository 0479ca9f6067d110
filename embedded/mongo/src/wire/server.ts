import { createServer, type Server, type Socket } from 'node:net';
import { MongoError, toErrorReply } from '../bson/errors.js';
import type { Connection } from '../commands/command.js';
import type { Dispatch } from '../commands/dispatch.js';
import { maxMessageBytes } from '../commands/server-info.js';
import { encodeReply, headerBytes, messageLength, ProtocolError, parseMessage, requestIdOf } from './message.js';

export interface WireServer {
  /** Resolves with the port; rejects with a clear error when it is taken. */
  listen(port: number, host: string): Promise<number>;
  /** Lets the commands that run finish and be answered, then closes every connection. */
  close(): Promise<void>;
}

const maxConnections = 500;
/** Messages longer than a megabyte are received only while they fit in here together. */
const maxLargeBytes = 256_000_000;
const largeBytes = 1_000_000;
const closeTimeoutMs = 2000;

export const createWireServer = (dispatch: Dispatch, report: (error: unknown) => void): WireServer => {
  const sockets = new Map<Socket, { isBusy: boolean }>();
  const serving = new Set<Promise<void>>();
  const memory = { large: 0 };
  let lastConnection = 0;
  let isClosing = false;

  const serve = async (socket: Socket, connection: Connection): Promise<void> => {
    const state = { isBusy: false };
    sockets.set(socket, state);
    try {
      for await (const message of messagesOf(socket, memory)) {
        state.isBusy = true;
        await answer(socket, message, connection);
        state.isBusy = false;
        if (isClosing) break;
      }
    } catch (error) {
      if (error instanceof ProtocolError) report(`connection ${connection.id} closed: ${error.message}`);
      else if (!(error instanceof Error && 'code' in error)) report(error);
    } finally {
      sockets.delete(socket);
      socket.destroy();
    }
  };

  const answer = async (socket: Socket, message: Buffer, connection: Connection): Promise<void> => {
    try {
      const request = parseMessage(message);
      const reply = await dispatch(request.command, connection);
      if (!request.isSilent) await send(socket, encodeReply(reply, request));
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      await send(socket, encodeReply(toErrorReply(error), { requestId: requestIdOf(message), isLegacy: false }));
    }
  };

  const server = createServer((socket) => {
    lastConnection += 1;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const serverAddress = formatAddress(socket.localAddress, socket.localPort);
    const clientAddress = formatAddress(socket.remoteAddress, socket.remotePort);
    const served = serve(socket, { id: lastConnection, serverAddress, clientAddress });
    serving.add(served);
    void served.finally(() => serving.delete(served));
  });
  server.maxConnections = maxConnections;

  return {
    listen: (port, host) => listen(server, port, host),
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, { isBusy }] of sockets) if (!isBusy) socket.destroy();
      // A client that does not read its answer must not keep the store from stopping.
      const patience = setTimeout(() => {
        for (const socket of sockets.keys()) socket.destroy();
      }, closeTimeoutMs);
      await Promise.all([closed, ...serving]);
      clearTimeout(patience);
    },
  };
};

const listen = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      reject(
        isTaken ? new Error(`The document store cannot listen: port ${port} on ${host} is in use.`, { cause }) : cause,
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

const formatAddress = (address = '127.0.0.1', port = 0): string => {
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
};

/** Waits for a slow reader: its answers stay in its socket, not in this process's memory. */
const send = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => void socket.write(bytes, () => resolve()));

/** Cuts the stream into messages; holds at most one message, whose announced length was checked first. */
async function* messagesOf(socket: Socket, memory: { large: number }): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 0;
  const expect = (length: number): void => {
    memory.large += (length > largeBytes ? length : 0) - (wanted > largeBytes ? wanted : 0);
    wanted = length;
    if (memory.large > maxLargeBytes) throw new ProtocolError('too many large messages at once');
  };
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      held += chunk.length;
      while (held >= headerBytes) {
        if (wanted === 0) {
          chunks = [Buffer.concat(chunks)];
          expect(messageLength(chunks[0] as Buffer, maxMessageBytes));
        }
        if (held < wanted) break;
        const whole = Buffer.concat(chunks);
        yield whole.subarray(0, wanted);
        chunks = [whole.subarray(wanted)];
        held -= wanted;
        expect(0);
      }
    }
  } finally {
    expect(0);
  }
}
