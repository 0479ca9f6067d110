import { type Case, type Document, Double, Int32, Long, pairs, updates } from './case.js';
import { picked, values } from './values.js';

const id = new Int32(1);
const one = (u: Document, more: Document = {}): Document => ({ q: { _id: id }, u, ...more });
const holding = (v: unknown): Document[] => [v === undefined ? { _id: id } : { _id: id, v }];
const change = (name: string, v: unknown, u: Document): Case => updates(`update ${name}`, holding(v), one(u));

const kinds: Readonly<Record<string, unknown>> = {
  missing: undefined,
  ...picked('null', 'int 1', 'long 1', 'double 1.5', 'string a', 'empty document', '[1]', 'true', 'date 0'),
  'the greatest int': new Int32(2 ** 31 - 1),
  'the greatest long': Long.MAX_VALUE,
};
const increments = pairs(
  kinds,
  picked('int 1', 'long 1', 'double 1.5', 'double 1.0', 'string a', 'null'),
  (name, v, by) => change(`$inc ${name}`, v, { $inc: { v: by } }),
);

const comparable = {
  missing: undefined,
  ...picked('null', 'int 1', 'double 1.5', 'string a', '[1]', '{b: 1}', 'date 1'),
};
const extremes = pairs(
  comparable,
  picked('null', 'int 1', 'double 1.0', 'int 2', 'string b', '[]', 'date 0'),
  (name, v, to) => [change(`$min ${name}`, v, { $min: { v: to } }), change(`$max ${name}`, v, { $max: { v: to } })],
).flat();

const containers = {
  missing: undefined,
  ...picked('null', 'int 1', '[]', '[1, 2]', '[a]', '[{b: 2}, {b: 1}]', '{b: 1}'),
};
const items = picked('int 1', 'double 1.0', 'null', 'string a', '[1]', '{b: 1}', 'regex');
const arrays = pairs(containers, items, (name, v, item) => [
  change(`$push ${name}`, v, { $push: { v: item } }),
  change(`$pull ${name}`, v, { $pull: { v: item } }),
]).flat();

const numbers = [1, 5, 9].map((number) => new Int32(number));
const holds = [
  { o: 'a', q: new Int32(1) },
  { o: 'b', q: new Int32(2) },
  { o: 'a', q: new Int32(3) },
];
const pulls = Object.entries<[unknown, unknown]>({
  'by a range': [numbers, { $gte: new Int32(5) }],
  'by $in': [numbers, { $in: [new Int32(1), new Double(9)] }],
  'by a field': [holds, { o: 'a' }],
  'by two fields': [holds, { o: 'a', q: new Int32(1) }],
  'by two fields in another order': [holds, { q: new Int32(1), o: 'a' }],
  'by an operator on a field': [holds, { q: { $gt: new Int32(1) } }],
  'by $or': [holds, { $or: [{ o: 'b' }, { q: new Int32(3) }] }],
  'by nothing': [holds, {}],
}).map(([name, [v, $pull]]) => change(`$pull ${name}`, v, { $pull: { v: $pull } }));

const paths = Object.entries<[unknown, Document]>({
  '$set makes documents on the way': [undefined, { $set: { 'v.b.c': new Int32(1) } }],
  '$set a field of a document': [{ b: new Int32(1) }, { $set: { 'v.c': new Int32(2) } }],
  '$set through a number': [new Int32(1), { $set: { 'v.b': new Int32(1) } }],
  '$set through null': [null, { $set: { 'v.b': new Int32(1) } }],
  '$set through an array': [[{ b: new Int32(1) }], { $set: { 'v.b': new Int32(2) } }],
  '$set an item': [numbers, { $set: { 'v.1': new Int32(6) } }],
  '$set the same number of another type': [new Int32(1), { $set: { v: new Double(1) } }],
  '$set the same': [new Int32(1), { $set: { v: new Int32(1) } }],
  '$set several in the order of their names': [undefined, { $set: { z: new Int32(1), a: new Int32(1) } }],
  '$set nothing': [new Int32(1), { $set: {} }],
  '$set a number': [new Int32(1), { $set: new Int32(1) }],
  '$set the _id': [new Int32(1), { $set: { _id: new Int32(2) } }],
  '$set the same _id': [new Int32(1), { $set: { _id: new Int32(1) } }],
  '$set an empty name': [new Int32(1), { $set: { '': new Int32(1) } }],
  '$set an empty name in a path': [new Int32(1), { $set: { 'v..b': new Int32(1) } }],
  '$set a name with a dollar': [new Int32(1), { $set: { $v: new Int32(1) } }],
  '$set a path and one below it': [undefined, { $set: { v: {}, 'v.b': new Int32(1) } }],
  'the same path by two operators': [new Int32(1), { $set: { v: new Int32(2) }, $inc: { v: new Int32(1) } }],
  '$unset a field': [new Int32(1), { $unset: { v: '' } }],
  '$unset a missing field': [undefined, { $unset: { v: '' } }],
  '$unset a field of a document': [{ b: new Int32(1), c: new Int32(1) }, { $unset: { 'v.b': '' } }],
  '$unset through a number': [new Int32(1), { $unset: { 'v.b': '' } }],
  '$unset the _id': [new Int32(1), { $unset: { _id: '' } }],
  '$inc a field of a missing document': [undefined, { $inc: { 'v.b': new Int32(1) } }],
  '$inc by zero': [new Int32(1), { $inc: { v: new Int32(0) } }],
  '$setOnInsert on what is there': [new Int32(1), { $setOnInsert: { w: new Int32(1) } }],
  '$push with $each': [numbers, { $push: { v: { $each: [new Int32(2), new Int32(3)] } } }],
  'an unknown operator': [new Int32(1), { $double: { v: new Int32(1) } }],
  'an operator beside a field': [new Int32(1), { $set: { v: new Int32(2) }, w: new Int32(1) }],
  'a field beside an operator': [new Int32(1), { w: new Int32(1), $set: { v: new Int32(2) } }],
  $mul: [new Int32(3), { $mul: { v: new Int32(2) } }],
  $rename: [new Int32(3), { $rename: { v: 'w' } }],
  $addToSet: [numbers, { $addToSet: { v: new Int32(1) } }],
  $pop: [numbers, { $pop: { v: new Int32(1) } }],
  $pullAll: [numbers, { $pullAll: { v: [new Int32(1)] } }],
  $currentDate: [new Int32(1), { $currentDate: { v: new Int32(7) } }],
  $bit: [new Int32(5), { $bit: { v: { and: new Int32(4) } } }],
  'by replacement': [new Int32(1), { w: new Int32(2) }],
  'by a replacement with the same _id': [new Int32(1), { _id: id, w: new Int32(2) }],
  'by a replacement with another _id': [new Int32(1), { _id: new Int32(2), w: new Int32(2) }],
  'by a replacement that is the same': [new Int32(1), { v: new Int32(1) }],
  'by an empty replacement': [new Int32(1), {}],
}).map(([name, [v, u]]) => change(name, v, u));

export const changes: readonly Case[] = [
  ...increments,
  ...extremes,
  ...arrays,
  ...pulls,
  ...paths,
  updates('update by a pipeline', holding(values['int 1']), { q: {}, u: [{ $set: { v: new Int32(2) } }] }),
];
