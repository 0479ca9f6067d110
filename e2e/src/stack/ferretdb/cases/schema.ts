import { type Case, collection, type Document, Int32 } from './case.js';

const int = (value: number): Document => new Int32(value);
const two: readonly Document[] = [
  { _id: int(1), n: int(1) },
  { _id: int(2), n: int(2) },
];
const said = (name: string, given: readonly Document[] | undefined, ...when: readonly Document[]): Case => ({
  name,
  ...(given === undefined ? {} : { given }),
  when,
  show: 'replies',
});

const index = (key: Document, name: string, more: Document = {}): Document => ({ key, name, ...more });
const makes = (...indexes: readonly unknown[]): Document => ({ createIndexes: collection, indexes });
const list = { listIndexes: collection };
const a = index({ n: int(1) }, 'n_1');

const indexes = [
  said('indexes of no collection', undefined, list),
  said('indexes of a collection', two, list),
  said('index of a field', two, makes(a), list),
  said('index that is made twice', two, makes(a), makes(a)),
  said('index that makes its collection', undefined, makes(a), list),
  ...Object.entries<unknown>({
    'of two fields': index({ n: int(1), m: int(-1) }, 'n_1_m_-1'),
    'of a path': index({ 'n.m': int(1) }, 'path'),
    'that is unique': index({ n: int(1) }, 'n_1', { unique: true }),
    'that is not unique': index({ n: int(1) }, 'n_1', { unique: false }),
    'that forgets': index({ n: int(1) }, 'n_1', { expireAfterSeconds: int(60) }),
    'that forgets at once': index({ n: int(1) }, 'n_1', { expireAfterSeconds: int(0) }),
    'that forgets before its time': index({ n: int(1) }, 'n_1', { expireAfterSeconds: int(-1) }),
    'that forgets by two fields': index({ n: int(1), m: int(1) }, 'n_1', { expireAfterSeconds: int(1) }),
    'in the background': index({ n: int(1) }, 'n_1', { background: true }),
    'that is sparse': index({ n: int(1) }, 'n_1', { sparse: true }),
    'that is partial': index({ n: int(1) }, 'n_1', { partialFilterExpression: { n: int(1) } }),
    'of text': index({ n: 'text' }, 'n_text'),
    hashed: index({ n: 'hashed' }, 'n_hashed'),
    'of every field': index({ '$**': int(1) }, 'all'),
    'with the direction two': index({ n: int(2) }, 'n_2'),
    'with the direction zero': index({ n: int(0) }, 'n_0'),
    'of nothing': index({}, 'none'),
    'without a name': { key: { n: int(1) } },
    'with an empty name': index({ n: int(1) }, ''),
    'without a key': { name: 'n_1' },
    'of the _id': index({ _id: int(1) }, '_id_'),
    'of the _id backward': index({ _id: int(-1) }, '_id_-1'),
    'with the name of that of the _id': index({ n: int(1) }, '_id_'),
    'with an unknown option': index({ n: int(1) }, 'n_1', { wish: int(1) }),
    'that is a number': int(1),
    'of an empty name': index({ '': int(1) }, 'empty'),
  }).map(([name, wanted]) => said(`index ${name}`, two, makes(wanted), list)),
  said('index with the name of another', two, makes(a), makes(index({ m: int(1) }, 'n_1'))),
  said('index with the key of another', two, makes(a), makes(index({ n: int(1) }, 'other'))),
  said('index with another option than before', two, makes(a), makes(index({ n: int(1) }, 'n_1', { unique: true }))),
  said('index of nothing at all', two, makes()),
  said('two indexes', two, makes(a, index({ m: int(1) }, 'm_1')), list),
  ...Object.entries<unknown>({
    'by its name': 'n_1',
    'by its key': { n: int(1) },
    'of all': '*',
    'by a name that is not there': 'x_1',
    'by a key that is not there': { x: int(1) },
    'of the _id': '_id_',
    'by its name in a list': ['n_1'],
  }).map(([name, wanted]) =>
    said(`drop an index ${name}`, two, makes(a), { dropIndexes: collection, index: wanted }, list),
  ),
  said('drop an index of no collection', undefined, { dropIndexes: collection, index: '*' }),
];

const created = { create: collection };
const collections = [
  said('create a collection', undefined, created, list),
  said('create a collection twice', undefined, created, created),
  said('create a capped collection', undefined, { ...created, capped: true, size: int(4096) }),
  said('create a collection with a validator', undefined, { ...created, validator: {} }),
  said('create a collection with an unknown option', undefined, { ...created, wish: int(1) }),
  ...['', '$a', 'a$b', '.a', 'a.', 'a..b', 'system.a', 'a b', 'ä'].map((name) =>
    said(`create the collection "${name}"`, undefined, { create: name }),
  ),
  said('drop a collection', two, { drop: collection }),
  said('drop a collection with an index', two, makes(a), { drop: collection }),
  said('drop no collection', undefined, { drop: collection }),
  said('list a collection', two, { listCollections: int(1), filter: { name: collection } }),
  said('list the name of a collection', two, { listCollections: int(1), filter: { name: collection }, nameOnly: true }),
  said('list no collection', undefined, { listCollections: int(1), filter: { name: collection } }),
  said('list databases of no name', undefined, { listDatabases: int(1), filter: { name: 'none' } }),
  said('list databases by name only', two, {
    listDatabases: int(1),
    filter: { name: 'glasshouse-cases' },
    nameOnly: true,
  }),
  said('find in a collection without a name', undefined, { find: '' }),
  said('find in a collection that is a number', undefined, { find: int(1) }),
];

const server = [
  { ping: int(1) },
  { refreshSessions: [] },
  { endSessions: [] },
  { connectionStatus: int(1) },
  { getParameter: int(1), featureCompatibilityVersion: int(1) },
  { getParameter: int(1) },
  { getParameter: int(1), nothing: int(1) },
  { noSuchCommand: int(1) },
  { ping: int(1), wish: int(1) },
].map((command) => said(`command ${JSON.stringify(Object.keys(command))}`, undefined, command));

/** Commands of MongoDB that the embedded store does not have. */
const others = [
  { distinct: collection, key: 'n' },
  { explain: { find: collection } },
  { renameCollection: 'a.b', to: 'a.c' },
  { collMod: collection },
  { validate: collection },
  { mapReduce: collection },
].map((command) => said(`other command ${Object.keys(command)[0]}`, two, command));

export const schema: readonly Case[] = [...indexes, ...collections, ...server, ...others];
