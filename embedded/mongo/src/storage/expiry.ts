import { rankOf } from '../bson/values.js';
import type { Catalog } from './catalog.js';
import { entriesIn, type KeyValueStore } from './engine.js';
import { boundedRange, recordOf } from './keys.js';
import type { Records } from './records.js';

/** Deletes what a TTL index says has expired: the earliest of its dates is older than `expireAfterSeconds`. */
export const deleteExpired = (store: KeyValueStore, catalog: Catalog, records: Records, now: Date): void => {
  for (const collection of catalog.all()) {
    for (const index of collection.indexes.filter(({ expireAfterS }) => expireAfterS !== undefined)) {
      const limit = new Date(now.getTime() - (index.expireAfterS ?? 0) * 1000);
      const range = boundedRange(index, [], { rank: rankOf(limit), high: { value: limit, isInclusive: true } });
      for (const record of new Set(entriesIn(store, range).map(({ value }) => recordOf(value)))) {
        const stored = records.read(collection, record);
        if (stored !== undefined) records.remove(collection, stored);
      }
    }
  }
};
