import { Long } from 'bson';
import { compileFilter } from '../query/matcher.js';
import { type Document, fieldOf, isDocument, isTruthy, typeOf, wholeNumber } from '../query/values.js';
import { type Collection, type Index, toIndex } from '../storage/catalog.js';
import { indexRange, recordRange } from '../storage/keys.js';
import {
  databaseOf,
  documentsOf,
  namespaceOf,
  optionalBoolean,
  optionalCount,
  optionalDocument,
  optionalString,
  refuseUnsupported,
} from './arguments.js';
import { type Commands, type Context, collectionToWrite } from './context.js';
import { MongoError } from './errors.js';
import { isSamePattern, toCursorReply } from './queries.js';

const existing = (context: Context, namespace: string): Collection => {
  const collection = context.catalog.get(namespace);
  if (collection === undefined) throw new MongoError('NamespaceNotFound', `ns does not exist: ${namespace}`);
  return collection;
};

const cursorReply = (
  context: Context,
  command: Document,
  namespace: string,
  documents: readonly Document[],
): Document => {
  const size = optionalCount(optionalDocument(command, 'cursor') ?? {}, 'batchSize') ?? Number.POSITIVE_INFINITY;
  return toCursorReply(namespace, context.cursors.open(namespace, documents, { size }), 'firstBatch');
};

const removeIndexes = (context: Context, collection: Collection, indexes: readonly Index[]): void => {
  for (const { id } of indexes)
    for (const key of [...context.engine.store.getKeys(indexRange(id))]) context.engine.store.removeSync(key);
  context.catalog.put({ ...collection, indexes: collection.indexes.filter((index) => !indexes.includes(index)) });
};

const indexFields = new Set([
  'v',
  'key',
  'name',
  'ns',
  'unique',
  'sparse',
  'expireAfterSeconds',
  'partialFilterExpression',
  'background',
  'collation',
  'hidden',
]);
const partialOperators = new Set(['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$exists', '$type', '$and', '$or']);

const refusePartial = (filter: unknown): void => {
  if (Array.isArray(filter)) for (const each of filter) refusePartial(each);
  if (!isDocument(filter)) return;
  for (const [name, value] of Object.entries(filter)) {
    const isRefused = name.startsWith('$') && (!partialOperators.has(name) || (name === '$exists' && !isTruthy(value)));
    if (isRefused) throw new MongoError('CannotCreateIndex', `Expression not supported in partial index: ${name}`);
    refusePartial(value);
  }
};

/** Checks an index as a client wants it and keeps what it means; the order of the fields is MongoDB's own. */
const toSpec = (wanted: Document): Document => {
  for (const name of Object.keys(wanted)) {
    if (!indexFields.has(name))
      throw new MongoError(
        'InvalidIndexSpecificationOption',
        `The field '${name}' is not valid for an index specification.`,
      );
  }
  refuseUnsupported(wanted);
  const key = optionalDocument(wanted, 'key') ?? {};
  const name = optionalString(wanted, 'name') ?? '';
  if (Object.keys(key).length === 0 || name === '')
    throw new MongoError('CannotCreateIndex', 'Index keys and name cannot be empty.');
  for (const [path, direction] of Object.entries(key)) {
    if (wholeNumber(direction) !== 1 && wholeNumber(direction) !== -1) {
      throw new MongoError(
        'CannotCreateIndex',
        `Values in the index key pattern must be 1 or -1 here: '${path}' is ${typeof direction === 'string' ? `'${direction}'` : typeOf(direction)}`,
      );
    }
    if (path.split('.').some((part) => part === '' || part.startsWith('$')))
      throw new MongoError('CannotCreateIndex', `Index key contains an illegal field name: '${path}'`);
  }
  const { expireAfterSeconds } = wanted;
  const expireAfterS = wholeNumber(expireAfterSeconds);
  if (
    expireAfterSeconds !== undefined &&
    (expireAfterS === undefined || expireAfterS < 0 || Object.keys(key).length > 1)
  ) {
    throw new MongoError(
      'CannotCreateIndex',
      'TTL indexes need a single field and a non-negative whole number of seconds',
    );
  }
  if (optionalBoolean(wanted, 'hidden')) throw new MongoError('CannotCreateIndex', 'hidden indexes are not supported');
  const partial = optionalDocument(wanted, 'partialFilterExpression');
  if (partial !== undefined) {
    if (optionalBoolean(wanted, 'sparse'))
      throw new MongoError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
    refusePartial(partial);
  }
  return {
    v: 2,
    key,
    name,
    ...(optionalBoolean(wanted, 'unique') ? { unique: true } : {}),
    ...(optionalBoolean(wanted, 'sparse') ? { sparse: true } : {}),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
    ...(partial === undefined ? {} : { partialFilterExpression: partial }),
  };
};

/** The index that is already what is wanted, if any; one that only resembles it is a conflict. */
const findSame = (collection: Collection, spec: Document): Index | undefined => {
  const sameName = collection.indexes.find(({ name }) => name === spec.name);
  const sameKey = collection.indexes.find((index) => isSamePattern(index.spec.key, spec.key));
  const signature = ({ unique, sparse, partialFilterExpression }: Document): unknown => [
    unique ?? false,
    sparse ?? false,
    partialFilterExpression ?? null,
  ];
  if (sameName !== undefined) {
    const isId = sameName.name === '_id_' && sameName === sameKey;
    if (sameName !== sameKey || (!isId && !isSamePattern(signature(sameName.spec), signature(spec)))) {
      throw new MongoError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index: ${String(spec.name)}. Requested and existing index have different keys or options.`,
      );
    }
    if (!isSamePattern(sameName.spec.expireAfterSeconds ?? null, spec.expireAfterSeconds ?? null)) {
      throw new MongoError(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options: ${String(spec.name)}`,
      );
    }
    return sameName;
  }
  if (sameKey !== undefined && isSamePattern(signature(sameKey.spec), signature(spec))) {
    throw new MongoError('IndexOptionsConflict', `Index already exists with a different name: ${sameKey.name}`);
  }
  return undefined;
};

const createIndexes: Commands[string] = {
  fields: ['createIndexes', 'indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'],
  isWrite: true,
  run: (command, context) => {
    const namespace = namespaceOf(command, 'createIndexes');
    const specs = documentsOf(command, 'indexes').map(toSpec);
    const createdCollectionAutomatically = context.catalog.get(namespace) === undefined;
    const numIndexesBefore = collectionToWrite(context, namespace).indexes.length;
    for (const spec of specs) {
      const collection = existing(context, namespace);
      if (findSame(collection, spec) !== undefined) continue;
      const index = toIndex(context.catalog.nextId(), spec, false);
      context.catalog.put({ ...collection, indexes: [...collection.indexes, index] });
      context.records.buildIndex(existing(context, namespace), index);
    }
    const numIndexesAfter = existing(context, namespace).indexes.length;
    const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {};
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note, ok: 1 };
  },
};

const dropIndexes: Commands[string] = {
  fields: ['dropIndexes', 'index'],
  isWrite: true,
  run: (command, context) => {
    const collection = existing(context, namespaceOf(command, 'dropIndexes'));
    const wanted = fieldOf(command, 'index');
    const nIndexesWas = collection.indexes.length;
    if (wanted === '*') {
      removeIndexes(context, collection, collection.indexes.slice(1));
      return { nIndexesWas, msg: 'non-_id indexes dropped for collection', ok: 1 };
    }
    const chosen = (Array.isArray(wanted) ? wanted : [wanted]).map((each): Index => {
      const index = collection.indexes.find(({ name, spec }) =>
        isDocument(each) ? isSamePattern(spec.key, each) : name === each,
      );
      if (index === undefined)
        throw new MongoError(
          'IndexNotFound',
          `index not found with name [${typeof each === 'string' ? each : 'by key'}]`,
        );
      if (index.name === '_id_') throw new MongoError('InvalidOptions', 'cannot drop _id index');
      return index;
    });
    removeIndexes(context, collection, chosen);
    return { nIndexesWas, ok: 1 };
  },
};

const listIndexes: Commands[string] = {
  fields: ['listIndexes', 'cursor', 'includeBuildUUIDs', 'includeIndexBuildInfo'],
  run: (command, context) => {
    const namespace = namespaceOf(command, 'listIndexes');
    return cursorReply(
      context,
      command,
      namespace,
      existing(context, namespace).indexes.map(({ spec }) => spec),
    );
  },
};

const create: Commands[string] = {
  fields: ['create', 'capped', 'autoIndexId', 'collation', 'validationLevel', 'validationAction', 'pipeline'],
  isWrite: true,
  run: (command, context) => {
    refuseUnsupported(command);
    if (optionalBoolean(command, 'capped'))
      throw new MongoError('InvalidOptions', 'capped collections are not supported');
    if ((fieldOf(command, 'pipeline') ?? undefined) !== undefined)
      throw new MongoError('InvalidOptions', 'views are not supported');
    const namespace = namespaceOf(command, 'create');
    if (context.catalog.get(namespace) !== undefined)
      throw new MongoError('NamespaceExists', `Collection ${namespace} already exists.`);
    context.catalog.create(namespace);
    return { ok: 1 };
  },
};

const drop: Commands[string] = {
  fields: ['drop'],
  isWrite: true,
  run: (command, context) => {
    const collection = context.catalog.get(namespaceOf(command, 'drop'));
    // Since 7.0 dropping what does not exist is no error.
    if (collection === undefined) return { ok: 1 };
    context.catalog.remove(collection);
    return { nIndexesWas: collection.indexes.length, ns: collection.namespace, ok: 1 };
  },
};

const collectionsOf = (context: Context, database: string): Collection[] =>
  context.catalog.all().filter(({ namespace }) => namespace.startsWith(`${database}.`));

const dropDatabase: Commands[string] = {
  fields: ['dropDatabase'],
  isWrite: true,
  run: (command, context) => {
    const database = databaseOf(command);
    const collections = collectionsOf(context, database);
    for (const collection of collections) context.catalog.remove(collection);
    return collections.length === 0 ? { ok: 1 } : { dropped: database, ok: 1 };
  },
};

const listCollections: Commands[string] = {
  fields: ['listCollections', 'filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run: (command, context) => {
    const database = databaseOf(command);
    const documents = collectionsOf(context, database).map(({ namespace, uuid, indexes }): Document => {
      const base = { name: namespace.slice(database.length + 1), type: 'collection' };
      if (optionalBoolean(command, 'nameOnly')) return base;
      return { ...base, options: {}, info: { readOnly: false, uuid }, idIndex: indexes[0]?.spec };
    });
    const found = documents.filter(compileFilter(optionalDocument(command, 'filter') ?? {}));
    return cursorReply(context, command, `${database}.$cmd.listCollections`, found);
  },
};

const sizeOf = (context: Context, collection: Collection): { count: number; bytes: number } => {
  let count = 0;
  let bytes = 0;
  for (const { value } of context.engine.store.getRange(recordRange(collection.id))) {
    count += 1;
    bytes += value.length;
  }
  return { count, bytes };
};

const listDatabases: Commands[string] = {
  fields: ['listDatabases', 'filter', 'nameOnly', 'authorizedDatabases'],
  run: (command, context) => {
    const names = [...new Set(context.catalog.all().map(({ namespace }) => namespace.split('.')[0] as string))];
    const isNameOnly = optionalBoolean(command, 'nameOnly');
    const databases = names.map((name): Document => {
      if (isNameOnly) return { name };
      const bytes = collectionsOf(context, name).reduce(
        (sum, collection) => sum + sizeOf(context, collection).bytes,
        0,
      );
      return { name, sizeOnDisk: Long.fromNumber(bytes), empty: bytes === 0 };
    });
    return { databases: databases.filter(compileFilter(optionalDocument(command, 'filter') ?? {})), ok: 1 };
  },
};

export const collectionStats = (context: Context, namespace: string): Document => {
  const collection = context.catalog.get(namespace);
  const { count, bytes } = collection === undefined ? { count: 0, bytes: 0 } : sizeOf(context, collection);
  const indexSizes = Object.fromEntries((collection?.indexes ?? []).map(({ name }) => [name, 0]));
  return {
    ...{
      ns: namespace,
      count,
      size: bytes,
      storageSize: bytes,
      avgObjSize: count === 0 ? 0 : Math.round(bytes / count),
    },
    ...{ nindexes: Object.keys(indexSizes).length, indexSizes, totalIndexSize: 0, totalSize: bytes, capped: false },
  };
};

const collStats: Commands[string] = {
  fields: ['collStats', 'scale'],
  run: (command, context) => ({ ...collectionStats(context, namespaceOf(command, 'collStats')), ok: 1 }),
};

const dbStats: Commands[string] = {
  fields: ['dbStats', 'dbstats', 'scale', 'freeStorage'],
  run: (command, context) => {
    const db = databaseOf(command);
    const collections = collectionsOf(context, db);
    const sizes = collections.map((collection) => sizeOf(context, collection));
    const dataSize = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    const objects = sizes.reduce((sum, { count }) => sum + count, 0);
    const indexes = collections.reduce((sum, collection) => sum + collection.indexes.length, 0);
    return {
      ...{
        db,
        collections: collections.length,
        views: 0,
        objects,
        avgObjSize: objects === 0 ? 0 : dataSize / objects,
        dataSize,
      },
      ...{ storageSize: dataSize, indexes, indexSize: 0, totalSize: dataSize, scaleFactor: 1, ok: 1 },
    };
  },
};

export const collectionCommands: Commands = {
  ...{
    createIndexes,
    dropIndexes,
    deleteIndexes: dropIndexes,
    listIndexes,
    create,
    drop,
    dropDatabase,
    listCollections,
    listDatabases,
  },
  ...{ collStats, dbStats, dbstats: dbStats },
};
