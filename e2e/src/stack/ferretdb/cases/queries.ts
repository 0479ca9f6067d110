import { type Case, type Document, Double, finds, Int32, Long, pairs } from './case.js';
import { documents, picked, rareValues, values } from './values.js';

const found = (name: string, filter: Document): Case => finds(`find ${name}`, documents, filter);

const numbers = ['int 1', 'double 1.5', 'string a'].map((name) => ({ _id: name, v: values[name] }));

const compared = picked(
  ...['null', 'int 1', 'long 1', 'double 1.0', 'double 1.5', 'empty string', 'string a'],
  ...['empty document', '{b: 1}', '{b: 1, c: 1}', '[]', '[1]', '[1, 2]', 'binary', 'object id', 'false', 'true'],
  ...['date 0', 'timestamp'],
);
const operators = Object.fromEntries(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'].map((name) => [name, name]));
const comparisons = pairs(operators, compared, (name, operator, v) => found(`v ${name}`, { v: { [operator]: v } }));

/** FerretDB stores no NaN, so that there is none to be found. */
const notANumber = Object.values(operators).map((operator) =>
  finds(`find v ${operator} NaN`, numbers, { v: { [operator]: rareValues.NaN } }),
);

const equalities = Object.entries(values).map(([name, v]) => found(`v: ${name}`, { v }));

const below = pairs(operators, picked('null', 'int 1', 'string a', '[1]', '[]'), (name, operator, v) =>
  found(`v.b ${name}`, { 'v.b': { [operator]: v } }),
);

const lists: Readonly<Record<string, unknown>> = {
  nothing: [],
  '1 and a': [new Int32(1), 'a'],
  null: [null],
  'null and 1': [null, new Double(1)],
  'an array': [[new Int32(1)]],
  'a document': [{ b: Long.fromNumber(1) }],
  'a regular expression': [values.regex],
  'no list': new Int32(1),
};
const membership = pairs({ $in: '$in', $nin: '$nin' }, lists, (name, operator, list) =>
  found(`v ${name}`, { v: { [operator]: list } }),
);

const existence = pairs(
  { v: 'v', 'v.b': 'v.b', w: 'w' },
  { true: true, false: false, 1: new Int32(1), 0: new Int32(0), null: null },
  (name, path, flag) => found(`$exists ${name}`, { [path]: { $exists: flag } }),
);

const sizes = Object.entries({
  ...picked('int 0', 'int 1', 'double 1.0', 'double 1.5', 'double -1.0', 'string a'),
  long: Long.ONE,
});
const arrays = [
  ...sizes.map(([name, $size]) => found(`$size ${name}`, { v: { $size } })),
  ...Object.entries<unknown>({
    'by a value': { $eq: new Int32(1) },
    'by a range': { $gt: new Int32(0), $lt: new Int32(2) },
    'by a range that two items make': { $gt: new Int32(1), $lt: new Int32(2) },
    'by a field': { b: new Int32(1) },
    'by an operator on a field': { b: { $gte: new Int32(2) } },
    'by nothing': {},
    'by $ne': { $ne: new Int32(1) },
    'by $in': { $in: [new Int32(2), 'a'] },
    'by $exists': { b: { $exists: false } },
    'by $or': { $or: [{ b: new Int32(1) }, { b: new Int32(2) }] },
    'by a size': { $size: new Int32(1) },
    'in $elemMatch': { $elemMatch: { $eq: new Int32(1) } },
    'by a number': new Int32(1),
  }).map(([name, $elemMatch]) => found(`$elemMatch ${name}`, { v: { $elemMatch } })),
  found('a range that two items make', { v: { $gt: new Int32(1), $lt: new Int32(2) } }),
];

const words = ['a', 'ab', 'b', 'A', 'a\nb', 'ä'].map((v) => ({ _id: v, v }));
const texts = [
  ...['^a', 'a$', '.', 'A', '[ab]', '^$', 'a.b', '(?i)a', '(', '\\p{L}', 'a{1,2}'].map((pattern) =>
    finds(`find $regex ${pattern}`, words, { v: { $regex: pattern } }),
  ),
  ...['i', 'm', 's', 'x', 'q'].map(($options) =>
    finds(`find $regex with the option ${$options}`, words, { v: { $regex: '^b', $options } }),
  ),
  ...['int 1', 'null', '{b: 1}'].map((name) => found(`$regex ${name}`, { v: { $regex: values[name] } })),
  found('$regex on every type', { v: { $regex: '^a' } }),
  found('$regex of a regular expression', { v: { $regex: values.regex } }),
];

const isOne = { v: new Int32(1) };
const isA = { v: 'a' };
const logic = Object.entries<Document>({
  'by nothing': {},
  $and: { $and: [isOne, { 'v.b': { $exists: false } }] },
  $or: { $or: [isOne, isA] },
  $nor: { $nor: [isOne, isA] },
  'nested $or': { $or: [{ $and: [isOne, { v: { $size: new Int32(1) } }] }, isA] },
  '$and of nothing': { $and: [] },
  '$or of a document': { $or: isOne },
  '$nor of a number': { $nor: [new Int32(1)] },
  'two fields': { ...isOne, _id: 'int 1' },
  'two operators': { v: { $gte: new Int32(1), $ne: new Int32(2) } },
  'an operator beside a field': { v: { $gte: new Int32(1), b: new Int32(1) } },
  'a field beside an operator': { v: { b: new Int32(1), $gte: new Int32(1) } },
  'a document with its fields in another order': { v: { c: new Int32(1), b: new Int32(1) } },
  'a path through nothing': { 'v.b.c.d': null },
  'the _id': { _id: 'int 1' },
  'an unknown operator': { v: { $near: new Int32(1) } },
  'an unknown top operator': { $any: [isOne] },
  $not: { v: { $not: { $gte: new Int32(1) } } },
  $type: { v: { $type: 'string' } },
  $all: { v: { $all: [new Int32(1), new Int32(2)] } },
  $mod: { v: { $mod: [new Int32(2), new Int32(1)] } },
  $expr: { $expr: { $eq: ['$v', new Int32(1)] } },
  'an index of an array': { 'v.0': new Int32(1) },
  $comment: { ...isOne, $comment: 'why' },
  $where: { $where: 'this.v == 1' },
}).map(([name, filter]) => found(name, filter));

const byId = [
  finds(
    'find the _id by $in',
    documents,
    { _id: { $in: ['true', 'int 1', 'nobody'] } },
    { sort: { _id: new Int32(1) } },
  ),
  finds(
    'find the _id by a range',
    documents,
    { _id: { $gte: 'string', $lt: 'strinh' } },
    { sort: { _id: new Int32(-1) } },
  ),
];

export const queries: readonly Case[] = [
  ...byId,
  ...comparisons,
  ...notANumber,
  ...equalities,
  ...below,
  ...membership,
  ...existence,
  ...arrays,
  ...texts,
  ...logic,
];
