import { MongoError } from '../commands/errors.js';
import { keysAt, someValueAt } from '../query/paths.js';
import type { Document } from '../query/values.js';
import { decode, encode, maxDocumentBytes } from './bson.js';
import type { Catalog, Collection, Index } from './catalog.js';
import type { KeyValueStore } from './engine.js';
import { indexKey, maxIndexKeyBytes, recordKey, recordOf, recordRange, toIndexValue } from './keys.js';

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

interface Entries {
  index: Index;
  values: Buffer[];
}

/** What an index holds for a document: one key, or one for each item of the one array among its fields. */
export const indexValues = (index: Index, document: Document): Buffer[] => {
  if (index.covers !== undefined && !index.covers(document)) return [];
  if (
    index.isSparse &&
    !index.pattern.some(([path]) => someValueAt(document, path, false, (value) => value !== undefined))
  )
    return [];
  const fields = index.pattern.map(([path]) => keysAt(document, path));
  if (fields.filter((keys) => keys.length > 1).length > 1) {
    throw new MongoError('CannotIndexParallelArrays', `cannot index parallel arrays in the index ${index.name}`);
  }
  const count = Math.max(...fields.map((keys) => keys.length));
  const values = Array.from({ length: count }, (_, i) => {
    const value = toIndexValue(
      fields.map((keys) => keys[keys.length > 1 ? i : 0]),
      index.pattern,
    );
    if (value.length > maxIndexKeyBytes) {
      throw new MongoError(
        'Location17280',
        `key too large to index, ${value.length} of at most ${maxIndexKeyBytes} bytes, in ${index.name}`,
      );
    }
    return value;
  });
  return count === 1 ? values : [...new Map(values.map((value) => [value.toString('latin1'), value])).values()];
};

export const createRecords = (store: KeyValueStore, catalog: Catalog): Records => {
  const entriesOf = (collection: Collection, document: Document): Entries[] =>
    collection.indexes.map((index) => ({ index, values: indexValues(index, document) }));

  const refuseDuplicates = (
    collection: Collection,
    entries: readonly Entries[],
    document: Document,
    own?: number,
  ): void => {
    for (const { index, values } of entries) {
      if (!index.isUnique) continue;
      for (const value of values) {
        const keys = [
          ...store.getKeys({
            start: indexKey(index.id, value, 0),
            end: indexKey(index.id, value, 2 ** 48 - 1),
            limit: 2,
          }),
        ];
        if (keys.some((key) => recordOf(key) !== own)) throw duplicateKey(collection, index, document);
      }
    }
  };

  const markMultikey = (collection: Collection, entries: readonly Entries[]): void => {
    const current = catalog.get(collection.namespace) ?? collection;
    const grown = new Set(entries.filter(({ values }) => values.length > 1).map(({ index }) => index.id));
    if (!current.indexes.some((index) => grown.has(index.id) && !index.isMultikey)) return;
    catalog.put({
      ...current,
      indexes: current.indexes.map((index) => (grown.has(index.id) ? { ...index, isMultikey: true } : index)),
    });
  };

  const writeEntries = (entries: readonly Entries[], record: number): void => {
    for (const { index, values } of entries)
      for (const value of values) store.putSync(indexKey(index.id, value, record), Buffer.alloc(0));
  };
  const removeEntries = (entries: readonly Entries[], record: number): void => {
    for (const { index, values } of entries)
      for (const value of values) store.removeSync(indexKey(index.id, value, record));
  };

  return {
    read: (collection, record) => {
      const bytes = store.getBinary(recordKey(collection.id, record));
      return bytes === undefined ? undefined : { record, bytes, document: decode(bytes) };
    },
    insert: (collection, document) => {
      const bytes = encode(document);
      if (bytes.length > maxDocumentBytes) {
        throw new MongoError(
          'BadValue',
          `object to insert too large. size in bytes: ${bytes.length}, max size: ${maxDocumentBytes}`,
        );
      }
      const entries = entriesOf(collection, document);
      refuseDuplicates(collection, entries, document);
      const record = catalog.nextRecord(collection);
      markMultikey(collection, entries);
      store.putSync(recordKey(collection.id, record), Buffer.from(bytes));
      writeEntries(entries, record);
    },
    replace: (collection, stored, document) => {
      const bytes = encode(document);
      if (Buffer.compare(bytes, stored.bytes) === 0) return false;
      if (bytes.length > maxDocumentBytes) {
        throw new MongoError('Location17419', `Resulting document after update is larger than ${maxDocumentBytes}`);
      }
      const before = entriesOf(collection, decode(stored.bytes));
      const entries = entriesOf(collection, document);
      refuseDuplicates(collection, entries, document, stored.record);
      markMultikey(collection, entries);
      removeEntries(before, stored.record);
      store.putSync(recordKey(collection.id, stored.record), Buffer.from(bytes));
      writeEntries(entries, stored.record);
      return true;
    },
    remove: (collection, { record, bytes }) => {
      removeEntries(entriesOf(collection, decode(bytes)), record);
      store.removeSync(recordKey(collection.id, record));
    },
    buildIndex: (collection, index) => {
      const alone = { ...collection, indexes: [index] };
      for (const { key, value } of [...store.getRange(recordRange(collection.id))]) {
        const document = decode(value);
        const entries = entriesOf(alone, document);
        refuseDuplicates(alone, entries, document);
        markMultikey(collection, entries);
        writeEntries(entries, recordOf(key));
      }
    },
  };
};

const duplicateKey = (collection: Collection, index: Index, document: Document): MongoError => {
  const keyValue = Object.fromEntries(index.pattern.map(([path]) => [path.join('.'), keysAt(document, path)[0]]));
  const shown = Object.entries(keyValue).map(([name, value]) => `${name}: ${show(value)}`);
  return new MongoError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index.name} dup key: { ${shown.join(', ')} }`,
    { keyPattern: index.spec.key, keyValue },
  );
};

const show = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'toHexString' in value
    ? `ObjectId('${String(value)}')`
    : (JSON.stringify(value) ?? 'undefined');
