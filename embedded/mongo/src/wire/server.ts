import { on, once, setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Dispatch } from '../commands/dispatch.js';
import { encodeReply, headerBytes, messageLength, ProtocolError, parseCommand, parseHead } from './message.js';

const maxConnections = 500;
/** Messages longer than a megabyte are received only while they fit in here together. */
const maxLargeBytes = 256_000_000;
const largeBytes = 1_000_000;
const closeTimeoutMs = 2000;

export const createWireServer = (dispatch: Dispatch, report: (error: unknown) => void) => {
  const serving = new Map<Socket, Promise<void>>();
  const closing = new AbortController();
  setMaxListeners(maxConnections, closing.signal);
  const memory = { large: 0 };
  let lastId = 0;

  const serve = async (socket: Socket, id: number): Promise<void> => {
    const serverAddress = formatAddress(socket.localAddress, socket.localPort);
    const connection = { id, serverAddress, clientAddress: formatAddress(socket.remoteAddress, socket.remotePort) };
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    try {
      for await (const message of messagesOf(socket, memory, closing.signal)) {
        const { requestId, isLegacy, isSilent } = parseHead(message);
        const reply = await dispatch(() => parseCommand(message, isLegacy), connection);
        // A slow reader is waited for: its answers stay in its socket, not in this process's memory.
        if (!isSilent) await new Promise((done) => socket.write(encodeReply(reply, requestId, isLegacy), done));
      }
    } catch (error) {
      // The errors of sockets, and that of closing, have a code: nobody needs to hear of them.
      if (error instanceof ProtocolError) report(`connection ${id} closed: ${error.message}`);
      else if (!('code' in (error as object))) report(error);
    }
    serving.delete(socket);
    socket.destroy();
  };

  const server = createServer((socket) => void serving.set(socket, serve(socket, ++lastId)));
  server.maxConnections = maxConnections;

  return {
    /** Resolves with the port; rejects with a clear error when it is taken. */
    listen: async (port: number, host: string): Promise<number> => {
      await once(server.listen(port, host), 'listening').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EADDRINUSE') throw cause;
        throw new Error(`The document store cannot listen: port ${port} on ${host} is in use.`, { cause });
      });
      return (server.address() as AddressInfo).port;
    },
    /** Lets the commands that run finish and be answered, then closes every connection. */
    close: async (): Promise<void> => {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort();
      // A client that does not read its answer must not keep the store from stopping.
      const patience = setTimeout(() => [...serving.keys()].map((socket) => socket.destroy()), closeTimeoutMs);
      await Promise.all([closed, ...serving.values()]);
      clearTimeout(patience);
    },
  };
};

const formatAddress = (address = '127.0.0.1', port = 0): string =>
  `${address.replace(/^::ffff:/, '').replace(/.*:.*/, '[$&]')}:${port}`;

/** Cuts the stream into messages; holds at most one, whose announced length was checked first. What is cut off is left. */
async function* messagesOf(socket: Socket, memory: { large: number }, signal: AbortSignal): AsyncGenerator<Buffer> {
  let header: Buffer | null = null;
  let large = 0;
  const hold = (bytes: number): void => {
    memory.large += bytes - large;
    large = bytes;
    if (memory.large > maxLargeBytes) throw new ProtocolError('too many large messages at once');
  };
  try {
    for await (const _ of on(socket, 'readable', { close: ['end', 'close'], signal })) {
      for (header ??= socket.read(headerBytes); header?.length === headerBytes; header = socket.read(headerBytes)) {
        const length = messageLength(header);
        hold(length > largeBytes ? length : 0);
        const rest: Buffer | null = socket.read(length - headerBytes);
        if (rest?.length !== length - headerBytes) break;
        yield Buffer.concat([header, rest]);
        hold(0);
      }
    }
  } finally {
    hold(0);
  }
}
