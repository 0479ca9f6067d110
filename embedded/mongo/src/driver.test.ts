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
      [{ a: { $mod: [0, 1] } }, 2],
      [{ a: { $type: 'nothing' } }, 2],
      [{ a: { $not: 5 } }, 2],
      [{ a: { $regex: '(?i)x' } }, 51091],
      [{ a: { $regex: '[' } }, 51091],
    ];
    for (const [filter, code] of codes)
      expect([filter, await codeOf(things.find(filter).toArray())]).toEqual([filter, code]);
    expect(await codeOf(things.find({}, { collation: { locale: 'de' } }).toArray())).toBe(72);
    expect(await codeOf(things.find({}, { hint: 'nope' }).toArray())).toBe(2);
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
    expect(await ids({ $regex: 'a.b', $options: 's' })).toEqual([2]);
    expect(await ids({ $regex: '^b', $options: 'm' })).toEqual([2]);
    expect(await ids({ $regex: 'a\\-c' })).toEqual([5]);
    expect(await ids({ $in: [/^A/, 'a.c'] })).toEqual([1, 4]);
    expect(await ids({ $not: /c/i })).toEqual([2]);
  });
});

describe('aggregation', () => {
  test('groups with typed numbers', async () => {
    const things = fresh();
    await things.insertMany([
      { _id: 1, s: 'a', n: 1, at: new Date(1) },
      { _id: 2, s: 'a', n: new Double(2), at: new Date(2) },
      { _id: 3, s: 'b', n: Long.fromNumber(5), tags: ['x', 'y'] },
    ]);
    const pipeline = [
      { $match: { n: { $gt: 0 } } },
      { $group: { _id: '$s', n: { $sum: 1 }, total: { $sum: '$n' }, mean: { $avg: '$n' }, first: { $min: '$at' } } },
      { $sort: { _id: 1 } },
    ];
    const found = await things.aggregate(pipeline, { promoteValues: false }).toArray();
    expect(found[0]).toEqual({
      _id: 'a',
      n: new Int32(2),
      total: new Double(3),
      mean: new Double(1.5),
      first: new Date(1),
    });
    expect(found[1]).toMatchObject({ _id: 'b', n: new Int32(1), mean: new Double(5), first: null });
    expect(found[1]?.total).toEqual(Long.fromNumber(5));
    expect(await things.aggregate([{ $unwind: '$tags' }, { $project: { tags: 1, _id: 0 } }]).toArray()).toEqual([
      { tags: 'x' },
      { tags: 'y' },
    ]);
    expect(await things.aggregate([{ $match: { s: 'a' } }, { $count: 'many' }]).toArray()).toEqual([{ many: 2 }]);
    expect(await things.countDocuments({ s: 'a' }, { skip: 1 })).toBe(1);
    const computed = [{ $match: { _id: 2 } }, { $project: { n: { $add: ['$n', 1] }, s: 1, x: '$nothing', _id: 0 } }];
    expect(await things.aggregate(computed, { promoteValues: false }).toArray()).toEqual([
      { s: 'a', n: new Double(3) },
    ]);
    const tenths = fresh();
    await tenths.insertMany(Array.from({ length: 10 }, () => ({ n: 0.1 })));
    const total = { $group: { _id: null, total: { $sum: '$n' }, mean: { $avg: '$n' } } };
    expect(await tenths.aggregate([total]).toArray()).toEqual([{ _id: null, total: 1, mean: 0.1 }]);
  });

  test('refuses what it cannot do exactly', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1 });
    const codes: [Record<string, unknown>, number][] = [
      [{ $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'c' } }, 40324],
      [{ $nonsense: {} }, 40324],
      [{ $group: { _id: null, n: { $sum: { $rand: {} } } } }, 168],
      [{ $group: { n: { $sum: 1 } } }, 15955],
      [{ $group: { _id: 1, n: { $nonsense: 1 } } }, 15952],
      [{ $match: { a: { $nonsense: 1 } } }, 2],
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
    ...[{ getLog: 'startupWarnings' }, { getCmdLineOpts: 1 }, { listDatabases: 1, nameOnly: true }, { dbStats: 1 }],
  ]) {
    expect(await admin.command(command)).toMatchObject({ ok: 1 });
  }
  expect(await admin.command({ hello: 1 })).toMatchObject({
    setName: 'embedded',
    me: `127.0.0.1:${store.port}`,
    maxWireVersion: 21,
  });
  expect(await codeOf(admin.command({ getParameter: 1, nothing: 1 }))).toBe(72);
  const things = fresh();
  await things.insertOne({ a: 1 });
  const [stats] = await things.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
  expect(stats).toMatchObject({ storageStats: { count: 1 } });
  const double = (field: string) => ({ $toDouble: `$storageStats.${field}` });
  const sizes = await things
    .aggregate([
      { $collStats: { storageStats: {} } },
      {
        $group: {
          _id: null,
          count: { $sum: '$storageStats.count' },
          size: { $sum: double('size') },
          whole: { $sum: { $multiply: [double('avgObjSize'), double('count')] } },
          nindexes: { $max: '$storageStats.nindexes' },
        },
      },
      {
        $addFields: {
          avgObjSize: {
            // biome-ignore lint/suspicious/noThenProperty: the word is MongoDB's
            $cond: { if: { $ne: ['$count', 0] }, then: { $divide: ['$whole', { $toDouble: '$count' }] }, else: 0 },
          },
        },
      },
    ])
    .toArray();
  expect(sizes).toMatchObject([{ count: 1, nindexes: 1, avgObjSize: stats?.storageStats.size }]);
  const indexSizes = await things
    .aggregate([
      { $collStats: { storageStats: {} } },
      { $project: { indexSizes: { $objectToArray: '$storageStats.indexSizes' } } },
      { $unwind: '$indexSizes' },
      { $group: { _id: '$indexSizes.k', size: { $sum: { $toDouble: '$indexSizes.v' } } } },
    ])
    .toArray();
  expect(indexSizes).toEqual([{ _id: '_id_', size: 0 }]);
  const indexStats = things.aggregate([{ $indexStats: {} }]).toArray();
  await expect(indexStats).rejects.toThrow('Unrecognized pipeline stage name');
});
