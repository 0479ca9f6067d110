import { Long } from 'bson';
import { check, MongoError } from '../bson/errors.js';
import { areEqual } from '../bson/order.js';
import { type Document, isDocument, wholeNumber } from '../bson/values.js';
import { compileFilter } from '../query/matcher.js';
import { planIndex } from '../query/plan.js';
import { type Collection, type Collections, findIndex, type IndexSpec, toIndex } from '../storage/collections.js';
import { entriesIn } from '../storage/engine.js';
import { keyOf, rangeOf } from '../storage/keys.js';
import { type Call, define, type Handlers, readFields } from './command.js';

const collectionsIn = ({ collections }: Call, database: string): Collection[] =>
  collections.all().filter(({ namespace }) => namespace.startsWith(`${database}.`));
const existing = ({ collections, namespace }: Call): Collection => {
  const collection = collections.get(namespace);
  check(collection, 'NamespaceNotFound', `ns does not exist: ${namespace}`);
  return collection;
};

/** Sizes are those of the documents; what the indexes take is not told apart in the one file. */
const statsOf = ({ store }: Call, collections: readonly Collection[]) => {
  const entries = collections.flatMap(({ id }) => entriesIn(store, rangeOf(keyOf('record', id))));
  const [count, size] = [entries.length, entries.reduce((total, { value }) => total + value.length, 0)];
  return { count, size, avgObjSize: count === 0 ? 0 : size / count, storageSize: size, totalSize: size };
};

export const collectionStats = (call: Call): Document => {
  const collection = call.collections.get(call.namespace);
  const sizes = collection?.indexes.map(({ spec }) => [spec.name, 0] as const) ?? [];
  const indexes = { nindexes: sizes.length, indexSizes: Object.fromEntries(sizes), totalIndexSize: 0 };
  return { ns: call.namespace, ...statsOf(call, collection ? [collection] : []), ...indexes, capped: false };
};

export const schemaReads: Handlers = {
  listCollections: define('filter nameOnly cursor', ({ filter = {}, nameOnly, cursor }, call) => {
    const documents = collectionsIn(call, call.database).map(({ namespace, indexes }): Document => {
      const name = { name: namespace.slice(call.database.length + 1), type: 'collection' };
      return nameOnly ? name : { ...name, options: {}, info: { readOnly: false }, idIndex: indexes[0]?.spec };
    });
    const found = documents.filter(compileFilter(filter));
    const size = wholeNumber(cursor?.batchSize) ?? found.length;
    return call.cursors.open(`${call.database}.$cmd.listCollections`, found, size);
  }),
  listDatabases: define('filter nameOnly', ({ filter = {}, nameOnly }, call) => {
    const names = new Set(call.collections.all().map(({ namespace }) => namespace.split('.')[0] ?? ''));
    const databases = [...names].map((name): Document => {
      const { size } = nameOnly ? { size: 0 } : statsOf(call, collectionsIn(call, name));
      return nameOnly ? { name } : { name, sizeOnDisk: Long.fromNumber(size), empty: size === 0 };
    });
    const found = databases.filter(compileFilter(filter));
    const size = found.reduce((total, { sizeOnDisk = Long.ZERO }) => total.add(sizeOnDisk as Long), Long.ZERO);
    return { databases: found, ...(!nameOnly && { totalSize: size, totalSizeMb: size.shiftRight(20) }) };
  }),
  listIndexes: define('cursor', ({ cursor }, call) => {
    const specs = existing(call).indexes.map(({ spec }) => spec);
    return call.cursors.open(call.namespace, specs, wholeNumber(cursor?.batchSize) ?? specs.length);
  }),
  collStats: define('', (_, call) => collectionStats(call)),
  dbStats: define('', (_, call) => {
    const collections = collectionsIn(call, call.database);
    const { count: objects, size: dataSize, ...sizes } = statsOf(call, collections);
    const indexes = collections.reduce((total, collection) => total + collection.indexes.length, 0);
    const counts = { collections: collections.length, objects, indexes, indexSize: 0, scaleFactor: 1 };
    return { db: call.database, ...counts, dataSize, ...sizes };
  }),
};

/** Checks an index as a client wants it and keeps what it means. */
const toSpec = (wanted: Document): IndexSpec => {
  const fields = readFields(wanted, 'indexes', 'key name unique expireAfterSeconds sparse partialFilterExpression');
  const { key, name, unique, ...options } = fields;
  const names = isDocument(key) ? Object.keys(key) : [];
  const isNamed = names.length > 0 && names.every((it) => /^[^$]/.test(it)) && typeof name === 'string' && name !== '';
  check(isNamed && isDocument(key), 'CannotCreateIndex', 'An index has a name and the names of its fields.');
  const isTtl = options.expireAfterSeconds !== undefined;
  check(!isTtl || names.length === 1, 'CannotCreateIndex', 'TTL indexes are single-field indexes');
  return { v: 2, key, name: areEqual(key, { _id: 1 }) ? '_id_' : name, ...(unique && { unique }), ...options };
};

/** Makes an index, unless the very same is there; one that only resembles it is a conflict. */
const addIndex = (collections: Collections, collection: Collection, spec: IndexSpec): void => {
  const similar = collection.indexes.find((it) => it.spec.name === spec.name || areEqual(it.spec.key, spec.key))?.spec;
  if (similar !== undefined) {
    if (areEqual(similar, spec)) return;
    const code = similar.name === spec.name ? 'IndexKeySpecsConflict' : 'IndexOptionsConflict';
    throw new MongoError(code, `The index ${similar.name} has the same name or keys, but is another one`);
  }
  const index = toIndex(collections.nextId(), spec);
  collections.put({ ...collection, indexes: [...collection.indexes, index] });
  for (const { record, document } of collections.scan(collection, planIndex(collection, undefined, {}, []))) {
    collections.change({ ...collection, indexes: [index] }, record, undefined, document);
  }
};

export const schemaWrites: Handlers = {
  create: define('', (_, { collections, namespace }) => {
    check(collections.get(namespace) === undefined, 'NamespaceExists', `Collection ${namespace} already exists.`);
    collections.create(namespace);
    return {};
  }),
  /** Since MongoDB 7.0 dropping what does not exist is no error. */
  drop: define('', (_, { collections, namespace }) => {
    const collection = collections.get(namespace);
    if (collection !== undefined) collections.remove(collection);
    return collection === undefined ? {} : { nIndexesWas: collection.indexes.length, ns: namespace };
  }),
  dropDatabase: define('', (_, call) => {
    const collections = collectionsIn(call, call.database);
    for (const collection of collections) call.collections.remove(collection);
    return collections.length === 0 ? {} : { dropped: call.database };
  }),
  createIndexes: define('indexes', ({ indexes = [] }, call) => {
    const specs = indexes.map(toSpec);
    check(specs.length > 0, 'BadValue', 'Must specify at least one index to create');
    const present = call.collections.get(call.namespace);
    const numIndexesBefore = (present ?? call.collections.create(call.namespace)).indexes.length;
    for (const spec of specs) addIndex(call.collections, existing(call), spec);
    const { length: numIndexesAfter } = existing(call).indexes;
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically: present === undefined };
  }),
  dropIndexes: define('index', ({ index: wanted }, call) => {
    const collection = existing(call);
    const [idIndex, ...others] = collection.indexes;
    const names = wanted === '*' ? others.map(({ spec }) => spec.name) : [wanted].flat();
    const unwanted = names.flatMap((name) => findIndex(collection, name) ?? []);
    check(unwanted.length === names.length, 'IndexNotFound', 'index not found with this name or key');
    check(!unwanted.some((index) => index === idIndex), 'InvalidOptions', 'cannot drop _id index');
    call.collections.removeIndexes(collection, unwanted);
    return { nIndexesWas: collection.indexes.length };
  }),
};
