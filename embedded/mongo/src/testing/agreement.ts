import { decode } from '../bson/codec.js';
import { type Collection, entriesOf, type Index } from '../storage/collections.js';
import { type Entry, entriesIn, type KeyValueStore } from '../storage/engine.js';
import { indexRange, keyOf, rangeOf, recordOf } from '../storage/keys.js';

/** Compares every index of a collection with what a scan of the documents says it must hold; names those that differ. */
export const findDisagreements = (store: KeyValueStore, { id, indexes }: Collection): string[] => {
  const documents = entriesIn(store, rangeOf(keyOf('record', id)));
  const differs = (index: Index): boolean => {
    const wanted = new Set<string>();
    for (const { key, value } of documents) {
      const record = recordOf(key);
      for (const entry of entriesOf([index], record, decode(value)).keys()) wanted.add(`${entry}:${record}`);
    }
    const present = entriesIn(store, indexRange(index, []));
    const isWanted = ({ key, value }: Entry) => wanted.has(`${key.toString('latin1')}:${recordOf(value)}`);
    return wanted.size !== present.length || !present.every(isWanted);
  };
  return indexes.filter(differs).map(({ spec }) => spec.name);
};
