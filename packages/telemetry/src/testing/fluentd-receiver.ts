import { createServer, type Server, type Socket } from 'node:net';
import { asBytes, joinBytes } from '../byte-writer.js';
import { Incomplete, MsgpackReader } from './msgpack.js';

/** What to do with a batch that has arrived whole. */
export type Behaviour =
  | 'acknowledge'
  | 'acknowledge in pieces'
  | 'store, then end'
  | 'end'
  | 'reset'
  | 'stall'
  | 'talk nonsense';

export interface FluentdReceiver {
  readonly url: string;
  readonly port: number;
  readonly tags: Set<string>;
  /** Everything stored, in order, duplicates included. */
  readonly records: Record<string, unknown>[];
  /** Distinct by `event.id`, in the order of their first arrival. */
  distinct(): Record<string, unknown>[];
  connections(): number;
  /** Decides for each batch, by its number from 0. */
  behave(decide: (batch: number) => Behaviour): void;
  /** Resets that many connections at their first bytes, in the middle of the client's write. */
  resetEarly(connections: number): void;
  stop(): Promise<void>;
}

const acknowledgement = (chunk: string): Buffer =>
  joinBytes([Buffer.from([0x81, 0xa3]), Buffer.from('ack'), Buffer.from([0xa0 | chunk.length]), Buffer.from(chunk)]);

const readEntries = (packed: Buffer): Record<string, unknown>[] => {
  const reader = new MsgpackReader(packed);
  const records = [];
  while (!reader.isAtEnd) {
    const [, record] = reader.read() as [unknown, Record<string, unknown>];
    records.push(record);
  }
  return records;
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });

/** A Fluentd forward input on a real socket, which can be told to misbehave. */
export const startFluentdReceiver = async (port = 0): Promise<FluentdReceiver> => {
  const records: Record<string, unknown>[] = [];
  const tags = new Set<string>();
  const sockets = new Set<Socket>();
  let decide: (batch: number) => Behaviour = () => 'acknowledge';
  let batches = 0;
  let connections = 0;
  let earlyResets = 0;

  const reply = (socket: Socket, behaviour: Behaviour, chunk: string) => {
    const bytes = acknowledgement(chunk);
    if (behaviour === 'acknowledge') socket.write(asBytes(bytes));
    else if (behaviour === 'acknowledge in pieces') {
      socket.write(asBytes(bytes.subarray(0, 9)));
      setImmediate(() => socket.write(asBytes(bytes.subarray(9))));
    } else if (behaviour === 'talk nonsense') socket.write('x'.repeat(4096));
    else if (behaviour === 'reset') socket.resetAndDestroy();
    else if (behaviour !== 'stall') socket.end();
  };

  const receive = (socket: Socket, bytes: Buffer): Buffer => {
    const reader = new MsgpackReader(bytes);
    try {
      const [tag, packed, options] = reader.read() as [string, Buffer, { chunk: string }];
      const behaviour = decide(batches++);
      tags.add(tag);
      if (behaviour.startsWith('acknowledge') || behaviour.startsWith('store')) records.push(...readEntries(packed));
      reply(socket, behaviour, options.chunk);
      return bytes.subarray(reader.offset);
    } catch (error) {
      if (error instanceof Incomplete) return bytes;
      throw error;
    }
  };

  const server = createServer((socket) => {
    let unread = Buffer.alloc(0);
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      if (earlyResets > 0) {
        earlyResets--;
        socket.resetAndDestroy();
      } else {
        unread = receive(socket, joinBytes([unread, bytes])) as typeof unread;
      }
    });
  });
  const actualPort = await listen(server, port);

  return {
    url: `tcp://127.0.0.1:${actualPort}`,
    port: actualPort,
    tags,
    records,
    distinct: () => [...new Map(records.map((record) => [record['event.id'], record])).values()],
    connections: () => connections,
    behave: (next) => {
      batches = 0;
      decide = next;
    },
    resetEarly: (count) => {
      earlyResets = count;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
