import { check } from '../bson/errors.js';
import { type Document, isDocument, isTruthy, wholeNumber } from '../bson/values.js';
import { type Collection, type Index, toIndex } from '../storage/catalog.js';
import { type Call, defineCommand, type Handlers, namespaceOf, readFields } from './command.js';
import { isSame } from './queries.js';

export const existing = ({ catalog }: Call, namespace: string): Collection => {
  const collection = catalog.get(namespace);
  check(collection, 'NamespaceNotFound', `ns does not exist: ${namespace}`);
  return collection;
};

const specFields = {
  v: 'any',
  ns: 'any',
  background: 'any',
  key: 'document',
  name: 'string',
  unique: 'boolean',
  sparse: 'boolean',
  expireAfterSeconds: 'any',
  partialFilterExpression: 'document',
  hidden: 'unsupported',
  collation: 'unsupported',
} as const;

/** Checks an index as a client wants it and keeps what it means. */
const toSpec = (wanted: Document): Document => {
  const unknown = Object.keys(wanted).find((name) => !Object.hasOwn(specFields, name));
  check(
    unknown === undefined,
    'InvalidIndexSpecificationOption',
    `The field '${unknown}' is not valid for an index specification.`,
  );
  const {
    key = {},
    name = '',
    unique,
    sparse,
    expireAfterSeconds,
    partialFilterExpression,
  } = readFields(wanted, 'createIndexes.indexes', specFields);
  const paths = Object.entries(key);
  check(paths.length > 0 && name !== '', 'CannotCreateIndex', 'Index keys and name cannot be empty.');
  for (const [path, direction] of paths) {
    const isPlain =
      Math.abs(wholeNumber(direction) ?? 0) === 1 &&
      !path.split('.').some((part) => part === '' || part.startsWith('$'));
    check(
      isPlain,
      'CannotCreateIndex',
      `The index on '${path}' is not supported: only fields in the directions 1 and -1 are`,
    );
  }
  const isTtl =
    expireAfterSeconds === undefined || ((wholeNumber(expireAfterSeconds) ?? -1) >= 0 && paths.length === 1);
  check(isTtl, 'CannotCreateIndex', 'TTL indexes need a single field and a non-negative whole number of seconds');
  check(
    partialFilterExpression === undefined || sparse !== true,
    'CannotCreateIndex',
    'cannot mix "partialFilterExpression" and "sparse"',
  );
  refusePartial(partialFilterExpression);
  return {
    ...{ v: 2, key, name },
    ...(unique === true ? { unique } : {}),
    ...(sparse === true ? { sparse } : {}),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
    ...(partialFilterExpression === undefined ? {} : { partialFilterExpression }),
  };
};

const partialOperators = ['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$exists', '$type', '$and', '$or'];

const refusePartial = (filter: unknown): void => {
  for (const [name, value] of Object.entries(isDocument(filter) || Array.isArray(filter) ? filter : {})) {
    const isAllowed =
      !name.startsWith('$') || (partialOperators.includes(name) && (name !== '$exists' || isTruthy(value)));
    check(isAllowed, 'CannotCreateIndex', `Expression not supported in partial index: ${name}`);
    refusePartial(value);
  }
};

/** The index that already is what is wanted, if any; one that only resembles it is a conflict. */
const findSame = ({ indexes }: Collection, spec: Document): Index | undefined => {
  const identity = ({ name, key, unique, sparse, partialFilterExpression }: Document): Document =>
    name === '_id_' ? { key } : { key, unique: unique ?? false, sparse: sparse ?? false, partialFilterExpression };
  const sameName = indexes.find(({ name }) => name === spec.name);
  const isEqual = sameName === undefined || isSame(identity(sameName.spec), identity(spec));
  check(
    isEqual,
    'IndexKeySpecsConflict',
    `An existing index has the same name as the requested index but other keys or options: ${String(spec.name)}`,
  );
  const isTtlEqual = sameName === undefined || isSame(sameName.spec.expireAfterSeconds, spec.expireAfterSeconds);
  check(
    isTtlEqual,
    'IndexOptionsConflict',
    `An equivalent index already exists with the same name but different options: ${String(spec.name)}`,
  );
  const other = sameName ?? indexes.find((index) => isSame(identity(index.spec), identity(spec)));
  check(other === sameName, 'IndexOptionsConflict', `Index already exists with a different name: ${other?.name}`);
  return sameName;
};

const createIndexes = defineCommand(
  'createIndexes',
  { createIndexes: 'any', indexes: 'documents', commitQuorum: 'any' },
  (args, call) => {
    const namespace = namespaceOf(call, args.createIndexes);
    const specs = (args.indexes ?? []).map(toSpec);
    check(specs.length > 0, 'BadValue', 'Must specify at least one index to create');
    const createdCollectionAutomatically = call.catalog.get(namespace) === undefined;
    const numIndexesBefore = (call.catalog.get(namespace) ?? call.catalog.create(namespace)).indexes.length;
    for (const spec of specs) {
      const collection = existing(call, namespace);
      if (findSame(collection, spec) !== undefined) continue;
      const index = toIndex(call.catalog.nextId(), spec, false);
      const grown = { ...collection, indexes: [...collection.indexes, index] };
      call.catalog.put(grown);
      call.records.buildIndex(grown, index);
    }
    const numIndexesAfter = existing(call, namespace).indexes.length;
    const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {};
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note, ok: 1 };
  },
);

const dropIndexes = defineCommand('dropIndexes', { dropIndexes: 'any', index: 'any' }, (args, call) => {
  const collection = existing(call, namespaceOf(call, args.dropIndexes));
  const { indexes } = collection;
  const named = (wanted: unknown): Index => {
    const index = indexes.find(({ name, spec }) => (isDocument(wanted) ? isSame(spec.key, wanted) : name === wanted));
    check(index, 'IndexNotFound', 'index not found with this name or key');
    check(index.name !== '_id_', 'InvalidOptions', 'cannot drop _id index');
    return index;
  };
  const isAll = args.index === '*';
  call.catalog.removeIndexes(collection, isAll ? indexes.slice(1) : [args.index].flat().map(named));
  return { nIndexesWas: indexes.length, ...(isAll ? { msg: 'non-_id indexes dropped for collection' } : {}), ok: 1 };
});

export const listIndexes = defineCommand(
  'listIndexes',
  { listIndexes: 'any', cursor: 'document', includeBuildUUIDs: 'any' },
  (args, call) => {
    const namespace = namespaceOf(call, args.listIndexes);
    const specs = existing(call, namespace).indexes.map(({ spec }) => spec);
    return call.cursors.open(namespace, specs, wholeNumber(args.cursor?.batchSize) ?? specs.length);
  },
);

export const indexCommands: Handlers = { createIndexes, dropIndexes };
