import { UUID } from 'bson';
import { compileFilter, type Matcher } from '../query/matcher.js';
import { type KeyPattern, parseSort } from '../query/sort.js';
import { type Document, isTruthy, wholeNumber } from '../query/values.js';
import { decode, encode } from './bson.js';
import type { KeyValueStore } from './engine.js';
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

export interface Catalog {
  get(namespace: string): Collection | undefined;
  all(): Collection[];
  create(namespace: string): Collection;
  put(collection: Collection): void;
  remove(collection: Collection): void;
  nextId(): number;
  nextRecord(collection: Collection): number;
  reload(): void;
  /** Undoes the changes in memory when the change of the store is undone. */
  guard<T>(change: () => T): T;
}

export const toIndex = (id: number, spec: Document, isMultikey: boolean): Index => {
  const partial = spec.partialFilterExpression as Document | undefined;
  return {
    id,
    name: spec.name as string,
    spec,
    pattern: parseSort(spec.key as Document),
    isUnique: spec.name === '_id_' || isTruthy(spec.unique),
    isSparse: isTruthy(spec.sparse),
    expireAfterS: wholeNumber(spec.expireAfterSeconds),
    covers: partial === undefined ? undefined : compileFilter(partial),
    isMultikey,
  };
};

const toBytes = ({ id, uuid, indexes }: Collection): Buffer =>
  Buffer.from(
    encode({
      id,
      uuid,
      indexes: indexes.map((index) => ({ id: index.id, spec: index.spec, isMultikey: index.isMultikey })),
    }),
  );

const fromBytes = (namespace: string, bytes: Buffer): Collection => {
  const stored = decode(bytes) as {
    id: unknown;
    uuid: UUID;
    indexes: { id: unknown; spec: Document; isMultikey: boolean }[];
  };
  return {
    namespace,
    id: Number(stored.id),
    uuid: stored.uuid,
    indexes: stored.indexes.map(({ id, spec, isMultikey }) => toIndex(Number(id), spec, isMultikey)),
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
      const spec = { v: 2, key: { _id: 1 }, name: '_id_' };
      const collection = {
        namespace,
        id: catalog.nextId(),
        uuid: new UUID(),
        indexes: [toIndex(catalog.nextId(), spec, false)],
      };
      catalog.put(collection);
      return collection;
    },
    put: (collection) => {
      collections.set(collection.namespace, collection);
      store.putSync(catalogKey(collection.namespace), toBytes(collection));
    },
    remove: (collection) => {
      collections.delete(collection.namespace);
      store.removeSync(catalogKey(collection.namespace));
      const ranges = [recordRange(collection.id), ...collection.indexes.map((index) => indexRange(index.id))];
      for (const range of ranges) for (const key of [...store.getKeys(range)]) store.removeSync(key);
    },
    nextId: () => {
      lastId += 1;
      return lastId;
    },
    nextRecord: ({ id }) => {
      const next = (records.get(id) ?? lastRecord(store, id)) + 1;
      records.set(id, next);
      return next;
    },
    reload: () => {
      collections = new Map();
      for (const { key, value } of store.getRange(catalogRange())) {
        const namespace = namespaceOf(key);
        collections.set(namespace, fromBytes(namespace, value));
      }
      const ids = catalog.all().flatMap(({ id, indexes }) => [id, ...indexes.map((index) => index.id)]);
      lastId = Math.max(lastId, ...ids);
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

const lastRecord = (store: KeyValueStore, collection: number): number => {
  const { start, end } = recordRange(collection);
  const [last] = [...store.getKeys({ start: end, end: start, reverse: true, limit: 1 })];
  return last === undefined ? 0 : recordOf(last);
};
