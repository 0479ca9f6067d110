import { decode, encode, maxDocumentBytes } from '../bson/codec.js';
import { check, MongoError } from '../bson/errors.js';
import { type Document, typeOf } from '../bson/values.js';
import { keysAt, someValueAt } from '../query/paths.js';
import type { Catalog, Collection, Index } from './catalog.js';
import { type KeyValueStore, keysOf } from './engine.js';
import { indexKey, maxIndexKeyBytes, recordKey, recordOf, recordRange, toIndexValue, valueRange } from './keys.js';

export interface Stored {
  record: number;
  bytes: Buffer;
  document: Document;
}

/** Documents and their index entries. Every change checks everything that can refuse it before it writes anything. */
export interface Records {
  read(collection: Collection, record: number): Stored | undefined;
  insert(collection: Collection, document: Document): void;
  /** Returns false when the new document is the same, byte by byte. */
  replace(collection: Collection, stored: Stored, document: Document): boolean;
  remove(collection: Collection, stored: Stored): void;
  buildIndex(collection: Collection, index: Index): void;
}

interface Entry {
  index: Index;
  value: Buffer;
}

/** What an index holds for a document: one key, or one for each item of the one array among its fields. */
export const indexValues = (index: Index, document: Document): Buffer[] => {
  const hasPath = ([path]: Index['pattern'][number]): boolean =>
    someValueAt(document, path, false, (value) => value !== undefined);
  if (index.covers?.(document) === false || (index.isSparse && !index.pattern.some(hasPath))) return [];
  const fields = index.pattern.map(([path]) => keysAt(document, path));
  const [array, other] = fields.filter((keys) => keys.length > 1);
  check(other === undefined, 'CannotIndexParallelArrays', `cannot index parallel arrays in the index ${index.name}`);
  const values = Array.from(array ?? [0], (_, i) =>
    toIndexValue(
      fields.map((keys) => keys[keys === array ? i : 0]),
      index.pattern,
    ),
  );
  const longest = Math.max(...values.map(({ length }) => length));
  check(
    longest <= maxIndexKeyBytes,
    'Location17280',
    `key too large to index, ${longest} of ${maxIndexKeyBytes} bytes, in ${index.name}`,
  );
  return array === undefined ? values : [...new Map(values.map((value) => [value.toString('latin1'), value])).values()];
};

export const createRecords = (store: KeyValueStore, catalog: Catalog): Records => {
  const entriesOf = ({ indexes }: Collection, document: Document): Entry[] =>
    indexes.flatMap((index) => indexValues(index, document).map((value) => ({ index, value })));

  const refuseDuplicates = (
    collection: Collection,
    entries: readonly Entry[],
    document: Document,
    own?: number,
  ): void => {
    for (const { index, value } of entries) {
      const holders = index.isUnique ? keysOf(store, valueRange(index.id, value), { limit: 2 }) : [];
      if (holders.some((key) => recordOf(key) !== own)) throw duplicateKey(collection, index, document);
    }
  };

  const markMultikey = (collection: Collection, entries: readonly Entry[]): void => {
    const current = catalog.get(collection.namespace) ?? collection;
    const grows = ({ id, isMultikey }: Index): boolean =>
      !isMultikey && entries.filter(({ index }) => index.id === id).length > 1;
    if (!current.indexes.some(grows)) return;
    catalog.put({
      ...current,
      indexes: current.indexes.map((index) => (grows(index) ? { ...index, isMultikey: true } : index)),
    });
  };

  const write = (collection: Collection, record: number, bytes: Uint8Array, entries: readonly Entry[]): void => {
    markMultikey(collection, entries);
    store.putSync(recordKey(collection.id, record), Buffer.from(bytes));
    for (const { index, value } of entries) store.putSync(indexKey(index.id, value, record), Buffer.alloc(0));
  };
  const unlink = (entries: readonly Entry[], record: number): void => {
    for (const { index, value } of entries) store.removeSync(indexKey(index.id, value, record));
  };

  return {
    read: (collection, record) => {
      const bytes = store.getBinary(recordKey(collection.id, record));
      return bytes && { record, bytes, document: decode(bytes) };
    },
    insert: (collection, document) => {
      const bytes = encode(document);
      check(bytes.length <= maxDocumentBytes, 'BadValue', `object to insert too large. size in bytes: ${bytes.length}`);
      const entries = entriesOf(collection, document);
      refuseDuplicates(collection, entries, document);
      write(collection, catalog.nextRecord(collection), bytes, entries);
    },
    replace: (collection, { record, bytes: oldBytes }, document) => {
      const bytes = encode(document);
      if (Buffer.compare(bytes, oldBytes) === 0) return false;
      check(
        bytes.length <= maxDocumentBytes,
        'Location17419',
        `Resulting document after update is larger than ${maxDocumentBytes}`,
      );
      const entries = entriesOf(collection, document);
      refuseDuplicates(collection, entries, document, record);
      unlink(entriesOf(collection, decode(oldBytes)), record);
      write(collection, record, bytes, entries);
      return true;
    },
    remove: (collection, { record, bytes }) => {
      unlink(entriesOf(collection, decode(bytes)), record);
      store.removeSync(recordKey(collection.id, record));
    },
    buildIndex: (collection, index) => {
      const alone = { ...collection, indexes: [index] };
      for (const { key, value } of [...store.getRange(recordRange(collection.id))]) {
        const document = decode(value);
        const entries = entriesOf(alone, document);
        refuseDuplicates(alone, entries, document);
        write(collection, recordOf(key), value, entries);
      }
    },
  };
};

/** In the words of MongoDB, which libraries read. */
const duplicateKey = (collection: Collection, index: Index, document: Document): MongoError => {
  const values = index.pattern.map(([path]) => [path.join('.'), keysAt(document, path)[0]] as const);
  const shown = values.map(
    ([name, value]) =>
      `${name}: ${typeOf(value) === 'objectId' ? `ObjectId('${String(value)}')` : JSON.stringify(value)}`,
  );
  const message = `E11000 duplicate key error collection: ${collection.namespace} index: ${index.name} dup key: { ${shown.join(', ')} }`;
  return new MongoError('DuplicateKey', message, { keyPattern: index.spec.key, keyValue: Object.fromEntries(values) });
};
