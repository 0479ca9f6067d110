import { UUID } from 'bson';
import { decode, encode } from '../bson/codec.js';
import { type Document, isTruthy, wholeNumber } from '../bson/values.js';
import { compileFilter, type Matcher } from '../query/matcher.js';
import { type KeyPattern, parseSort } from '../query/sort.js';
import { entriesIn, type KeyValueStore } from './engine.js';
import { catalogKey, catalogRange, indexRange, namespaceOf, recordOf, recordRange } from './keys.js';

export interface Index {
  readonly id: number;
  readonly name: string;
  /** As the client wrote it: `{ v, key, name, unique?, sparse?, expireAfterSeconds?, partialFilterExpression? }`. */
  readonly spec: Document;
  readonly pattern: KeyPattern;
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  readonly expireAfterS: number | undefined;
  /** Which documents a partial index holds. */
  readonly covers: Matcher | undefined;
  /** Some document has several keys here: bounds may then not be combined, and the order is not a sort order. */
  readonly isMultikey: boolean;
}

export interface Collection {
  readonly namespace: string;
  readonly id: number;
  readonly uuid: UUID;
  readonly indexes: readonly Index[];
}

/** The collections and their indexes, in memory and in the store. Changed only inside a change of the store. */
export interface Catalog {
  get(namespace: string): Collection | undefined;
  all(): Collection[];
  create(namespace: string): Collection;
  put(collection: Collection): void;
  remove(collection: Collection): void;
  removeIndexes(collection: Collection, indexes: readonly Index[]): void;
  nextId(): number;
  nextRecord(collection: Collection): number;
  reload(): void;
  /** Undoes the changes in memory when the change of the store is undone. */
  guard<T>(change: () => T): T;
}

export const toIndex = (id: number, spec: Document, isMultikey: boolean): Index => ({
  ...{ id, spec, isMultikey, name: String(spec.name), pattern: parseSort(spec.key as Document) },
  isUnique: spec.name === '_id_' || isTruthy(spec.unique),
  isSparse: isTruthy(spec.sparse),
  expireAfterS: wholeNumber(spec.expireAfterSeconds),
  covers:
    spec.partialFilterExpression === undefined ? undefined : compileFilter(spec.partialFilterExpression as Document),
});

interface StoredCollection {
  id: unknown;
  uuid: UUID;
  indexes: { id: unknown; spec: Document; isMultikey: boolean }[];
}

const toBytes = ({ id, uuid, indexes }: Collection): Buffer =>
  Buffer.from(
    encode({
      id,
      uuid,
      indexes: indexes.map((index) => ({ id: index.id, spec: index.spec, isMultikey: index.isMultikey })),
    }),
  );

const fromBytes = (namespace: string, bytes: Buffer): Collection => {
  const { id, uuid, indexes } = decode(bytes) as unknown as StoredCollection;
  return {
    namespace,
    id: Number(id),
    uuid,
    indexes: indexes.map((index) => toIndex(Number(index.id), index.spec, index.isMultikey)),
  };
};

export const createCatalog = (store: KeyValueStore): Catalog => {
  let collections = new Map<string, Collection>();
  const records = new Map<number, number>();
  let lastId = 0;

  const catalog: Catalog = {
    get: (namespace) => collections.get(namespace),
    all: () => [...collections.values()].sort((left, right) => (left.namespace < right.namespace ? -1 : 1)),
    create: (namespace) => {
      const index = toIndex(catalog.nextId(), { v: 2, key: { _id: 1 }, name: '_id_' }, false);
      const collection = { namespace, id: catalog.nextId(), uuid: new UUID(), indexes: [index] };
      catalog.put(collection);
      return collection;
    },
    put: (collection) => {
      collections.set(collection.namespace, collection);
      store.putSync(catalogKey(collection.namespace), toBytes(collection));
    },
    remove: (collection) => {
      catalog.removeIndexes(collection, collection.indexes);
      for (const { key } of entriesIn(store, recordRange(collection.id))) store.removeSync(key);
      store.removeSync(catalogKey(collection.namespace));
      collections.delete(collection.namespace);
    },
    removeIndexes: (collection, indexes) => {
      for (const { id } of indexes) for (const { key } of entriesIn(store, indexRange(id))) store.removeSync(key);
      catalog.put({ ...collection, indexes: collection.indexes.filter((index) => !indexes.includes(index)) });
    },
    nextId: () => {
      lastId += 1;
      return lastId;
    },
    nextRecord: ({ id }) => {
      const [last] = records.has(id) ? [] : entriesIn(store, recordRange(id), { isReverse: true, limit: 1 });
      const next = (records.get(id) ?? (last === undefined ? 0 : recordOf(last.key))) + 1;
      records.set(id, next);
      return next;
    },
    reload: () => {
      const entries = entriesIn(store, catalogRange()).map(({ key, value }) => fromBytes(namespaceOf(key), value));
      collections = new Map(entries.map((collection) => [collection.namespace, collection]));
      lastId = Math.max(lastId, ...entries.flatMap(({ id, indexes }) => [id, ...indexes.map((index) => index.id)]));
    },
    guard: (change) => {
      const before = new Map(collections);
      try {
        return change();
      } catch (error) {
        collections = before;
        throw error;
      }
    },
  };
  return catalog;
};
