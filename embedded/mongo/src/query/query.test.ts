import { Double, Int32, Long } from 'bson';
import fc from 'fast-check';
import { decode, encode } from '../bson/codec.js';
import { compareValues } from '../bson/order.js';
import type { Document } from '../bson/values.js';
import { findDisagreements } from '../testing/agreement.js';
import { type DirectStore, openDirectStore } from '../testing/direct.js';
import { modelMatches, modelSortKey } from '../testing/model.js';
import { modelUpdate, Refused } from '../testing/update-model.js';
import { compileFilter } from './matcher.js';
import { planIndex } from './plan.js';

/** More of the same in CI, or by hand: EFFORT=20. */
const effort = Number(process.env.EFFORT ?? 1);

let store: DirectStore;
beforeAll(async () => {
  store = await openDirectStore();
});
afterAll(() => store.stop());

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 4 }).map((value) => new Int32(value)) },
  fc.integer({ min: 0, max: 8 }).map((value) => new Double(value / 2)),
  fc.integer({ min: 0, max: 4 }).map((value) => Long.fromNumber(value)),
  fc.constantFrom(null, 'x', 'y', true, new Double(Number.NaN), new Date(0)),
);
const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 4, arbitrary: scalar },
    { weight: 3, arbitrary: fc.array(scalar, { maxLength: 3 }) },
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
})).value;
const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3, noNullPrototype: true });
const documents = fc
  .array(fields, { maxLength: 12 })
  .map((list) => list.map((document, i): Document => ({ _id: new Int32(i), ...document })));

const path = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b') },
  { weight: 2, arbitrary: fc.constantFrom('c', 'a.b', 'b.a', 'a.b.a', '_id') },
);
const operators: fc.Arbitrary<Document> = fc.letrec<{ operators: Document }>((tie) => ({
  operators: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte'), scalar)
        .map(([name, operand]) => ({ [name]: operand })),
    },
    ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'].map((name) => value.map((operand) => ({ [name]: operand }))),
    { weight: 8, arbitrary: fc.tuple(scalar, scalar).map(([$gte, $lt]) => ({ $gte, $lt })) },
    fc.array(value, { maxLength: 3 }).map(($in) => ({ $in })),
    fc.array(value, { maxLength: 2 }).map(($nin) => ({ $nin })),
    fc.boolean().map(($exists) => ({ $exists })),
    fc.nat(3).map(($size) => ({ $size })),
    tie('operators').map(($elemMatch) => ({ $elemMatch })),
    fc.tuple(fc.constantFrom('a', 'b'), tie('operators')).map(([name, each]) => ({ $elemMatch: { [name]: each } })),
  ),
})).operators;
const condition = fc.tuple(path, fc.oneof(operators, value)).map(([name, each]): Document => ({ [name]: each }));
const filters: fc.Arbitrary<Document> = fc.oneof(
  { weight: 4, arbitrary: condition },
  fc.tuple(condition, condition).map(([left, right]) => ({ ...left, ...right })),
  fc
    .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(condition, { minLength: 1, maxLength: 3 }))
    .map(([name, all]) => ({ [name]: all })),
);
const direction = fc.constantFrom(1 as const, -1 as const);
const keys: fc.Arbitrary<Document> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'a', 'b', 'b', 'c', 'a.b', 'b.a'), direction), {
    minLength: 1,
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((entries) => Object.fromEntries(entries.map(([name, way]) => [name, new Int32(way)])));
const indexes = fc.uniqueArray(fc.record({ key: keys }), {
  minLength: 1,
  maxLength: 3,
  selector: ({ key }) => JSON.stringify(Object.entries(key)),
});

let collections = 0;
/** A collection with these documents and indexes; documents that an index refuses (parallel arrays) are left out. */
const fill = async (
  wanted: readonly Document[],
  patterns: readonly Document[],
): Promise<{ name: string; kept: Document[] }> => {
  collections += 1;
  const name = `q${collections}`;
  if (patterns.length > 0)
    await store.run({ createIndexes: name, indexes: patterns.map((index, i) => ({ ...index, name: `i${i}` })) });
  const reply = await store.ask({
    insert: name,
    documents: wanted.length === 0 ? [{ _id: 'last' }] : wanted,
    ordered: false,
  });
  const refused = ((reply.writeErrors ?? []) as { index: unknown; code: unknown }[]).map(({ index, code }) => {
    expect(Number(code)).toBe(171);
    return Number(index);
  });
  if (wanted.length === 0) await store.run({ delete: name, deletes: [{ q: {}, limit: 1 }] });
  return { name, kept: wanted.filter((_, i) => !refused.includes(i)) };
};
const ids = (list: readonly Document[]): number[] => list.map(({ _id }) => Number(_id));

const collectionOf = (name: string) =>
  store.collections.get(`test.${name}`) ?? store.collections.create(`test.${name}`);

/** What the ranges of each index, and no index, lead to. */
const everyWay = (name: string, filter: Document): number[][] => {
  const typed = decode(encode(filter));
  const collection = collectionOf(name);
  return [undefined, ...collection.indexes].map((index) => {
    const found = [...store.collections.scan(collection, planIndex(collection, index, typed, []))];
    return ids(found.map(({ document }) => document).filter(compileFilter(typed))).sort((a, b) => a - b);
  });
};

test('a query finds what a plain model finds, whatever index serves it', async () => {
  await fc.assert(
    fc.asyncProperty(documents, indexes, filters, async (wanted, patterns, filter) => {
      const { name, kept } = await fill(wanted, patterns);
      const expected = ids(kept.filter((document) => modelMatches(document, filter)));
      const numbers = async (options: Document) =>
        ids(await store.find(name, { filter, ...options })).sort((a, b) => a - b);
      expect(await numbers({})).toEqual(expected);
      for (const found of everyWay(name, filter)) expect(found).toEqual(expected);
      expect((await store.run({ count: name, query: filter })).n).toBe(expected.length);
    }),
    { numRuns: 400 * effort },
  );
});

test('a sort is in order, whatever index delivers it, and skip and limit cut it', async () => {
  await fc.assert(
    fc.asyncProperty(documents, indexes, filters, keys, async (wanted, patterns, filter, sort) => {
      const { name, kept } = await fill(wanted, patterns);
      const reply = await store.ask({ find: name, filter, sort, batchSize: 100 });
      if (reply.ok === 0) {
        expect(reply.errmsg).toMatch(/parallel arrays/);
        return;
      }
      const found = (reply.cursor as { firstBatch: Document[] }).firstBatch;
      expect(ids(found).sort((a, b) => a - b)).toEqual(ids(kept.filter((document) => modelMatches(document, filter))));
      for (const [i, document] of found.entries()) {
        const before = found[i - 1];
        if (before === undefined) continue;
        const order = Object.entries(sort).map(([name, way]) => {
          const compared = compareValues(
            modelSortKey(before, name, Number(way)),
            modelSortKey(document, name, Number(way)),
          );
          return Math.sign(compared * Number(way));
        });
        expect(order.find((each) => each !== 0) ?? 0).toBeLessThanOrEqual(0);
      }
      expect(ids(await store.find(name, { filter, sort, skip: 1, limit: 2 }))).toEqual(ids(found.slice(1, 3)));
    }),
    { numRuns: 400 * effort },
  );
});

const paths = fc.constantFrom('a', 'b', 'c', 'c', 'a.b', 'b.a', 'd');
const pairs = <T>(operand: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.tuple(paths, operand), { minLength: 1, maxLength: 2, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries));
const updates: fc.Arbitrary<Document> = fc.oneof(
  pairs(value).map(($set) => ({ $set })),
  pairs(fc.constant(1)).map(($unset) => ({ $unset })),
  pairs(scalar).map(($inc) => ({ $inc })),
  pairs(value).map(($push) => ({ $push })),
  pairs(scalar).map(($pull) => ({ $pull })),
  pairs(scalar).map(($min) => ({ $min })),
  pairs(scalar).map(($max) => ({ $max })),
  fields,
);
const steps = fc.array(fc.tuple(fc.constantFrom('update', 'updateMany', 'delete', 'insert'), condition, updates), {
  maxLength: 8,
});

const updated = (document: Document, update: Document): Document | undefined => {
  try {
    return modelUpdate(document, update);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
};

const bytesOf = (list: readonly Document[]): string =>
  list.map((document) => Buffer.from(encode(document)).toString('hex')).join('\n');

test('updates change what a plain model changes, to the byte, and refuse what it refuses', async () => {
  await fc.assert(
    fc.asyncProperty(documents, condition, updates, async (wanted, q, u) => {
      const { name, kept } = await fill(wanted, []);
      const chosen = kept.findIndex((document) => modelMatches(document, q));
      const after = kept[chosen] === undefined ? undefined : updated(kept[chosen], u);
      const reply = await store.ask({ update: name, updates: [{ q, u }] });
      expect(await store.find(name)).toHaveLength(kept.length);
      const expected = kept.map((document, i) => (i === chosen && after !== undefined ? after : document));
      expect(bytesOf(await store.find(name))).toBe(bytesOf(expected));
      if (chosen >= 0) expect(reply.writeErrors === undefined).toBe(after !== undefined);
    }),
    { numRuns: 600 * effort },
  );
});

test('after any writes every index agrees with a scan, and refused writes changed nothing', async () => {
  await fc.assert(
    fc.asyncProperty(documents, indexes, fc.boolean(), steps, async (wanted, patterns, isUnique, changes) => {
      const distinct = wanted.map((document, i) => (isUnique ? { ...document, c: new Int32(i) } : document));
      const { name } = await fill(distinct, patterns);
      const unique = { key: { c: 1 }, name: 'unique', unique: true };
      if (isUnique) await store.ask({ createIndexes: name, indexes: [unique] });
      for (const [i, [kind, q, u]] of changes.entries()) {
        const before = await store.find(name);
        const multi = kind === 'updateMany';
        const reply = await store.ask(
          kind === 'insert'
            ? { insert: name, documents: [{ _id: new Int32(100 + i), ...u }] }
            : kind === 'delete'
              ? { delete: name, deletes: [{ q, limit: 1 }] }
              : { update: name, updates: [{ q, u, multi }] },
        );
        if (reply.writeErrors !== undefined && !multi) expect(bytesOf(await store.find(name))).toBe(bytesOf(before));
        expect(findDisagreements(store.store, collectionOf(name))).toEqual([]);
      }
    }),
    { numRuns: 150 * effort },
  );
});

test('an update that matches nothing writes nothing, and the same document again is no change', async () => {
  await fc.assert(
    fc.asyncProperty(fields, async (document) => {
      const { name } = await fill([{ _id: new Int32(1), ...document }], []);
      const same = { q: { _id: 1 }, u: { _id: new Int32(1), ...document } };
      expect(await store.run({ update: name, updates: [same] })).toMatchObject({ n: 1, nModified: 0 });
      const [found] = await store.find(name);
      expect(Buffer.compare(encode(found ?? {}), encode({ _id: new Int32(1), ...document }))).toBe(0);
    }),
    { numRuns: 100 },
  );
});
