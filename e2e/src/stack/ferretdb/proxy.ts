import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import mongoose from 'mongoose';
import type { Gaps } from './gaps.js';

const { deserialize, serialize } = mongoose.mongo.BSON;
type Document = mongoose.mongo.BSON.Document;

export interface Proxy {
  readonly port: number;
  /** How many queries and writes it has passed on. */
  served(): number;
  stop(): Promise<void>;
}

/**
 * Stands before FerretDB and closes its gaps. It lets one query or write through at a time: FerretDB 1.x reads what it
 * changes and writes it in two steps, so that one of two at once is lost, while a command of MongoDB on one document is
 * atomic, and the services are built on that.
 */
export const startProxy = async (target: number, gaps: Gaps): Promise<Proxy> => {
  const sockets = new Set<Socket>();
  const takeTurn = createTurns();
  let served = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let answered: ((reply: Buffer) => void) | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    // A write that FerretDB has begun goes on when its client is gone, so its turn lasts until the answer.
    client.on('close', () => answered === undefined && upstream.destroy());
    upstream.on('close', () => {
      client.destroy();
      answered?.(Buffer.alloc(0));
    });
    /** An empty answer is that of a connection that was lost. */
    const ask = (message: Buffer): Promise<Buffer> =>
      new Promise((resolve) => {
        if (upstream.destroyed) return resolve(Buffer.alloc(0));
        served += 1;
        answered = resolve;
        upstream.write(message);
      });
    const serve = async (message: Buffer, command: Document): Promise<void> => {
      const endTurn = await takeTurn(isWrite(command));
      try {
        const prepared = await gaps.prepare(command);
        const reply = await ask(prepared === command ? message : toMessage(message, prepared));
        if (reply.length === 0) return;
        const body = readBody(reply);
        const completed = await gaps.complete(command, body);
        client.write(completed === body ? reply : toMessage(reply, completed));
      } catch (error) {
        client.write(toRefusal(message, error));
      } finally {
        endTurn();
      }
    };
    // A driver sends its next command on a connection when it has the answer to the last.
    onMessages(upstream, (reply) => {
      const take = answered ?? ((message) => void client.write(message));
      answered = undefined;
      take(reply);
      if (client.destroyed) upstream.destroy();
    });
    onMessages(client, (message) => {
      const command = readCommand(message);
      if (isWrite(command) || command.find !== undefined) void serve(message, command);
      else upstream.write(message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    served: () => served,
    async stop() {
      const isClosed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await isClosed;
    },
  };
};

/** Writes go first: FerretDB reads all documents for most queries, and tests ask again and again until one has changed. */
const createTurns = () => {
  const waiting: { readonly isFirst: boolean; begin(): void }[] = [];
  let isTaken = false;
  const end = (): void => {
    const next = waiting.find(({ isFirst }) => isFirst) ?? waiting[0];
    isTaken = next !== undefined;
    if (next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    next.begin();
  };
  return async (isFirst: boolean): Promise<() => void> => {
    if (isTaken) await new Promise<void>((begin) => waiting.push({ isFirst, begin }));
    isTaken = true;
    return end;
  };
};

const isWrite = (command: Document): boolean =>
  /^(insert|update|delete|findAndModify|create|createIndexes|drop.*)$/.test(Object.keys(command)[0] ?? '');

// OP_MSG: a header of `length, request, response to, op code`, flags, then sections, each with its kind first.
const opMessage = 2013;
const sectionsAt = 20;
const exact = { promoteValues: false, promoteBuffers: false, bsonRegExp: true } as const;

/** The body alone, a section of kind 0; empty for other op codes. */
const readBody = (message: Buffer): Document => {
  if (message.readInt32LE(12) !== opMessage || message[sectionsAt] !== 0) return {};
  return deserialize(message.subarray(sectionsAt + 1, endOfPart(message, sectionsAt + 1)), exact);
};

/** The body with the lists that stand beside it, in sections of kind 1: `size, name, documents`. */
const readCommand = (message: Buffer): Document => {
  const command = readBody(message);
  for (let at = endOfPart(message, sectionsAt + 1); at < message.length; at = endOfPart(message, at + 1)) {
    const nameEnd = message.indexOf(0, at + 5);
    const documents: Document[] = [];
    for (let each = nameEnd + 1; each < endOfPart(message, at + 1); each = endOfPart(message, each))
      documents.push(deserialize(message.subarray(each, endOfPart(message, each)), exact));
    command[message.toString('utf8', at + 5, nameEnd)] = documents;
  }
  return command;
};

const endOfPart = (message: Buffer, at: number): number => at + message.readInt32LE(at);

const toMessage = (original: Buffer, body: Document): Buffer => {
  const message = Buffer.concat([original.subarray(0, sectionsAt + 1), serialize(body, { ignoreUndefined: true })]);
  message.writeInt32LE(message.length);
  return message;
};

/** The answer to a message when FerretDB has refused what the proxy asked on its behalf. */
const toRefusal = (message: Buffer, error: unknown): Buffer => {
  const head = Buffer.from(message.subarray(0, sectionsAt + 1));
  head.writeInt32LE(message.readInt32LE(4), 8);
  return toMessage(head, { ok: 0, code: 1, codeName: 'InternalError', errmsg: String(error) });
};

/** Each message whole, however the bytes arrive. */
const onMessages = (socket: Socket, take: (message: Buffer) => void): void => {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= received.readInt32LE()) {
      const length = received.readInt32LE();
      take(received.subarray(0, length));
      received = received.subarray(length);
    }
  });
};
