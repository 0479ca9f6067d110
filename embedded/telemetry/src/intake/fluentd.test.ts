import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import fluent from 'fluent-logger';
import { type RunningBackend, startBackend, waitFor } from '../testing/running-backend.js';

let backend: RunningBackend;
beforeEach(async () => {
  backend = await startBackend({ messageBytes: 100_000, bufferedBytes: 1_000_000 });
});
afterEach(() => backend.stop());

const countOf = async (query: unknown): Promise<number> =>
  (await backend.search({ size: 0, query })).body.hits.total.value;

const open = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(backend.ports.fluentd, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

const nextAnswer = (socket: Socket): Promise<unknown> =>
  new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(decode(new Uint8Array(data.buffer, data.byteOffset, data.length))));
    socket.once('close', () => reject(new Error('closed')));
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.resume();
  });

const join = (parts: Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const record = (id: string, more: object = {}) => ({ 'event.id': id, message: 'Order placed', ...more });

describe.each(['Message', 'PackedForward', 'CompressedPackedForward'] as const)(
  'fluent-logger in mode %s',
  (eventMode) => {
    it('gets every record acknowledged, and every record is found', async () => {
      const sender = fluent.createFluentSender('glasshouse.order', {
        host: '127.0.0.1',
        port: backend.ports.fluentd,
        timeout: 3,
        requireAckResponse: true,
        // Its own types do not know this option.
        ...{ enableReconnect: false },
        eventMode,
      });
      const sent = Array.from(
        { length: 20 },
        (_, index) =>
          new Promise<void>((resolve, reject) => {
            const done = (error?: Error) => (error ? reject(error) : resolve());
            sender.emit(record(`${index}`, { 'trace.id': 'abc' }), done as never);
          }),
      );
      await Promise.all(sent);
      (sender as unknown as { end(): void }).end();
      expect(await countOf({ term: { 'trace.id': 'abc' } })).toBe(20);
    });
  },
);

it('takes the Forward mode with several events, EventTime and heartbeats, and answers the chunk', async () => {
  const socket = await open();
  const eventTime = Uint8Array.from([0xd7, 0x00, 0x68, 0, 0, 0, 0x1d, 0xcd, 0x65, 0x00]);
  const timed = join([Uint8Array.of(0x92), eventTime, encode(record('timed'))]);
  const message = join([
    Uint8Array.of(0xc0, 0x93),
    encode('glasshouse.order'),
    Uint8Array.of(0x92),
    timed,
    encode([1_700_000_000, record('plain')]),
    encode({ chunk: 'c1', size: 2 }),
  ]);
  const answer = nextAnswer(socket);
  socket.write(message);
  expect(await answer).toEqual({ ack: 'c1' });
  const { body } = await backend.search({ query: { term: { 'event.id': 'timed' } } });
  expect(body.hits.hits[0]?._source['@timestamp']).toBe(new Date(0x68000000 * 1_000 + 500).toISOString());
  socket.destroy();
});

it('takes packed entries that an old sender writes as a string', async () => {
  const socket = await open();
  const entry = encode([1_700_000_000, record('old', { value: 200 })]);
  const head = Uint8Array.of(0xd9, entry.length);
  const answer = nextAnswer(socket);
  socket.write(join([Uint8Array.of(0x93), encode('tag'), head, entry, encode({ chunk: 'c' })]));
  expect(await answer).toEqual({ ack: 'c' });
  expect(await countOf({ term: { value: 200 } })).toBe(1);
  socket.destroy();
});

it('stores a record once, however often it is sent', async () => {
  const socket = await open();
  for (let round = 0; round < 3; round++) {
    const answer = nextAnswer(socket);
    socket.write(
      encode([
        'tag',
        [
          [1, record('a')],
          [1, record('b')],
          [1, record('a')],
        ],
        { chunk: `c${round}` },
      ]),
    );
    await answer;
  }
  expect(await countOf({ match_all: {} })).toBe(2);
  expect(await backend.metric('embedded_log_records_received_total')).toBe(9);
  expect(await backend.metric('embedded_log_records_gone_total{reason="duplicate"}')).toBe(7);
  socket.destroy();
});

it('keeps what was complete when the sender ends or resets in the middle of a batch', async () => {
  const whole = encode(['tag', 1, record('whole')]);
  const half = encode(['tag', 1, record('half')]).subarray(0, 20);
  const ending = await open();
  const ended = closed(ending);
  ending.end(join([whole, half]));
  await ended;
  const resetting = await open();
  resetting.write(join([encode(['tag', 1, record('second')]), half]));
  await waitFor('the second record', async () => (await countOf({ match_all: {} })) === 2);
  resetting.resetAndDestroy();
  await waitFor('the end of both', async () => (await backend.metric('embedded_fluentd_connections')) === 0);
  expect(await countOf({ match_all: {} })).toBe(2);
});

it('understands a stream in any cuts', async () => {
  const records = fc.array(fc.record({ 'event.id': fc.uuid(), message: fc.string(), n: fc.integer() }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(records, fc.array(fc.nat(60), { maxLength: 30 }), async (documents, cuts) => {
      const socket = await open();
      socket.setNoDelay(true);
      const bytes = join(documents.map((document) => encode(['tag', 1_700_000_000, document])));
      const last = encode(['tag', [], { chunk: 'end' }]);
      const answer = nextAnswer(socket);
      let at = 0;
      for (const cut of cuts) {
        socket.write(bytes.subarray(at, at + cut));
        at += cut;
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write(join([bytes.subarray(at), last]));
      expect(await answer).toEqual({ ack: 'end' });
      for (const { 'event.id': id } of documents) expect(await countOf({ term: { 'event.id': id } })).toBe(1);
      socket.destroy();
    }),
    { numRuns: 15 },
  );
});

it('closes a connection that sends anything else, and serves the others', async () => {
  const good = await open();
  const valid = Buffer.from(encode(['tag', [[1, record('x')]], { chunk: 'c' }]));
  const mutated = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(255))
    .map(([at, byte]) => Buffer.from(valid.map((old, index) => (index === at ? byte : old))));
  const random = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, random), async (bytes) => {
      const socket = await open();
      const over = closed(socket);
      socket.end(new Uint8Array(bytes));
      await over;
    }),
    { numRuns: 200 },
  );
  const answer = nextAnswer(good);
  good.write(encode(['tag', [[1, record('still here')]], { chunk: 'alive' }]));
  expect(await answer).toEqual({ ack: 'alive' });
  good.destroy();
});

it.each([
  ['HTTP', new Uint8Array(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
  ['a message that is announced too large', Uint8Array.of(0x93, 0xa1, 0x61, 0xc6, 0x7f, 0xff, 0xff, 0xff)],
  ['a list of four thousand million values', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
  ['a gzip bomb', encode(['tag', gzipSync(new Uint8Array(10_000_000)), { compressed: 'gzip' }])],
  ['a time that is none', encode(['tag', 'now', record('x')])],
  ['a record that is a list', encode(['tag', 1, [1]])],
  ['a time beyond all dates', encode(['tag', 1e20, record('x')])],
])('closes the connection at %s', async (_, bytes) => {
  const socket = await open();
  const over = closed(socket);
  socket.write(bytes);
  await over;
  expect(await backend.metric('embedded_fluentd_broken_connections_total')).toBe(1);
  expect(await countOf({ match_all: {} })).toBe(0);
});

it('cuts senders off when their unfinished messages together are too large', async () => {
  const sockets = await Promise.all(Array.from({ length: 12 }, open));
  let closedCount = 0;
  for (const socket of sockets) {
    void closed(socket).then(() => closedCount++);
    socket.write(join([Uint8Array.of(0x93, 0xa1, 0x61, 0xc6, 0, 1, 0x86, 0x90), new Uint8Array(99_000)]));
  }
  await waitFor('a sender to be cut off', () => closedCount > 0);
  for (const socket of sockets) socket.destroy();
});

it('acknowledges records that it cannot hold, and counts them', async () => {
  const socket = await open();
  const answer = nextAnswer(socket);
  const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`);
  socket.write(
    encode([
      'tag',
      [
        [1, { list: [{ a: 1 }] }],
        [1, { bytes: new Uint8Array(3) }],
        [1, deep],
        [1, record('good')],
      ],
      { chunk: 'c' },
    ]),
  );
  expect(await answer).toEqual({ ack: 'c' });
  expect(await backend.metric('embedded_log_records_gone_total{reason="refused"}')).toBe(3);
  expect(await countOf({ match_all: {} })).toBe(1);
  socket.destroy();
});
