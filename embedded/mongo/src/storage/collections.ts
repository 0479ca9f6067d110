import { decode, encode, maxDocumentBytes } from '../bson/codec.js';
import { check, MongoError } from '../bson/errors.js';
import { areEqual, toCompoundKey } from '../bson/order.js';
import { keysAt } from '../bson/paths.js';
import { type Document, isTruthy } from '../bson/values.js';
import type { Plan } from '../query/plan.js';
import { type KeyPattern, parseSort } from '../query/sort.js';
import { entriesIn, type KeyValueStore } from './engine.js';
import { indexRange, type KeyRange, keyOf, rangeOf, recordOf, toRecordBytes } from './keys.js';

/** Longer keys are refused as MongoDB before 4.2 did (17280); lmdb itself allows 1,978 bytes. */
const maxKeyBytes = 1900;
/** As a client wrote it: `{ v, key, name, unique?, expireAfterSeconds? }`. */
export type IndexSpec = Document & { key: Document; name: string };
/** Multikey: some document has several keys here. Bounds may then not be combined, and the order is not a sort order. */
export type Index = { id: number; spec: IndexSpec; pattern: KeyPattern; isUnique: boolean; isMultikey: boolean };
export type Collection = { namespace: string; id: number; indexes: readonly Index[] };
export type Stored = { collection: Collection; record: number; bytes: Buffer; document: Document };
type IndexEntries = ReadonlyMap<string, { index: Index; key: Buffer }>;

export const toIndex = (id: number, spec: IndexSpec, isMultikey = false): Index => {
  const coversAll = spec.sparse === undefined && spec.partialFilterExpression === undefined;
  check(coversAll, 'CannotCreateIndex', 'sparse and partial indexes are not supported by the embedded document store');
  const isUnique = spec.name === '_id_' || isTruthy(spec.unique);
  return { id, spec, pattern: parseSort(spec.key, 'CannotCreateIndex'), isUnique, isMultikey };
};

/** An index by its name or its keys. */
export const findIndex = ({ indexes }: Collection, wanted: unknown): Index | undefined =>
  indexes.find(({ spec }) => spec.name === wanted || areEqual(spec.key, wanted));

/** What indexes hold for a document, by key: one entry each, or one for each item of the one array in its fields. */
export const entriesOf = (indexes: readonly Index[], record: number, document?: Document): IndexEntries => {
  const entries = new Map<string, { index: Index; key: Buffer }>();
  for (const index of document === undefined ? [] : indexes) {
    const fields = index.pattern.map(({ path }) => keysAt(document, path));
    const [array = [], other] = fields.filter((values) => values.length > 1);
    check(other === undefined, 'CannotIndexParallelArrays', `cannot index parallel arrays in ${index.spec.name}`);
    for (let i = 0; i < Math.max(1, array.length); i += 1) {
      const values = fields.map((field) => field[field === array ? i : 0]);
      // In a unique index a value is one key; otherwise the record tells equal values apart.
      const last = index.isUnique ? Buffer.of(0) : toRecordBytes(record);
      const key = keyOf('index', index.id, toCompoundKey(values, index.pattern), last);
      check(key.length <= maxKeyBytes, 'Location17280', `key too large to index in ${index.spec.name}`);
      entries.set(key.toString('latin1'), { index, key });
    }
  }
  return entries;
};

export type Collections = ReturnType<typeof createCollections>;
/** Reads everything from the store each time, so that nothing is remembered of a change that was undone. */
export const createCollections = (store: KeyValueStore) => {
  let lastId: number | undefined;

  const all = (): Collection[] =>
    entriesIn(store, rangeOf(keyOf('catalog'))).map(({ key, value }) => fromBytes(key.toString('utf8', 1), value));
  const get = (namespace: string): Collection | undefined => {
    const bytes = store.getBinary(keyOf('catalog', Buffer.from(namespace)));
    return bytes && fromBytes(namespace, bytes);
  };
  const put = ({ namespace, ...collection }: Collection): void => {
    const indexes = collection.indexes.map(({ id, spec, isMultikey }) => ({ id, spec, isMultikey }));
    store.putSync(keyOf('catalog', Buffer.from(namespace)), Buffer.from(encode({ ...collection, indexes })));
  };

  const nextId = (): number => {
    lastId = 1 + (lastId ?? Math.max(0, ...all().flatMap(({ id, indexes }) => [id, ...indexes.map((i) => i.id)])));
    return lastId;
  };
  const create = (namespace: string): Collection => {
    const index = toIndex(nextId(), { v: 2, key: { _id: 1 }, name: '_id_' });
    const collection = { namespace, id: nextId(), indexes: [index] };
    put(collection);
    return collection;
  };

  const clear = (range: KeyRange): void => {
    for (const { key } of entriesIn(store, range)) store.removeSync(key);
  };
  const removeIndexes = (collection: Collection, unwanted: readonly Index[]): void => {
    for (const index of unwanted) clear(indexRange(index, []));
    put({ ...collection, indexes: collection.indexes.filter((index) => !unwanted.includes(index)) });
  };
  const remove = (collection: Collection): void => {
    removeIndexes(collection, collection.indexes);
    clear(rangeOf(keyOf('record', collection.id)));
    store.removeSync(keyOf('catalog', Buffer.from(collection.namespace)));
  };

  const markMultikey = ({ namespace, indexes }: Collection, document: Document): void => {
    const isGrown = ({ isMultikey, pattern }: Index): boolean =>
      !isMultikey && pattern.some(({ path }) => keysAt(document, path).length > 1);
    const current = indexes.some(isGrown) ? get(namespace) : undefined;
    const mark = (index: Index): Index => ({ ...index, isMultikey: index.isMultikey || isGrown(index) });
    if (current !== undefined) put({ ...current, indexes: current.indexes.map(mark) });
  };

  /** Replaces a document, inserts one (without `before`) or removes one. Every check comes before the first write. */
  const change = (collection: Collection, record: number, before?: Document, after?: Document): void => {
    const bytes = after && Buffer.from(encode(after));
    const code = before ? 'Location17419' : 'BadValue';
    check((bytes?.length ?? 0) <= maxDocumentBytes, code, `the document is larger than ${maxDocumentBytes} bytes`);
    const old = entriesOf(collection.indexes, record, before);
    const wanted = entriesOf(collection.indexes, record, after);
    for (const [text, { index, key }] of wanted) {
      if (index.isUnique && !old.has(text) && store.doesExist(key)) throw duplicateKey(collection, index, after);
    }
    markMultikey(collection, after ?? {});
    for (const [text, { key }] of old) if (!wanted.has(text)) store.removeSync(key);
    for (const [text, { key }] of wanted) if (!old.has(text)) store.putSync(key, toRecordBytes(record));
    const key = keyOf('record', collection.id, toRecordBytes(record));
    if (bytes === undefined) store.removeSync(key);
    else store.putSync(key, bytes);
  };

  const insert = (collection: Collection, document: Document): void => {
    const [last] = entriesIn(store, rangeOf(keyOf('record', collection.id)), { isReverse: true, limit: 1 });
    change(collection, last === undefined ? 1 : recordOf(last.key) + 1, undefined, document);
  };

  /** The documents that a plan leads to, each once. In pieces, so that a waiting cursor holds no snapshot of the store. */
  function* scan(collection: Collection, { index, ranges, isReverse }: Plan): Generator<Stored> {
    const seen = index?.isMultikey === true || ranges.length > 1 ? new Set<number>() : undefined;
    for (const range of ranges) {
      for (let limit = 8, after: Buffer | undefined, isMore = true; isMore; limit = 128) {
        const piece = entriesIn(store, range, { isReverse, limit, after });
        for (const { key, value } of piece) {
          const record = recordOf(index === undefined ? key : value);
          const bytes = index ? store.getBinary(keyOf('record', collection.id, toRecordBytes(record))) : value;
          if (bytes === undefined || seen?.has(record) === true) continue;
          seen?.add(record);
          yield { collection, record, bytes, document: decode(bytes) };
        }
        after = piece.at(-1)?.key;
        isMore = piece.length === limit;
      }
    }
  }

  return { all, get, put, nextId, create, remove, removeIndexes, change, insert, scan };
};

const fromBytes = (namespace: string, bytes: Buffer): Collection => {
  const stored = decode(bytes) as { id: unknown; indexes: { id: unknown; spec: IndexSpec; isMultikey: boolean }[] };
  const indexes = stored.indexes.map(({ id, spec, isMultikey }) => toIndex(Number(id), spec, isMultikey));
  return { namespace, id: Number(stored.id), indexes };
};

/** In the words of MongoDB, which libraries read. */
const duplicateKey = ({ namespace }: Collection, { pattern, spec }: Index, document?: Document): MongoError => {
  const keyValue = Object.fromEntries(pattern.map(({ name, path }) => [name, keysAt(document, path)[0]]));
  const shown = Object.entries(keyValue).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const message = `E11000 duplicate key error collection: ${namespace} index: ${spec.name} dup key: { ${shown.join(', ')} }`;
  return new MongoError('DuplicateKey', message, { keyPattern: spec.key, keyValue });
};
