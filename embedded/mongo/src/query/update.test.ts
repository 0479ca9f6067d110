import { Double, Int32, Long } from 'bson';
import { decode, encode } from '../bson/codec.js';
import type { Document } from '../bson/values.js';
import { compileUpdate } from './update.js';

const typed = (document: Document): Document => decode(encode(document));
const apply = (before: Document, update: Document, isInsert = false): Document => {
  const document = typed(before);
  compileUpdate(typed(update))(document, isInsert);
  return document;
};

const examples: [string, Document, Document, Document][] = [
  ['$set makes the documents on the way', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  [
    'new fields are added in the order of their names',
    {},
    { $set: { b: 1, a: 1 }, $inc: { aa: 1 } },
    { a: 1, aa: 1, b: 1 },
  ],
  [
    '$unset removes what is there',
    { a: { b: 1, c: 2 }, d: 1 },
    { $unset: { 'a.b': '', d: '', e: '' } },
    { a: { c: 2 } },
  ],
  ['$inc keeps int while it fits', { a: 1 }, { $inc: { a: 2, b: 3 } }, { a: 3, b: 3 }],
  ['$inc widens int to long', { a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromNumber(2147483648) }],
  ['$inc of long by int stays long', { a: Long.fromNumber(1) }, { $inc: { a: 1 } }, { a: Long.fromNumber(2) }],
  ['$inc by a double is a double, also when whole', { a: 1 }, { $inc: { a: new Double(2) } }, { a: new Double(3) }],
  ['$min and $max compare across types', { a: 5, b: 5 }, { $min: { a: null }, $max: { b: 'x' } }, { a: null, b: 'x' }],
  ['$min leaves an equal number of another type', { a: 5 }, { $min: { a: new Double(5) } }, { a: 5 }],
  ['$setOnInsert does nothing to what is there', { a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }],
  ['$push appends one value, even an array', { a: [1] }, { $push: { a: [2], b: 1 } }, { a: [1, [2]], b: [1] }],
  ['$pull by value', { a: [1, 2, 1] }, { $pull: { a: 1, b: 1 } }, { a: [2] }],
  ['$pull by operators', { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [
    '$pull by a query on documents',
    { a: [{ o: 'x', q: 1 }, { o: 'y', q: 1 }, 5] },
    { $pull: { a: { o: { $in: ['x', 'z'] } } } },
    { a: [{ o: 'y', q: 1 }, 5] },
  ],
];

test.each(examples)('%s', (_, before, update, after) => {
  const result = apply(before, update);
  expect(Buffer.compare(encode(result), encode(after))).toBe(0);
});

test('$setOnInsert sets what an upsert makes', () => {
  expect(apply({}, { $setOnInsert: { a: 1 } }, true)).toEqual({ a: new Int32(1) });
});
