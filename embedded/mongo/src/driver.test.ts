import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import mongoose from 'mongoose';
import { codeOf, startTestStore, type TestStore } from './testing/store.js';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.stop());
const fresh = () => store.fresh();

describe('values', () => {
  test('every BSON type comes back as it was sent', async () => {
    const things = fresh();
    const document = {
      _id: new ObjectId(),
      int: new Int32(5),
      double: new Double(5),
      negativeZero: new Double(-0),
      long: Long.fromString('9007199254740993'),
      decimal: Decimal128.fromString('1.10'),
      date: new Date('2026-01-02T03:04:05.006Z'),
      binary: new Binary(Buffer.from([1, 2, 3]), 4),
      bytes: new Binary(Buffer.from('abc'), 0),
      regex: new BSONRegExp('^a.c$', 'i'),
      timestamp: new Timestamp({ t: 5, i: 6 }),
      min: new MinKey(),
      max: new MaxKey(),
      nothing: null,
      yes: true,
      text: 'häß\u{1f600}\0',
      list: [1, ['a'], { b: [] }],
      object: {},
    };
    await things.insertOne(document);
    const raw = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };
    const [found] = await things.find({}, raw).toArray();
    expect(Object.keys(found ?? {})).toEqual(Object.keys(document));
    expect(mongoose.mongo.BSON.EJSON.stringify(found ?? {}, { relaxed: false })).toBe(
      mongoose.mongo.BSON.EJSON.stringify(document, { relaxed: false }),
    );
  });

  test('_id comes first, and numbers of all types are the same key', async () => {
    const things = fresh();
    await things.insertOne({ a: 1, _id: 7 });
    expect(Object.keys((await things.findOne({ _id: new Double(7) })) ?? {})).toEqual(['_id', 'a']);
    expect(await codeOf(things.insertOne({ _id: Long.fromNumber(7) }))).toBe(11000);
    expect(await codeOf(things.insertOne({ _id: [1] }))).toBe(53);
  });

  test('a field named __proto__ is refused, one named constructor is data', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1 });
    expect(await things.countDocuments({ constructor: { $exists: true } })).toBe(0);
    await things.insertOne({ _id: 2, constructor: 'x' });
    expect(await things.countDocuments({ constructor: 'x' })).toBe(1);
    const poisoned = JSON.parse('{"_id":3,"__proto__":{"a":1}}') as Record<string, unknown>;
    expect(await codeOf(things.insertOne(poisoned))).toBe(2);
  });
});

describe('find', () => {
  test('sorts, skips, limits and projects', async () => {
    const things = fresh();
    await things.insertMany([3, 1, 2, 5, 4].map((n) => ({ _id: n, n, nested: { a: n, b: -n } })));
    const cursor = things
      .find({ n: { $gt: 1 } })
      .sort({ n: -1 })
      .skip(1)
      .limit(2);
    expect(await cursor.project({ n: 1, 'nested.a': 1, _id: 0 }).toArray()).toEqual([
      { n: 4, nested: { a: 4 } },
      { n: 3, nested: { a: 3 } },
    ]);
    const [excluded] = await things.find({ n: 1 }).project({ 'nested.b': 0 }).toArray();
    expect(excluded).toEqual({ _id: 1, n: 1, nested: { a: 1 } });
    expect(await codeOf(things.find().project({ n: 1, nested: 0 }).toArray())).toBe(31254);
    expect(await codeOf(things.find().project({ n: 0, nested: 1 }).toArray())).toBe(31253);
  });

  test('serves long results in batches and forgets killed cursors', async () => {
    const things = fresh();
    await things.insertMany(Array.from({ length: 1000 }, (_, n) => ({ _id: n })));
    expect(await things.find({}, { batchSize: 7 }).toArray()).toHaveLength(1000);
    expect(await things.find({}, { batchSize: 500 }).sort({ _id: -1 }).limit(999).toArray()).toHaveLength(999);
    const cursor = things.find({}, { batchSize: 2 });
    await cursor.next();
    const id = cursor.id;
    await cursor.close();
    expect(await codeOf(store.db.command({ getMore: id, collection: things.collectionName }))).toBe(43);
  });

  test('documents larger than one batch arrive whole', async () => {
    const things = fresh();
    const big = 'x'.repeat(6_000_000);
    for (const _id of [1, 2, 3, 4]) await things.insertOne({ _id, big });
    const found = await things.find().toArray();
    expect(found.map(({ _id }) => _id)).toEqual([1, 2, 3, 4]);
    expect(await codeOf(things.insertOne({ _id: 5, big: 'x'.repeat(16 * 1024 * 1024) }))).toBe(2);
  });

  test('matches null as MongoDB does, through arrays and documents', async () => {
    const things = fresh();
    const values: Record<string, unknown> = {
      empty: {},
      null: null,
      number: 4,
      b: { b: 'hi' },
      bNull: { b: null },
      emptyArray: [],
      arrayOfArray: [[]],
      someNull: [{ b: null }, { b: 3 }],
      someMissing: [{ b: 3 }, {}],
      noNull: [{ b: 1 }, { b: 3 }],
      scalars: [1, 'string', 4],
      scalarsAndNull: [1, null],
    };
    await things.insertMany([...Object.entries(values).map(([_id, a]) => ({ _id, a })), { _id: 'missing' }]);
    const ids = async (filter: Record<string, unknown>) => (await things.find(filter).toArray()).map(({ _id }) => _id);
    expect(await ids({ a: null })).toEqual(['null', 'scalarsAndNull', 'missing']);
    expect(await ids({ a: { $exists: false } })).toEqual(['missing']);
    expect(await ids({ 'a.b': null })).toEqual([
      ...['empty', 'null', 'number', 'bNull', 'someNull', 'someMissing', 'missing'],
    ]);
    expect(await ids({ 'a.b': { $exists: false } })).toEqual([
      ...['empty', 'null', 'number', 'emptyArray', 'arrayOfArray', 'scalars', 'scalarsAndNull', 'missing'],
    ]);
    expect(await ids({ a: { $elemMatch: { b: null } } })).toEqual(['arrayOfArray', 'someNull', 'someMissing']);
    expect(await ids({ a: { $elemMatch: { $eq: null } } })).toEqual(['scalarsAndNull']);
  });

  test('refuses what it does not know with the code MongoDB gives', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1, a: [1] });
    const codes: [Record<string, unknown>, number][] = [
      [{ a: { $near: 1 } }, 2],
      [{ a: { $bitsAllSet: 1 } }, 2],
      [{ $where: '1' }, 2],
      [{ $and: [] }, 2],
      [{ $or: 1 }, 2],
      [{ a: { $in: 1 } }, 2],
      [{ a: { $size: -1 } }, 2],
      [{ a: { $mod: [2, 1] } }, 2],
      [{ a: { $type: 'int' } }, 2],
      [{ a: { $all: [1] } }, 2],
      [{ a: { $not: { $gt: 5 } } }, 2],
      [{ a: { $regex: 'x', $options: 'i' } }, 2],
      [{ $expr: { $eq: ['$a', 1] } }, 2],
      [{ 'a.0': 1 }, 2],
      [{ 'a..b': 1 }, 56],
      [{ a: { $regex: '(?i)x' } }, 51091],
      [{ a: { $regex: '[' } }, 51091],
    ];
    for (const [filter, code] of codes)
      expect([filter, await codeOf(things.find(filter).toArray())]).toEqual([filter, code]);
    expect(await codeOf(things.find({}, { collation: { locale: 'de' } }).toArray())).toBe(40415);
    expect(await codeOf(things.find({}, { hint: 'nope' }).toArray())).toBe(2);
    expect(await codeOf(things.find({}, { hint: { $natural: 1 } }).toArray())).toBe(2);
    expect(await codeOf(things.find().sort({ $natural: 1 }).toArray())).toBe(52);
    expect(await codeOf(things.distinct('a'))).toBe(59);
    expect(await codeOf(things.find().explain())).toBe(59);
    expect(await codeOf(store.db.command({ validate: things.collectionName }))).toBe(59);
    expect(await codeOf(things.find({}, { readConcern: { level: 'snapshot' } }).toArray())).toBe(72);
    expect(await codeOf(store.db.command({ find: things.collectionName, wrong: 1 }))).toBe(40415);
    expect(await codeOf(store.db.command({ find: things.collectionName, filter: 1 }))).toBe(14);
    expect(await codeOf(store.db.command({ mapReduce: 'x' }))).toBe(59);
    expect(await codeOf(store.db.command({ find: 'a$b' }))).toBe(73);
  });

  test('a regular expression means what it means in PCRE', async () => {
    const things = fresh();
    await things.insertMany(['abc', 'ABC', 'a\nb', 'abc\n', 'a.c', 'a-c'].map((t, _id) => ({ _id, t })));
    const ids = async (t: unknown) => (await things.find({ t }).toArray()).map(({ _id }) => _id);
    expect(await ids(/^abc$/)).toEqual([0, 3]);
    expect(await ids(/^abc$/i)).toEqual([0, 1, 3]);
    expect(await ids({ $regex: 'a.b' })).toEqual([]);
    expect(await ids(new BSONRegExp('a.b', 's'))).toEqual([2]);
    expect(await ids(new BSONRegExp('^b', 'm'))).toEqual([2]);
    expect(await ids({ $regex: 'a\\-c' })).toEqual([5]);
    expect(await ids({ $in: [/^A/, 'a.c'] })).toEqual([1, 4]);
    expect(await ids({ $nin: [/c/i] })).toEqual([2]);
  });

  test('a regular expression that would search without end is stopped', async () => {
    const things = fresh();
    await things.insertOne({ t: `${'a'.repeat(40)}b` });
    expect(await codeOf(things.find({ t: /^(a+)+$/ }).toArray())).toBe(51156);
    expect(await things.countDocuments({ t: /a+b/ })).toBe(1);
  });
});

describe('aggregation', () => {
  test('groups with typed numbers', async () => {
    const things = fresh();
    await things.insertMany([
      { _id: 1, s: 'a', n: 1, at: new Date(1) },
      { _id: 2, s: 'a', n: Long.fromNumber(2), at: new Date(2) },
      { _id: 3, s: 'b', n: Long.fromNumber(5), deep: { x: 1 } },
    ]);
    const pipeline = [
      { $match: { n: { $gt: 0 } } },
      { $group: { _id: '$s', n: { $sum: 1 }, total: { $sum: '$n' } } },
      { $sort: { _id: 1 } },
    ];
    const found = await things.aggregate(pipeline, { promoteValues: false }).toArray();
    expect(found).toEqual([
      { _id: 'a', n: new Int32(2), total: Long.fromNumber(3) },
      { _id: 'b', n: new Int32(1), total: Long.fromNumber(5) },
    ]);
    expect(await things.aggregate([{ $group: { _id: '$deep', n: { $sum: '$s' } } }]).toArray()).toEqual([
      { _id: null, n: 0 },
      { _id: { x: 1 }, n: 0 },
    ]);
  });

  test('sorts, skips, limits, counts, samples and projects', async () => {
    const things = fresh();
    await things.insertMany([1, 2, 3, 4, 5].map((n) => ({ _id: n, s: n < 3 ? 'a' : 'b', n: -n })));
    const run = (...stages: Record<string, unknown>[]) => things.aggregate(stages).toArray();
    expect(await run({ $match: { s: 'a' } }, { $count: 'many' })).toEqual([{ many: 2 }]);
    expect(await run({ $match: { s: 'z' } }, { $count: 'many' })).toEqual([]);
    expect(await run({ $sort: { n: 1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { n: 1, _id: 0 } })).toEqual([
      { n: -4 },
      { n: -3 },
    ]);
    expect(await run({ $project: { s: 0 } }, { $match: { n: -5 } })).toEqual([{ _id: 5, n: -5 }]);
    const sample = await run({ $sample: { size: 3 } });
    expect(new Set(sample.map(({ _id }) => _id)).size).toBe(3);
    expect(await things.countDocuments({ s: 'a' }, { skip: 1 })).toBe(1);
  });

  test('refuses what it cannot do exactly', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1, n: 0.1, a: [{ b: 1 }] });
    const codes: [Record<string, unknown>, number][] = [
      [{ $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'c' } }, 40324],
      [{ $addFields: { a: 1 } }, 40324],
      [{ $unwind: '$a' }, 40324],
      [{ $indexStats: {} }, 40324],
      [{ $nonsense: {} }, 40324],
      [{ $project: { x: { $add: [1, '$n'] } } }, 2],
      [{ $group: { _id: null, n: { $sum: { $rand: {} } } } }, 168],
      [{ $group: { _id: null, n: { $sum: '$n' } } }, 2],
      [{ $group: { _id: '$a.b' } }, 168],
      [{ $group: { n: { $sum: 1 } } }, 15955],
      [{ $group: { _id: 1, n: { $nonsense: 1 } } }, 15952],
      [{ $group: { _id: 1, n: { $avg: '$n' } } }, 15952],
      [{ $match: { a: { $nonsense: 1 } } }, 2],
      [{ $limit: 0 }, 15958],
      [{ $sort: {} }, 15976],
      [{ $project: {} }, 51272],
    ];
    for (const [stage, code] of codes)
      expect([stage, await codeOf(things.aggregate([stage]).toArray())]).toEqual([stage, code]);
  });
});

test('what a shell or Compass asks first is answered', async () => {
  const admin = store.client.db('admin');
  for (const command of [
    ...[{ hello: 1 }, { ping: 1 }, { buildInfo: 1 }, { serverStatus: 1 }, { hostInfo: 1 }, { whatsmyuri: 1 }],
    ...[
      { connectionStatus: 1, showPrivileges: true },
      { getParameter: 1, featureCompatibilityVersion: 1 },
    ],
    ...[{ getCmdLineOpts: 1 }, { listDatabases: 1, nameOnly: true }, { dbStats: 1 }],
  ]) {
    expect(await admin.command(command)).toMatchObject({ ok: 1 });
  }
  expect(await admin.command({ hello: 1 })).toMatchObject({
    setName: 'embedded',
    me: `127.0.0.1:${store.port}`,
    maxWireVersion: 21,
  });
  expect(await codeOf(admin.command({ getParameter: 1, nothing: 1 }))).toBe(72);
  expect(await codeOf(admin.command({ atlasVersion: 1 }))).toBe(59);
  const things = fresh();
  await things.insertOne({ a: 1 });
  // Compass counts a collection by this hint, and always sets a time limit.
  expect(await things.countDocuments({}, { hint: '_id_', maxTimeMS: 60_000 })).toBe(1);
  const [stats] = await things.aggregate([{ $collStats: { storageStats: { scale: 1 } } }]).toArray();
  expect(stats).toMatchObject({ storageStats: { count: 1, nindexes: 1, indexSizes: { _id_: 0 } } });
  // Compass takes this very message for "not here", and shows the collection without its index sizes.
  const indexSizes = [
    { $collStats: { storageStats: {} } },
    { $project: { indexSizes: { $objectToArray: '$storageStats.indexSizes' } } },
    { $unwind: '$indexSizes' },
  ];
  await expect(things.aggregate(indexSizes).toArray()).rejects.toThrow('Unrecognized pipeline stage name');
});
