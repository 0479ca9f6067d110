import { Double, Int32, Long, Timestamp } from 'bson';
import { decode, encode } from '../bson/codec.js';
import type { Document } from '../bson/values.js';
import { compileUpdate, seedFromFilter } from './update.js';

const typed = (document: Document): Document => decode(encode(document));
const now = new Date('2026-01-02T03:04:05Z');
const apply = (before: Document, update: Document, isInsert = false): Document => {
  const document = typed(before);
  compileUpdate(typed(update))(document, { now, isInsert });
  return document;
};

const examples: [string, Document, Document, Document][] = [
  ['$set makes the documents on the way', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  ['$set fills an array with nulls up to an index', { a: [1] }, { $set: { 'a.3': 4 } }, { a: [1, null, null, 4] }],
  [
    'new fields are added in the order of their names',
    {},
    { $set: { b: 1, a: 1 }, $inc: { aa: 1 } },
    { a: 1, aa: 1, b: 1 },
  ],
  ['$unset leaves null in an array', { a: [1, 2], b: 1 }, { $unset: { 'a.0': '', b: '', c: '' } }, { a: [null, 2] }],
  ['$inc keeps int while it fits', { a: 1 }, { $inc: { a: 2, b: 3 } }, { a: 3, b: 3 }],
  ['$inc widens int to long', { a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromNumber(2147483648) }],
  ['$inc of long by int stays long', { a: Long.fromNumber(1) }, { $inc: { a: 1 } }, { a: Long.fromNumber(2) }],
  ['$inc by a double is a double, also when whole', { a: 1 }, { $inc: { a: new Double(2) } }, { a: new Double(3) }],
  [
    '$mul of a missing field is zero of the operand',
    {},
    { $mul: { a: 2, b: new Double(2) } },
    { a: 0, b: new Double(0) },
  ],
  ['$min and $max compare across types', { a: 5, b: 5 }, { $min: { a: null }, $max: { b: 'x' } }, { a: null, b: 'x' }],
  ['$min leaves an equal number of another type', { a: 5 }, { $min: { a: new Double(5) } }, { a: 5 }],
  ['$rename moves the value to the end', { a: 1, b: 2 }, { $rename: { a: 'c.d', x: 'y' } }, { b: 2, c: { d: 1 } }],
  [
    '$currentDate sets dates and timestamps',
    {},
    { $currentDate: { a: true, b: { $type: 'timestamp' } } },
    { a: now, b: new Timestamp({ t: now.getTime() / 1000, i: 1 }) },
  ],
  ['$setOnInsert does nothing to what is there', { a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }],
  ['$push appends one value, even an array', { a: [1] }, { $push: { a: [2], b: 1 } }, { a: [1, [2]], b: [1] }],
  ['$push $each with $position', { a: [1, 4] }, { $push: { a: { $each: [2, 3], $position: 1 } } }, { a: [1, 2, 3, 4] }],
  [
    '$push $each with $sort and $slice',
    { a: [3] },
    { $push: { a: { $each: [1, 2], $sort: -1, $slice: 2 } } },
    { a: [3, 2] },
  ],
  [
    '$push sorts documents by a field and keeps the last',
    { a: [{ n: 2 }, { n: 3 }] },
    { $push: { a: { $each: [{ n: 1 }], $sort: { n: 1 }, $slice: -2 } } },
    { a: [{ n: 2 }, { n: 3 }] },
  ],
  [
    '$addToSet keeps equal values out, whatever their type',
    { a: [1, { x: 1 }] },
    { $addToSet: { a: { $each: [new Double(1), { x: 1 }, 2, 2] } } },
    { a: [1, { x: 1 }, 2] },
  ],
  ['$pull by value', { a: [1, 2, 1] }, { $pull: { a: 1, b: 1 } }, { a: [2] }],
  ['$pull by operators', { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [
    '$pull by a query on documents',
    { a: [{ o: 'x', q: 1 }, { o: 'y', q: 1 }, 5] },
    { $pull: { a: { o: 'x' } } },
    { a: [{ o: 'y', q: 1 }, 5] },
  ],
  ['$pullAll by values', { a: [1, 2, 3] }, { $pullAll: { a: [1, 3] } }, { a: [2] }],
  ['$pop takes one end', { a: [1, 2, 3], b: [1, 2] }, { $pop: { a: 1, b: -1 } }, { a: [1, 2], b: [2] }],
];

test.each(examples)('%s', (_, before, update, after) => {
  const result = apply(before, update);
  expect(Buffer.compare(encode(result), encode(after))).toBe(0);
});

test('$setOnInsert sets what an upsert makes', () => {
  expect(apply({}, { $setOnInsert: { a: 1 } }, true)).toEqual({ a: new Int32(1) });
});

test('an upsert starts from what its filter says must be equal', () => {
  const filter = {
    a: 1,
    'b.c': { $eq: 2 },
    d: { $gt: 1 },
    $and: [{ e: 3 }, { f: { $in: [4] } }],
    $or: [{ g: 5 }, { h: 6 }],
  };
  expect(seedFromFilter(filter)).toEqual({ a: 1, b: { c: 2 }, e: 3, f: 4 });
  expect(() => seedFromFilter({ a: 1, $and: [{ a: 2 }] })).toThrow('matched twice');
});
