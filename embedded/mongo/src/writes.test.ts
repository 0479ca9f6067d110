import { Long } from 'bson';
import mongoose from 'mongoose';
import { codeOf, startTestStore, type TestStore } from './testing/store.js';
import { connectWire } from './testing/wire.js';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.stop());
const fresh = () => store.fresh();

test('an ordered insert stops at a duplicate, an unordered one goes on', async () => {
  const things = fresh();
  const documents = [{ _id: 1 }, { _id: 2 }, { _id: 1 }, { _id: 3 }];
  expect(await codeOf(things.insertMany(documents))).toBe(11000);
  expect(await things.countDocuments()).toBe(2);
  await things.deleteMany({});
  expect(await codeOf(things.insertMany(documents, { ordered: false }))).toBe(11000);
  expect(await things.countDocuments()).toBe(3);
});

test('a duplicate key tells index, pattern and value, and changes nothing', async () => {
  const things = fresh();
  await things.createIndex({ email: 1 }, { unique: true });
  await things.createIndex({ n: 1 });
  await things.insertMany([
    { _id: 1, email: 'a', n: 1 },
    { _id: 2, email: 'b', n: 2 },
  ]);
  const error = await things.updateOne({ _id: 2 }, { $set: { email: 'a', n: 9 } }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 11000, keyPattern: { email: 1 }, keyValue: { email: 'a' } });
  expect(await things.findOne({ n: 2 })).toEqual({ _id: 2, email: 'b', n: 2 });
  expect(await things.findOne({ n: 9 })).toBeNull();
  expect(await codeOf(things.findOneAndUpdate({ _id: 2 }, { $set: { email: 'a' } }))).toBe(11000);
});

test('findAndModify returns before or after, removes, sorts and upserts', async () => {
  const things = fresh();
  await things.insertMany([1, 2, 3].map((_id) => ({ _id, n: _id })));
  expect(await things.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 } })).toEqual({ _id: 3, n: 3 });
  expect(await things.findOneAndUpdate({ _id: 3 }, { $inc: { n: 1 } }, { returnDocument: 'after' })).toEqual({
    _id: 3,
    n: 14,
  });
  expect(await things.findOneAndDelete({ n: { $lt: 2 } })).toEqual({ _id: 1, n: 1 });
  expect(
    await things.findOneAndReplace({ _id: 2 }, { x: 1 }, { returnDocument: 'after', projection: { _id: 0 } }),
  ).toEqual({ x: 1 });
  expect(await things.findOneAndUpdate({ _id: 9 }, { $set: { n: 1 } })).toBeNull();
  const result = await things.findOneAndUpdate(
    { _id: 9 },
    { $set: { n: 1 }, $setOnInsert: { made: true } },
    { upsert: true, returnDocument: 'after', includeResultMetadata: true },
  );
  expect(result).toMatchObject({ lastErrorObject: { n: 1, updatedExisting: false, upserted: 9 } });
  expect(result.value).toEqual({ _id: 9, n: 1, made: true });
});

test('update counts matches and changes apart, and upserts', async () => {
  const things = fresh();
  await things.insertMany([1, 2, 3].map((_id) => ({ _id, n: _id })));
  expect(await things.updateMany({ n: { $gte: 2 } }, { $max: { n: 3 } })).toMatchObject({
    matchedCount: 2,
    modifiedCount: 1,
  });
  expect(await things.replaceOne({ _id: 1 }, { z: 1 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
  expect(await things.findOne({ _id: 1 })).toEqual({ _id: 1, z: 1 });
  expect(await things.updateOne({ _id: 8 }, { $inc: { n: 1 } }, { upsert: true })).toMatchObject({
    upsertedId: 8,
    matchedCount: 0,
  });
  expect(await things.deleteMany({ n: { $exists: true } })).toMatchObject({ deletedCount: 3 });
});

test('refuses updates as MongoDB does', async () => {
  const things = fresh();
  await things.insertOne({ _id: 1, text: 'x', n: 1, list: [1], big: Long.MAX_VALUE });
  const codes: [Record<string, unknown>, number][] = [
    [{ $inc: { text: 1 } }, 14],
    [{ $inc: { n: 'x' } }, 14],
    [{ $inc: { big: Long.fromNumber(1) } }, 2],
    [{ $push: { n: 1 } }, 2],
    [{ $pull: { n: 1 } }, 2],
    [{ $set: { 'n.x': 1 } }, 28],
    [{ $set: { 'list.x': 1 } }, 28],
    [{ $set: { 'list.0': 1 } }, 2],
    [{ $push: { list: { $each: [1] } } }, 2],
    [{ $set: { a: 1, 'a.b': 2 } }, 40],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, 40],
    [{ $set: { _id: 2 } }, 66],
    [{ $unset: { _id: 1 } }, 66],
    [{ $set: { 'a..b': 1 } }, 56],
    [{ $set: { $a: 1 } }, 52],
    [{ $bit: { n: { and: 1 } } }, 9],
    [{ $nonsense: { n: 1 } }, 9],
    [{ $set: 5 }, 9],
    [{ $set: { 'list.$': 5 } }, 2],
  ];
  for (const [update, code] of codes) {
    expect([update, await codeOf(things.updateOne({ _id: 1 }, update))]).toEqual([update, code]);
  }
  for (const operator of ['$mul', '$rename', '$currentDate', '$addToSet', '$pullAll', '$pop']) {
    expect([operator, await codeOf(things.updateOne({ _id: 1 }, { [operator]: { x: 1 } }))]).toEqual([operator, 9]);
  }
  expect(await codeOf(things.updateOne({ _id: 2, n: 1 }, { $set: { a: 1 } }, { upsert: true }))).toBe(2);
  expect(await things.findOne({ _id: 1 })).toMatchObject({ text: 'x', n: 1, list: [1] });
  expect(await codeOf(things.updateOne({ _id: 1 }, [{ $set: { a: 1 } }]))).toBe(9);
});

test('transactions are refused, sessions are welcome', async () => {
  const things = fresh();
  const session = store.client.startSession();
  await things.insertOne({ _id: 1 }, { session });
  session.startTransaction();
  expect(await codeOf(things.insertOne({ _id: 2 }, { session }))).toBe(263);
  await session.abortTransaction().catch(() => undefined);
  await session.endSession();
  expect(await things.countDocuments()).toBe(1);
});

test('the same transaction number again gets the first answer and changes nothing', async () => {
  const things = fresh();
  await things.insertOne({ _id: 1, n: 0 });
  const lsid = { id: new mongoose.mongo.UUID() };
  const send = async (txnNumber: number) => {
    const client = await connectWire(store.port);
    const query = { findAndModify: things.collectionName, query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true };
    const reply = await client.run({ ...query, lsid, txnNumber: Long.fromNumber(txnNumber) });
    client.close();
    return reply;
  };
  const first = await send(5);
  expect(first).toMatchObject({ value: { n: 1 } });
  await store.restart();
  expect(await send(5)).toEqual(first);
  expect(await things.findOne()).toEqual({ _id: 1, n: 1 });
  expect(await send(6)).toMatchObject({ value: { n: 2 } });
  expect(await send(5)).toMatchObject({ ok: 0, code: 225, codeName: 'TransactionTooOld' });
});

test('a write concern that one node cannot give is told', async () => {
  expect(await codeOf(fresh().insertOne({ _id: 1 }, { writeConcern: { w: 2 } }))).toBe(100);
  await fresh().insertOne({ _id: 1 }, { writeConcern: { w: 0 } });
});

test('a statement without what it has to have is refused before the first one has run', async () => {
  const things = fresh();
  await things.insertOne({ _id: 1, n: 1 });
  const { collectionName: name } = things;
  const good = { q: { _id: 1 }, u: { $inc: { n: 1 } } };
  for (const bad of [{ u: { $inc: { n: 1 } } }, { q: {} }])
    expect(await codeOf(store.db.command({ update: name, updates: [good, bad] }))).toBe(40414);
  for (const bad of [{ limit: 1 }, { q: {} }])
    expect(await codeOf(store.db.command({ delete: name, deletes: [{ q: {}, limit: 0 }, bad] }))).toBe(40414);
  expect(await codeOf(store.db.command({ update: name, updates: [good, { ...good, wish: 1 }] }))).toBe(40415);
  expect(await things.find().toArray()).toEqual([{ _id: 1, n: 1 }]);
});
