import { codeOf, startTestStore, type TestStore } from './testing/store.js';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.stop());
const fresh = () => store.fresh();

test('creates, lists and drops indexes, and tells conflicts apart', async () => {
  const things = fresh();
  expect(await things.createIndex({ a: 1 })).toBe('a_1');
  expect(await things.createIndex({ a: 1 })).toBe('a_1');
  expect(await codeOf(things.createIndex({ a: 1 }, { name: 'other' }))).toBe(85);
  expect(await codeOf(things.createIndex({ b: 1 }, { name: 'a_1' }))).toBe(86);
  expect(await codeOf(things.createIndex({ a: 1 }, { unique: true }))).toBe(86);
  expect(await codeOf(things.createIndex({ a: 'text' }))).toBe(67);
  expect(await codeOf(things.createIndex({ '$**': 1 }))).toBe(67);
  expect(await codeOf(things.createIndex({ at: 1, b: 1 }, { expireAfterSeconds: 5 }))).toBe(67);
  expect(await codeOf(things.dropIndex('nope'))).toBe(27);
  expect(await codeOf(things.dropIndex('_id_'))).toBe(72);
  expect((await things.indexes()).map(({ name }) => name)).toEqual(['_id_', 'a_1']);
  await things.dropIndexes();
  expect(await things.indexes()).toHaveLength(1);
  expect(await codeOf(store.db.collection('absent').indexes())).toBe(26);
});

test('an option that is null is none', async () => {
  const things = fresh();
  const index = { key: { at: 1 }, name: 'at', expireAfterSeconds: null, unique: null };
  await store.db.command({ createIndexes: things.collectionName, indexes: [index] });
  expect((await things.indexes())[1]).toEqual({ v: 2, key: { at: 1 }, name: 'at' });
});

test('a unique index over duplicates is not made', async () => {
  const things = fresh();
  await things.insertMany([{ a: 1 }, { a: 1 }]);
  expect(await codeOf(things.createIndex({ a: 1 }, { unique: true }))).toBe(11000);
  expect(await things.indexes()).toHaveLength(1);
  await things.insertOne({ a: 1 });
});

test('sparse and partial indexes are refused', async () => {
  const things = fresh();
  expect(await codeOf(things.createIndex({ s: 1 }, { sparse: true }))).toBe(67);
  expect(await codeOf(things.createIndex({ p: 1 }, { partialFilterExpression: { live: true } }))).toBe(67);
  expect(await codeOf(things.createIndex({ 'a.0': 1 }))).toBe(2);
  expect(await codeOf(things.indexes())).toBe(26);
});

test('expired documents go, with the given clock', async () => {
  let now = new Date('2026-01-01T00:00:00Z');
  const own = await startTestStore({ clock: { now: () => now }, housekeepingMs: 20 });
  try {
    const things = own.db.collection('t');
    await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    await things.insertMany([{ at: now }, { at: [new Date(now.getTime() + 500_000), now] }, { at: 'never' }, {}]);
    now = new Date(now.getTime() + 61_000);
    for (const until = Date.now() + 5000; (await things.countDocuments()) > 2 && Date.now() < until; );
    expect((await things.find().toArray()).map(({ at }) => at)).toEqual(['never', undefined]);
  } finally {
    await own.stop();
  }
});

test('an array in two fields of a compound index is refused', async () => {
  const things = fresh();
  await things.createIndex({ a: 1, b: 1 });
  expect(await codeOf(things.insertOne({ a: [1, 2], b: [3, 4] }))).toBe(171);
  expect(await codeOf(things.insertOne({ a: 'x'.repeat(3000) }))).toBe(17280);
  expect(await things.countDocuments()).toBe(0);
});

test('lists and drops collections and databases', async () => {
  const other = store.client.db('other');
  await other.createCollection('one');
  expect(await codeOf(other.createCollection('one'))).toBe(48);
  await other.collection('two').insertOne({});
  expect((await other.listCollections().toArray()).map(({ name }) => name)).toEqual(['one', 'two']);
  expect(await other.listCollections({ name: 'two' }, { nameOnly: true }).toArray()).toHaveLength(1);
  expect(await other.dropCollection('one')).toBe(true);
  const names = async () => (await store.client.db('admin').admin().listDatabases()).databases.map(({ name }) => name);
  expect(await names()).toContain('other');
  const { databases, totalSize } = await store.client.db('admin').admin().listDatabases();
  expect(totalSize).toBe(databases.reduce((sum, { sizeOnDisk = 0 }) => sum + sizeOnDisk, 0));
  expect(totalSize).toBeGreaterThan(0);
  await other.dropDatabase();
  expect(await names()).not.toContain('other');
  expect(await codeOf(other.createCollection('capped', { capped: true, size: 100 }))).toBe(40415);
});

test('an array in an index is found by each of its items, and sorts by its smallest or greatest', async () => {
  const things = fresh();
  await things.createIndex({ a: 1 });
  await things.insertMany([{ _id: 1, a: [0, 4] }, { _id: 2, a: 3 }, { _id: 3, a: [] }, { _id: 4 }]);
  const ids = async (filter: Record<string, unknown>, sort: Record<string, 1 | -1> = {}) =>
    (await things.find(filter).sort(sort).toArray()).map(({ _id }) => _id);
  expect(await ids({ a: { $gte: 2, $lt: 3 } })).toEqual([1]);
  expect(await ids({ a: { $gte: 3 } }, { a: 1 })).toEqual([1, 2]);
  expect(await ids({ a: { $gte: 3 } }, { a: -1 })).toEqual([1, 2]);
  expect(await ids({ a: { $in: [0, 4] } })).toEqual([1]);
  expect(await ids({ a: [0, 4] })).toEqual([1]);
  expect(await ids({ a: null })).toEqual([4]);
  expect(await ids({ a: { $gte: 0 } }, { _id: 1 })).toEqual([1, 2]);
  expect(await ids({}, { a: 1 })).toEqual([3, 4, 1, 2]);
});
