import { serialize } from 'bson';
import fc from 'fast-check';
import { startTestStore, type TestStore } from '../testing/store.js';
import { bodySection, connectWire, toMessage } from '../testing/wire.js';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await store.db.collection<{ _id: number }>('kept').insertOne({ _id: 1 });
});
afterAll(() => store.stop());

/** The store still answers others, and still has what it had. */
const expectAlive = async () => expect(await store.db.collection('kept').countDocuments()).toBe(1);

const sequence = (name: string, documents: readonly object[]): Buffer => {
  const body = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((document) => serialize(document))]);
  const section = Buffer.alloc(5 + body.length);
  section[0] = 1;
  section.writeInt32LE(4 + body.length, 1);
  section.set(body, 5);
  return section;
};

const insertMessage = toMessage([
  bodySection({ insert: 'hostile', $db: 'test' }),
  sequence('documents', [{ a: 1 }, { b: [1, { c: 'x' }] }]),
]);
const findMessage = toMessage([
  bodySection({ find: 'kept', filter: { _id: { $gte: 0 } }, sort: { _id: 1 }, $db: 'test' }),
]);

test('document sequences are understood, checksums are not', async () => {
  const client = await connectWire(store.port);
  expect(await client.send(insertMessage)).toMatchObject({ n: 2, ok: 1 });
  const plain = toMessage([bodySection({ ping: 1, $db: 'test' })], 2013, 1);
  const whole = Buffer.concat([plain, Buffer.alloc(4)]);
  whole.writeInt32LE(whole.length, 0);
  expect(await client.send(whole)).toBeUndefined();
});

test('a first hello may be said in OP_QUERY, nothing else', async () => {
  const ask = (command: object): Buffer => {
    const head = Buffer.concat([Buffer.from('admin.$cmd\0'), Buffer.alloc(8)]);
    return toMessage([head, Buffer.from(serialize(command))], 2004);
  };
  const client = await connectWire(store.port);
  expect(await client.send(ask({ hello: 1, helloOk: true }))).toMatchObject({ isWritablePrimary: true, ok: 1 });
  expect(await client.send(ask({ dropDatabase: 1 }))).toMatchObject({ ok: 0, code: 17 });
  client.close();
  await expectAlive();
});

test('a message that announces too much or too little closes the connection before anything is kept', async () => {
  for (const length of [0, 1, 15, 20, -1, 48_000_001, 0x7fffffff]) {
    const client = await connectWire(store.port);
    const message = Buffer.from(findMessage);
    message.writeInt32LE(length, 0);
    expect([length, await client.send(message)]).toEqual([length, undefined]);
  }
});

test('only so many large messages are received at once, others are closed', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => connectWire(store.port)));
  let closed = 0;
  for (const { socket } of clients) {
    socket.once('close', () => {
      closed += 1;
    });
    const header = Buffer.from(findMessage.subarray(0, 16));
    header.writeInt32LE(48_000_000, 0);
    socket.write(header);
  }
  for (const until = Date.now() + 5000; closed < 15 && Date.now() < until; ) await expectAlive();
  expect(closed).toBe(15);
  for (const client of clients) client.close();
  const big = { insert: 'hostile', documents: [{ text: 'x'.repeat(10_000_000) }] };
  const client = await connectWire(store.port);
  expect(await client.run(big)).toMatchObject({ n: 1 });
  client.close();
});

test('a message cut off at any byte is waited for, and does no harm when the client leaves', async () => {
  for (let length = 0; length < insertMessage.length; length += 7) {
    const client = await connectWire(store.port);
    client.socket.end(insertMessage.subarray(0, length));
    await new Promise((resolve) => client.socket.once('close', resolve));
  }
  await expectAlive();
});

test('documents that cannot be kept exactly are refused', async () => {
  const client = await connectWire(store.port);
  const insert = (bytes: Uint8Array) => {
    const body = Buffer.concat([Buffer.from('documents\0'), bytes]);
    const section = Buffer.alloc(5 + body.length);
    section[0] = 1;
    section.writeInt32LE(4 + body.length, 1);
    section.set(body, 5);
    return client.send(toMessage([bodySection({ insert: 'hostile', $db: 'test' }), section]));
  };
  const raw = (...fields: Buffer[]) => {
    const body = Buffer.concat([Buffer.alloc(4), ...fields, Buffer.from([0])]);
    body.writeInt32LE(body.length, 0);
    return body;
  };
  const int = (name: string) =>
    Buffer.concat([Buffer.from([0x10]), Buffer.from(`${name}\0`), Buffer.from([1, 0, 0, 0])]);
  expect(await insert(raw(int('a'), int('a')))).toMatchObject({ code: 22 });
  expect(await insert(raw(int('b'), int('1')))).toMatchObject({ code: 22 });
  expect(await insert(raw(Buffer.from([0x06, 0x61, 0x00])))).toMatchObject({ code: 22 });
  expect(await insert(raw(int('__proto__')))).toMatchObject({ code: 2 });
  expect(await insert(raw(int('_bsontype')))).toMatchObject({ code: 2 });
  expect(await insert(raw(Buffer.from([0x02, 0x61, 0x00, 0x02, 0, 0, 0, 0xff, 0x00])))).toMatchObject({ code: 22 });
  expect(await insert(serialize({ d: { $ref: 'a', $id: 1 } }))).toMatchObject({ code: 2 });
  let deep: object = {};
  for (let i = 0; i < 300; i += 1) deep = { a: deep };
  expect(await insert(serialize(deep))).toMatchObject({ code: 15 });
  const bottomless = Buffer.concat(
    Array.from({ length: 200_000 }, () => Buffer.from([0xff, 0xff, 0xff, 0x7f, 0x03, 0x61, 0x00])),
  );
  expect(await insert(raw(bottomless))).toMatchObject({ ok: 0 });
  client.close();
  await expectAlive();
});

test('mutated messages get an error, an answer or a closed connection, never a crash', async () => {
  const mutation = fc.array(fc.tuple(fc.nat(insertMessage.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(insertMessage, findMessage),
      mutation,
      fc.boolean(),
      async (original, changes, keepsLength) => {
        const message = Buffer.from(original);
        for (const [at, byte] of changes) message[at % message.length] = byte;
        if (keepsLength) message.writeInt32LE(message.length, 0);
        const client = await connectWire(store.port);
        client.socket.end(message);
        const reply = await Promise.race([
          client.send(Buffer.alloc(0)),
          new Promise((resolve) => client.socket.once('close', resolve)),
        ]);
        if (reply !== undefined && typeof reply === 'object')
          expect([0, 1]).toContain((reply as { ok?: unknown }).ok ?? 0);
        client.close();
      },
    ),
    { numRuns: 300 },
  );
  await expectAlive();
});

test('more connections than the cap are turned away, and those that are open go on', async () => {
  const clients = await Promise.all(Array.from({ length: 520 }, () => connectWire(store.port)));
  await expectAlive();
  for (const client of clients) client.close();
});

test('commands with hostile content are refused and nothing breaks', async () => {
  const client = await connectWire(store.port);
  const commands: [object, number][] = [
    [{}, 59],
    [{ constructor: 1 }, 59],
    [{ __proto__x: 1 }, 59],
    [{ find: 'kept', $db: 'a.b' }, 73],
    [{ find: 5 }, 73],
    [{ find: 'x'.repeat(300) }, 73],
    [{ find: 'kept', filter: { a: { $regex: `${'a'.repeat(100)}(` } } }, 51091],
    [{ find: 'kept', limit: -1 }, 51024],
    [{ find: 'kept', filter: { 'a.__proto__.b': 1 } }, 2],
    [{ update: 'kept', updates: [{ q: {}, u: { $set: { '__proto__.polluted': 1 } } }] }, 0],
    [{ update: 'kept', updates: [{ q: {}, u: { $set: { 'big.9999999': 1 } } }] }, 0],
    [{ find: 'kept', $db: 5 }, 73],
    [{ insert: 'kept', documents: [{}], writeConcern: { w: 3 } }, 100],
    [{ insert: 'kept', documents: [] }, 16],
    [{ insert: 'kept', documents: 5 }, 14],
    [{ getMore: 5, collection: 'kept' }, 14],
    [{ insert: 'kept', documents: [{}], txnNumber: 1 }, 72],
  ];
  for (const [command, code] of commands) {
    const reply = await client.run(command);
    expect([command, reply.code ?? 0]).toEqual([command, code]);
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(store.logs.filter((line) => !line.startsWith('connection '))).toEqual([]);
  client.close();
});
