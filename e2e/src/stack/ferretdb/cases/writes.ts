import { type Case, collection, type Document, Int32, Long, noDocuments } from './case.js';
import { rareValues, values } from './values.js';

const int = (value: number): Document => new Int32(value);
const two: readonly Document[] = [
  { _id: int(1), n: int(1) },
  { _id: int(2), n: int(2) },
];
const after = (name: string, given: readonly Document[], ...when: readonly Document[]): Case => ({
  name,
  given,
  when,
  show: 'documents',
});

const insert = (documents: readonly unknown[], more: Document = {}): Document => ({
  insert: collection,
  documents,
  ...more,
});
const kept = Object.entries({ ...values, ...rareValues }).map(([name, v]) =>
  after(`insert ${name}`, noDocuments, insert([{ _id: int(1), v }])),
);
const ids = Object.entries({ ...values, ...rareValues }).map(([name, _id]) =>
  after(`insert with the _id ${name}`, noDocuments, insert([{ _id }])),
);
const inserts = [
  after('insert three', noDocuments, insert([{ _id: int(1) }, { _id: int(2) }, { _id: int(3) }])),
  after('insert the _id later on', noDocuments, insert([{ a: int(1), _id: int(1) }])),
  after('insert what is there', two, insert([{ _id: int(1) }])),
  after('insert what is there as another number', two, insert([{ _id: Long.ONE }])),
  after(
    'insert in order and stop at the first error',
    two,
    insert([{ _id: int(3) }, { _id: int(1) }, { _id: int(4) }]),
  ),
  after(
    'insert without order and go on after errors',
    two,
    insert([{ _id: int(1) }, { _id: int(3) }, { _id: int(2) }, { _id: int(4) }], { ordered: false }),
  ),
  after('insert the same twice', noDocuments, insert([{ _id: int(1) }, { _id: int(1) }])),
  after('insert nothing', noDocuments, insert([])),
  after('insert a number', noDocuments, insert([int(1)])),
  after('insert an unknown option', noDocuments, insert([{ _id: int(1) }], { wish: int(1) })),
  after(
    'insert a write concern of the majority',
    noDocuments,
    insert([{ _id: int(1) }], { writeConcern: { w: 'majority' } }),
  ),
  after(
    'insert a write concern of the journal',
    noDocuments,
    insert([{ _id: int(1) }], { writeConcern: { w: int(1), j: true } }),
  ),
  after('insert a write concern of two', noDocuments, insert([{ _id: int(1) }], { writeConcern: { w: int(2) } })),
  after('insert a field with a dollar', noDocuments, insert([{ _id: int(1), $a: int(1) }])),
  after('insert a field with a dot', noDocuments, insert([{ _id: int(1), 'a.b': int(1) }])),
  after('insert an empty field', noDocuments, insert([{ _id: int(1), '': int(1) }])),
];

const unique = { createIndexes: collection, indexes: [{ key: { n: int(1) }, name: 'n_1', unique: true }] };
const compound = {
  createIndexes: collection,
  indexes: [{ key: { n: int(1), m: int(-1) }, name: 'n_1_m_-1', unique: true }],
};
const update = (...updates: readonly Document[]): Document => ({ update: collection, updates });
const uniques = [
  after('unique insert', two, unique, insert([{ _id: int(3), n: int(1) }])),
  after('unique insert of another number type', two, unique, insert([{ _id: int(3), n: Long.ONE }])),
  after('unique insert of a missing field once', two, unique, insert([{ _id: int(3) }])),
  after('unique insert of a missing field twice', two, unique, insert([{ _id: int(3) }, { _id: int(4) }])),
  after('unique insert of null and missing', two, unique, insert([{ _id: int(3), n: null }, { _id: int(4) }])),
  after('unique update', two, unique, update({ q: { _id: int(2) }, u: { $set: { n: int(1) } } })),
  after('unique update of itself', two, unique, update({ q: { _id: int(2) }, u: { $set: { n: int(2), m: int(1) } } })),
  after('unique update of many', two, unique, update({ q: {}, u: { $set: { n: int(3) } }, multi: true })),
  after('unique upsert', two, unique, update({ q: { _id: int(3) }, u: { $set: { n: int(1) } }, upsert: true })),
  after('unique findAndModify', two, unique, {
    findAndModify: collection,
    query: { _id: int(2) },
    update: { $set: { n: int(1) } },
  }),
  after('unique over two fields, one the same', two, compound, insert([{ _id: int(3), n: int(1), m: int(1) }])),
  after('unique over two fields, both the same', two, compound, insert([{ _id: int(3), n: int(1) }])),
  after('unique index over what is not', [...two, { _id: int(3), n: int(1) }], unique),
];

const q = { _id: int(1) };
const upserts = Object.entries<Document>({
  'by the _id': { q: { _id: int(9) }, u: { $set: { n: int(9) } } },
  'by the _id with $setOnInsert': { q: { _id: int(9) }, u: { $setOnInsert: { m: int(1) }, $inc: { n: int(1) } } },
  'of what is there': { q, u: { $set: { n: int(9) }, $setOnInsert: { m: int(1) } } },
  'by a replacement': { q: { _id: int(9) }, u: { n: int(9) } },
  'by a replacement with its _id': { q: { _id: int(9) }, u: { _id: int(9), n: int(9) } },
  'by a replacement with another _id': { q: { _id: int(9) }, u: { _id: int(8), n: int(9) } },
  'by an _id that is a text': { q: { _id: 'x' }, u: { $push: { n: int(1) } } },
  'by the _id and another field': { q: { _id: int(9), n: int(9) }, u: { $set: { m: int(1) } } },
  'by a range': { q: { n: { $gt: int(5) } }, u: { $set: { _id: int(9) } } },
}).map(([name, statement]) => after(`upsert ${name}`, two, update({ ...statement, upsert: true })));

const updates = [
  after('update many', two, update({ q: {}, u: { $inc: { n: int(1) } }, multi: true })),
  after('update the first', two, update({ q: {}, u: { $set: { m: int(1) } } })),
  after('update nobody', two, update({ q: { _id: int(9) }, u: { $set: { m: int(1) } } })),
  after('update many by a replacement', two, update({ q: {}, u: { m: int(1) }, multi: true })),
  after(
    'update in two statements',
    two,
    update({ q, u: { $set: { n: int(5) } } }, { q: { n: int(5) }, u: { $inc: { n: int(1) } } }),
  ),
  after(
    'update in order and stop at the first error',
    two,
    update({ q, u: { $inc: { n: 'x' } } }, { q, u: { $set: { n: int(9) } } }),
  ),
  after('update without order and go on after errors', two, {
    ...update({ q, u: { $inc: { n: 'x' } } }, { q, u: { $set: { n: int(9) } } }),
    ordered: false,
  }),
  after('update with an unknown option', two, update({ q, u: { $set: { n: int(9) } }, wish: int(1) })),
  after('update with array filters', two, update({ q, u: { $set: { n: int(9) } }, arrayFilters: [] })),
  after('update with a collation', two, update({ q, u: { $set: { n: int(9) } }, collation: { locale: 'de' } })),
  after('update without a filter', two, update({ u: { $set: { n: int(9) } } })),
  after('update without a change', two, update({ q })),
  after('update by nothing', two, update()),
];

const remove = (...deletes: readonly Document[]): Document => ({ delete: collection, deletes });
const deletes = [
  after('delete one', two, remove({ q: {}, limit: int(1) })),
  after('delete all', two, remove({ q: {}, limit: int(0) })),
  after('delete some', two, remove({ q: { n: { $gte: int(2) } }, limit: int(0) })),
  after('delete nobody', two, remove({ q: { n: int(9) }, limit: int(0) })),
  after('delete in two statements', two, remove({ q, limit: int(1) }, { q: { n: int(2) }, limit: int(1) })),
  after('delete two', two, remove({ q: {}, limit: int(2) })),
  after('delete without a limit', two, remove({ q: {} })),
  after('delete without a filter', two, remove({ limit: int(1) })),
  after('delete by nothing', two, remove()),
  after('delete by an unknown operator', two, remove({ q: { n: { $near: int(1) } }, limit: int(1) })),
  after('delete in no collection', noDocuments, remove({ q: {}, limit: int(1) })),
];

const set = { $set: { n: int(9) } };
const modifications = Object.entries<Document>({
  'and gives what was': { query: q, update: set },
  'and gives what is': { query: q, update: set, new: true },
  'the first in an order': { query: {}, sort: { n: int(-1) }, update: set, new: true },
  'by a replacement': { query: q, update: { m: int(1) }, new: true },
  'by a replacement with another _id': { query: q, update: { _id: int(5) } },
  'and finds nobody': { query: { _id: int(9) }, update: set },
  'and finds nobody and gives what is': { query: { _id: int(9) }, update: set, new: true },
  'or inserts': { query: { _id: int(9) }, update: set, upsert: true },
  'or inserts and gives what is': { query: { _id: int(9) }, update: set, upsert: true, new: true },
  'or inserts what is there': { query: q, update: set, upsert: true, new: true },
  'and changes nothing': { query: q, update: { $set: { n: int(1) } }, new: true },
  'and removes': { query: q, remove: true },
  'and removes the first in an order': { query: {}, sort: { n: int(-1) }, remove: true },
  'and removes nobody': { query: { _id: int(9) }, remove: true },
  'and removes and updates': { query: q, remove: true, update: set },
  'and removes and gives what is': { query: q, remove: true, new: true },
  'and removes or inserts': { query: q, remove: true, upsert: true },
  'without an update': { query: q },
  'with a projection': { query: q, update: set, fields: { n: int(1), _id: int(0) }, new: true },
  'by an unknown operator': { query: q, update: { $double: { n: int(1) } } },
  'of a wrong type': { query: q, update: { $inc: { n: 'x' } } },
  'by a path through a number': { query: q, update: { $set: { 'n.m': int(1) } } },
  'with an unknown option': { query: q, update: set, wish: int(1) },
  'by a filter that is a number': { query: int(1), update: set },
}).map(([name, more]) => after(`findAndModify ${name}`, two, { findAndModify: collection, ...more }));

export const writes: readonly Case[] = [
  ...kept,
  ...ids,
  ...inserts,
  ...uniques,
  ...upserts,
  ...updates,
  ...deletes,
  ...modifications,
];
