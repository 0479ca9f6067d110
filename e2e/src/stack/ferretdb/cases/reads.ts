import { type Case, collection, cursor, type Document, Double, finds, Int32, Long, noDocuments } from './case.js';
import { documents, values } from './values.js';

const int = (value: number): Document => new Int32(value);
const sorted = (name: string, sort: Document, filter: Document = {}): Case =>
  finds(`sort ${name}`, documents, filter, { sort });

const sorts = [
  sorted('by v', { v: int(1), _id: int(1) }),
  sorted('by v backward', { v: int(-1), _id: int(1) }),
  sorted('by a field of v', { 'v.b': int(1), _id: int(1) }),
  sorted('by a field of v backward', { 'v.b': int(-1), _id: int(1) }),
  sorted('by a double', { _id: new Double(-1) }, { v: { $gte: int(1) } }),
  sorted('by a long', { _id: Long.fromNumber(-1) }, { v: { $gte: int(1) } }),
  sorted('by the field that is filtered', { v: int(-1), _id: int(-1) }, { v: { $gte: int(0) } }),
  ...Object.entries<unknown>({ two: int(2), zero: int(0), text: 'up', true: true, null: null, document: {} }).map(
    ([name, direction]) => sorted(`by the direction ${name}`, { v: direction }),
  ),
  sorted('by an empty name', { '': int(1) }),
  sorted('by a name with a dollar', { $v: int(1) }),
  sorted('by nothing', {}, { v: int(1) }),
];

const byId = { sort: { _id: int(1) } };
const limits = Object.entries<Document>({
  'a limit': { limit: int(2) },
  'a skip': { skip: int(50) },
  'a skip and a limit': { skip: int(2), limit: int(3) },
  'a limit of zero': { limit: int(0) },
  'a skip of zero': { skip: int(0) },
  'a skip beyond the end': { skip: int(1_000) },
  'a double as the limit': { limit: new Double(2) },
  'a long as the limit': { limit: Long.fromNumber(2) },
  'a fraction as the limit': { limit: new Double(1.5) },
  'text as the limit': { limit: '2' },
  'a negative limit': { limit: int(-2) },
  'a negative skip': { skip: int(-1) },
  'a negative batch size': { batchSize: int(-1) },
  'a filter that is a number': { filter: int(1) },
  'a sort that is a number': { sort: int(1) },
  'a hint that does not exist': { hint: 'nothing' },
  'the hint of the ids': { hint: '_id_' },
  'an unknown option': { wish: int(1) },
  collation: { collation: { locale: 'de' } },
  'let without use': { let: { a: int(1) } },
  'a time limit': { maxTimeMS: int(10_000) },
}).map(([name, more]) => finds(`find with ${name}`, documents, {}, { ...byId, ...more }));

const person = { _id: 'p', a: int(1), b: { c: int(2), d: int(3) }, e: [{ f: int(4), g: int(5) }, int(6)] };
const projected = (name: string, projection: Document): Case => ({
  name: `projection ${name}`,
  given: [person],
  when: [{ find: collection, projection }],
  show: 'reply',
});
const projections = Object.entries<Document>({
  'of one field': { a: int(1) },
  'without the _id': { a: int(1), _id: int(0) },
  'of the _id alone': { _id: int(1) },
  'of all but the _id': { _id: int(0) },
  'of all but one': { a: int(0) },
  'by true': { a: true },
  'by false': { a: false },
  'by a double': { a: new Double(1) },
  'by a long of zero': { a: Long.ZERO },
  'by two': { a: int(2) },
  'of a path': { 'b.c': int(1) },
  'of all but a path': { 'b.c': int(0) },
  'of a path through an array': { 'e.f': int(1) },
  'of all but a path through an array': { 'e.f': int(0) },
  'of nothing that is there': { z: int(1) },
  'of a path through a number': { 'a.b': int(1) },
  'of nothing': {},
  'of some and all but others': { a: int(1), b: int(0) },
  'of all but some and others': { a: int(0), b: int(1) },
  'of a path and one below it': { b: int(1), 'b.c': int(1) },
  'by text': { a: 'x' },
  'by null': { a: null },
  'by a document': { a: {} },
  $slice: { e: { $slice: int(1) } },
  'of an empty name': { '': int(1) },
  'of a name with a dollar': { $a: int(1) },
}).map(([name, projection]) => projected(name, projection));

const sales = [
  { _id: int(1), sku: 'tea', q: int(2), price: { amount: int(5) } },
  { _id: int(2), sku: 'tea', q: Long.fromNumber(3), price: { amount: int(7) } },
  { _id: int(3), sku: 'mug', q: int(1), price: { amount: int(9) } },
  { _id: int(4), q: null },
  { _id: int(5), sku: null, q: 'x' },
];
const piped = (name: string, pipeline: readonly unknown[], more: Document = {}): Case => ({
  name: `aggregate ${name}`,
  given: sales,
  when: [{ aggregate: collection, pipeline, cursor: {}, ...more }],
  show: 'reply',
});
const order = { $sort: { _id: int(1) } };
const pipelines = Object.entries<readonly unknown[]>({
  nothing: [],
  $match: [{ $match: { sku: 'tea' } }],
  '$match and $sort': [{ $match: { q: { $gte: int(1) } } }, { $sort: { q: int(-1) } }],
  '$skip and $limit': [order, { $skip: int(1) }, { $limit: int(2) }],
  '$limit of a double': [order, { $limit: new Double(1) }],
  '$limit of zero': [{ $limit: int(0) }],
  '$limit of text': [{ $limit: 'x' }],
  '$skip below zero': [{ $skip: int(-1) }],
  '$skip of text': [{ $skip: 'x' }],
  '$project by inclusion': [order, { $project: { sku: int(1) } }],
  '$project by exclusion': [order, { $project: { q: int(0), price: int(0) } }],
  '$project of a path': [order, { $project: { 'price.amount': int(1), _id: int(0) } }],
  '$project of nothing': [{ $project: {} }],
  '$project of some and all but others': [{ $project: { q: int(1), sku: int(0) } }],
  $count: [{ $match: { sku: 'tea' } }, { $count: 'n' }],
  '$count of nothing': [{ $match: { sku: 'none' } }, { $count: 'n' }],
  '$count as nothing': [{ $count: '' }],
  '$count with a dollar': [{ $count: '$n' }],
  '$count with a dot': [{ $count: 'a.b' }],
  '$count as a number': [{ $count: int(1) }],
  '$group by a field': [{ $group: { _id: '$sku', n: { $sum: int(1) } } }, order],
  '$group and sum': [{ $group: { _id: '$sku', n: { $sum: '$q' } } }, order],
  '$group by a constant': [{ $group: { _id: null, n: { $sum: '$q' } } }],
  '$group by a field that is missing': [{ $group: { _id: '$none', n: { $sum: int(1) } } }],
  '$group without an _id': [{ $group: { n: { $sum: int(1) } } }],
  '$group by an unknown operator': [{ $group: { _id: null, n: { $total: '$q' } } }],
  '$group of a number': [{ $group: int(1) }],
  '$group by a path': [{ $group: { _id: '$price.amount' } }, order],
  '$group with $avg': [{ $group: { _id: null, n: { $avg: '$q' } } }],
  '$sum of doubles': [{ $group: { _id: null, n: { $sum: new Double(0.5) } } }],
  '$sample of all': [{ $sample: { size: int(9) } }, order],
  '$sort by nothing': [{ $sort: {} }],
  '$sort by two': [{ $sort: { q: int(2) } }],
  '$sort of text': [{ $sort: 'x' }],
  '$match of a number': [{ $match: int(1) }],
  '$collStats later on': [order, { $collStats: {} }],
  $unwind: [{ $unwind: '$sku' }, order],
  $lookup: [{ $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'c' } }],
  $addFields: [order, { $addFields: { a: int(1) } }],
  'an unknown stage': [{ $wish: {} }],
  'a stage of two': [{ $match: {}, $limit: int(1) }],
  'a stage of none': [{}],
  'a stage without a dollar': [{ match: {} }],
  'a number as a stage': [int(1)],
}).map(([name, pipeline]) => piped(name, pipeline));

const counts = Object.entries<Document>({
  all: {},
  some: { query: { v: values['int 1'] } },
  'some with a limit': { query: { v: values['int 1'] }, limit: int(2) },
  'some with a skip': { query: { v: values['int 1'] }, skip: int(2) },
  'a number': { query: int(1) },
}).map(
  ([name, more]): Case => ({
    name: `count ${name}`,
    given: documents,
    when: [{ count: collection, ...more }],
    show: 'reply',
  }),
);

const five = [1, 2, 3, 4, 5].map((_id) => ({ _id: int(_id) }));
const more = (batchSize?: number): Document => ({
  getMore: cursor,
  collection,
  ...(batchSize === undefined ? {} : { batchSize: int(batchSize) }),
});
const paged = (name: string, ...when: readonly Document[]): Case => ({
  name: `cursor ${name}`,
  given: five,
  when,
  show: 'replies',
});
const opened = (batchSize: number): Document => ({
  find: collection,
  sort: { _id: int(1) },
  batchSize: int(batchSize),
});
const cursors = [
  paged('in two batches', opened(3), more(3)),
  paged('in batches of one', opened(1), more(1), more(1)),
  paged('with an empty first batch', opened(0), more()),
  paged('with all in the first batch', opened(5)),
  paged('with more than all in the first batch', opened(6)),
  paged('by a single batch', { ...opened(2), singleBatch: true }),
  paged('with a limit across batches', { ...opened(2), limit: int(3) }, more(2)),
  paged('that is read to its end', opened(3), more(2), more(2)),
  paged('that is killed', opened(2), { killCursors: collection, cursors: [cursor] }, more(2)),
  paged('that was never opened', { getMore: Long.fromNumber(12_345), collection }),
  paged('of another collection', opened(2), { getMore: cursor, collection: 'other' }),
  paged('that is a text', { getMore: 'x', collection }),
  paged('that is killed and never was', { killCursors: collection, cursors: [Long.fromNumber(12_345)] }),
  paged('of an aggregation', { aggregate: collection, pipeline: [order], cursor: { batchSize: int(2) } }, more(9)),
  paged('that an aggregation does not ask for', { aggregate: collection, pipeline: [] }),
];

const nothing = [
  finds('find in no collection', noDocuments, {}),
  ...[{ count: collection }, { aggregate: collection, pipeline: [], cursor: {} }].map(
    (command): Case => ({
      name: `${Object.keys(command)[0]} in no collection`,
      when: [command],
      show: 'reply',
    }),
  ),
];

export const reads: readonly Case[] = [
  ...sorts,
  ...limits,
  ...projections,
  ...pipelines,
  ...counts,
  ...cursors,
  ...nothing,
];
