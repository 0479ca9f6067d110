import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Document, deserialize, serialize } from 'bson';

/** A client without a driver's opinions: sends the very bytes a test wants to send. */
export interface WireClient {
  readonly socket: Socket;
  /** Sends a command as OP_MSG and resolves with its answer. */
  run(command: Document): Promise<Document>;
  /** Sends bytes; resolves with the next answer, or undefined when the server closes the connection. */
  send(bytes: Buffer): Promise<Document | undefined>;
  close(): void;
}

export const toMessage = (sections: readonly Buffer[], opCode = 2013, flags = 0): Buffer => {
  const header = Buffer.alloc(20);
  const body = Buffer.concat(sections);
  header.writeInt32LE(20 + body.length, 0);
  header.writeInt32LE(1, 4);
  header.writeInt32LE(opCode, 12);
  header.writeUInt32LE(flags, 16);
  return Buffer.concat([header, body]);
};

export const bodySection = (document: Document): Buffer => Buffer.concat([Buffer.from([0]), serialize(document)]);

export const connectWire = async (port: number): Promise<WireClient> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let received = Buffer.alloc(0);
  let isClosed = false;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const isWhole = (): boolean => received.length >= 4 && received.length >= received.readInt32LE(0);
  const next = async (): Promise<Document | undefined> => {
    while (!isWhole() && !isClosed) await new Promise<void>((resolve) => waiting.push(resolve));
    if (!isWhole()) return undefined;
    const message = received.subarray(0, received.readInt32LE(0));
    received = received.subarray(message.length);
    return deserialize(message.subarray(message.readInt32LE(12) === 1 ? 36 : 21));
  };
  const send = (bytes: Buffer): Promise<Document | undefined> => {
    if (!isClosed) socket.write(bytes);
    return next();
  };
  return {
    socket,
    send,
    run: async (command) => {
      const reply = await send(toMessage([bodySection({ ...command, $db: command.$db ?? 'test' })]));
      if (reply === undefined) throw new Error('the server closed the connection');
      return reply;
    },
    close: () => socket.destroy(),
  };
};
