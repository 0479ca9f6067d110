import { decode, encode, maxDocumentBytes } from '../bson/codec.js';
import { check, MongoError } from '../bson/errors.js';
import { type Document, typeOf } from '../bson/values.js';
import { keysAt, someValueAt } from '../query/paths.js';
import type { Catalog, Collection, Index } from './catalog.js';
import { entriesIn, type KeyValueStore } from './engine.js';
import { indexKey, maxIndexKeyBytes, recordKey, recordOf, recordRange, toIndexValue, toRecordBytes } from './keys.js';

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

export const toStored = (record: number, bytes: Buffer): Stored => ({ record, bytes, document: decode(bytes) });

interface IndexEntry {
  index: Index;
  key: Buffer;
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
  const entriesOf = ({ indexes }: Collection, document: Document, record: number): IndexEntry[] =>
    indexes.flatMap((index) =>
      indexValues(index, document).map((value) => ({ index, key: indexKey(index, value, record) })),
    );

  const refuseDuplicates = (collection: Collection, entries: readonly IndexEntry[], document: Document): void => {
    const taken = entries.find(({ index, key }) => index.isUnique && store.doesExist(key));
    if (taken !== undefined) throw duplicateKey(collection, taken.index, document);
  };

  const markMultikey = (collection: Collection, entries: readonly IndexEntry[]): void => {
    const current = catalog.get(collection.namespace) ?? collection;
    const grows = ({ id, isMultikey }: Index): boolean =>
      !isMultikey && entries.filter(({ index }) => index.id === id).length > 1;
    if (!current.indexes.some(grows)) return;
    catalog.put({
      ...current,
      indexes: current.indexes.map((index) => (grows(index) ? { ...index, isMultikey: true } : index)),
    });
  };

  const link = (entries: readonly IndexEntry[], record: number): void => {
    for (const { key } of entries) store.putSync(key, toRecordBytes(record));
  };
  const unlink = (entries: readonly IndexEntry[]): void => {
    for (const { key } of entries) store.removeSync(key);
  };

  return {
    read: (collection, record) => {
      const bytes = store.getBinary(recordKey(collection.id, record));
      return bytes && toStored(record, bytes);
    },
    insert: (collection, document) => {
      const bytes = encode(document);
      check(bytes.length <= maxDocumentBytes, 'BadValue', `object to insert too large. size in bytes: ${bytes.length}`);
      const record = catalog.nextRecord(collection);
      const entries = entriesOf(collection, document, record);
      refuseDuplicates(collection, entries, document);
      markMultikey(collection, entries);
      store.putSync(recordKey(collection.id, record), Buffer.from(bytes));
      link(entries, record);
    },
    replace: (collection, { record, bytes: oldBytes }, document) => {
      const bytes = encode(document);
      if (Buffer.compare(bytes, oldBytes) === 0) return false;
      check(
        bytes.length <= maxDocumentBytes,
        'Location17419',
        `Resulting document after update is larger than ${maxDocumentBytes}`,
      );
      const [before, after] = [
        entriesOf(collection, decode(oldBytes), record),
        entriesOf(collection, document, record),
      ];
      const added = without(after, before);
      refuseDuplicates(collection, added, document);
      markMultikey(collection, after);
      unlink(without(before, after));
      store.putSync(recordKey(collection.id, record), Buffer.from(bytes));
      link(added, record);
      return true;
    },
    remove: (collection, { record, bytes }) => {
      unlink(entriesOf(collection, decode(bytes), record));
      store.removeSync(recordKey(collection.id, record));
    },
    buildIndex: (collection, index) => {
      for (const { key, value } of entriesIn(store, recordRange(collection.id))) {
        const { record, document } = toStored(recordOf(key), value);
        const entries = entriesOf({ ...collection, indexes: [index] }, document, record);
        refuseDuplicates(collection, entries, document);
        markMultikey(collection, entries);
        link(entries, record);
      }
    },
  };
};

/** Most changes leave most indexes alone. */
const without = (entries: readonly IndexEntry[], others: readonly IndexEntry[]): IndexEntry[] =>
  entries.filter(({ key }) => !others.some((other) => other.key.equals(key)));

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
