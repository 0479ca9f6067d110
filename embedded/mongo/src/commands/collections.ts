import { Long } from 'bson';
import { check } from '../bson/errors.js';
import { type Document, wholeNumber } from '../bson/values.js';
import { compileFilter } from '../query/matcher.js';
import type { Collection } from '../storage/catalog.js';
import { entriesIn } from '../storage/engine.js';
import { indexKey, indexRange, recordOf, recordRange } from '../storage/keys.js';
import { indexValues, toStored } from '../storage/records.js';
import { type Call, defineCommand, type Handlers, namespaceOf } from './command.js';
import { existing } from './indexes.js';

const create = defineCommand(
  'create',
  {
    create: 'any',
    capped: 'unsupported',
    autoIndexId: 'any',
    collation: 'unsupported',
    validationLevel: 'any',
    validationAction: 'any',
  },
  (args, call) => {
    const namespace = namespaceOf(call, args.create);
    check(call.catalog.get(namespace) === undefined, 'NamespaceExists', `Collection ${namespace} already exists.`);
    call.catalog.create(namespace);
    return { ok: 1 };
  },
);

/** Since MongoDB 7.0 dropping what does not exist is no error. */
const drop = defineCommand('drop', { drop: 'any' }, (args, call) => {
  const collection = call.catalog.get(namespaceOf(call, args.drop));
  if (collection === undefined) return { ok: 1 };
  call.catalog.remove(collection);
  return { nIndexesWas: collection.indexes.length, ns: collection.namespace, ok: 1 };
});

const collectionsOf = ({ catalog }: Call, database: string): Collection[] =>
  catalog.all().filter(({ namespace }) => namespace.startsWith(`${database}.`));

const dropDatabase = defineCommand('dropDatabase', { dropDatabase: 'any' }, (_, call) => {
  const collections = collectionsOf(call, call.database);
  for (const collection of collections) call.catalog.remove(collection);
  return { ...(collections.length === 0 ? {} : { dropped: call.database }), ok: 1 };
});

const listCollections = defineCommand(
  'listCollections',
  { listCollections: 'any', filter: 'document', nameOnly: 'boolean', authorizedCollections: 'any', cursor: 'document' },
  ({ filter = {}, nameOnly, cursor }, call) => {
    const documents = collectionsOf(call, call.database).map(({ namespace, uuid, indexes }): Document => {
      const name = { name: namespace.slice(call.database.length + 1), type: 'collection' };
      return nameOnly === true
        ? name
        : { ...name, options: {}, info: { readOnly: false, uuid }, idIndex: indexes[0]?.spec };
    });
    const found = documents.filter(compileFilter(filter));
    return call.cursors.open(
      `${call.database}.$cmd.listCollections`,
      found,
      wholeNumber(cursor?.batchSize) ?? found.length,
    );
  },
);

interface Size {
  count: number;
  bytes: number;
}

const sizeOf = ({ engine }: Call, collections: readonly Collection[]): Size => {
  const size = { count: 0, bytes: 0 };
  for (const { id } of collections) {
    for (const { value } of entriesIn(engine.store, recordRange(id))) {
      size.count += 1;
      size.bytes += value.length;
    }
  }
  return size;
};

const listDatabases = defineCommand(
  'listDatabases',
  { listDatabases: 'any', filter: 'document', nameOnly: 'boolean', authorizedDatabases: 'any' },
  ({ filter = {}, nameOnly }, call) => {
    const names = [...new Set(call.catalog.all().map(({ namespace }) => namespace.split('.')[0] as string))];
    const databases = names.map((name): Document => {
      if (nameOnly === true) return { name };
      const { bytes } = sizeOf(call, collectionsOf(call, name));
      return { name, sizeOnDisk: Long.fromNumber(bytes), empty: bytes === 0 };
    });
    return { databases: databases.filter(compileFilter(filter)), ok: 1 };
  },
);

/** Sizes are those of the documents; what the indexes take is not told apart in the one file. */
export const collectionStats = (call: Call, ns: string): Document => {
  const collection = call.catalog.get(ns);
  const { count, bytes } = sizeOf(call, collection === undefined ? [] : [collection]);
  const names = collection?.indexes.map(({ name }) => name) ?? [];
  return {
    ...{ ns, count, size: bytes, storageSize: bytes, totalSize: bytes, avgObjSize: count === 0 ? 0 : bytes / count },
    ...{
      nindexes: names.length,
      indexSizes: Object.fromEntries(names.map((name) => [name, 0])),
      totalIndexSize: 0,
      capped: false,
    },
  };
};

const collStats = defineCommand('collStats', { collStats: 'any', scale: 'any' }, (args, call) => ({
  ...collectionStats(call, namespaceOf(call, args.collStats)),
  ok: 1,
}));

const dbStats = defineCommand('dbStats', { dbStats: 'any', scale: 'any', freeStorage: 'any' }, (_, call) => {
  const collections = collectionsOf(call, call.database);
  const { count: objects, bytes: dataSize } = sizeOf(call, collections);
  const indexes = collections.reduce((total, collection) => total + collection.indexes.length, 0);
  return {
    ...{
      db: call.database,
      collections: collections.length,
      views: 0,
      objects,
      avgObjSize: objects === 0 ? 0 : dataSize / objects,
    },
    ...{ dataSize, storageSize: dataSize, totalSize: dataSize, indexes, indexSize: 0, scaleFactor: 1, ok: 1 },
  };
});

/** Compares every index with what a scan of the documents says it must hold. */
const validate = defineCommand('validate', { validate: 'any', full: 'any' }, (args, call) => {
  const { store } = call.engine;
  const ns = namespaceOf(call, args.validate);
  const { id, indexes } = existing(call, ns);
  const documents = entriesIn(store, recordRange(id)).map(({ key, value }) => toStored(recordOf(key), value));
  const errors = indexes.flatMap((index) => {
    const entry = (key: Buffer, record: number): string => `${key.toString('hex')}:${record}`;
    const wanted = new Set(
      documents.flatMap(({ document, record }) =>
        indexValues(index, document).map((value) => entry(indexKey(index, value, record), record)),
      ),
    );
    const present = entriesIn(store, indexRange(index.id)).map(({ key, value }) => entry(key, recordOf(value)));
    const isWhole = wanted.size === present.length && present.every((each) => wanted.has(each));
    return isWhole
      ? []
      : [`the index ${index.name} has ${present.length} entries that differ from the ${wanted.size} of the documents`];
  });
  return {
    ns,
    nrecords: documents.length,
    nIndexes: indexes.length,
    valid: errors.length === 0,
    errors,
    warnings: [],
    ok: 1,
  };
});

export const collectionWrites: Handlers = { create, drop, dropDatabase };
export const collectionReads: Handlers = { listCollections, listDatabases, collStats, dbStats, validate };
