import { rankOf } from '../query/values.js';
import type { Catalog, Collection, Index } from './catalog.js';
import type { KeyValueStore } from './engine.js';
import { boundedRange, recordOf } from './keys.js';
import type { Records } from './records.js';

interface Store {
  readonly engine: { readonly store: KeyValueStore };
  readonly catalog: Catalog;
  readonly records: Records;
}

/** Deletes what a TTL index says has expired: the earliest of its dates is older than `expireAfterSeconds`. */
export const deleteExpired = (store: Store, now: Date): number => {
  let deleted = 0;
  for (const collection of store.catalog.all()) {
    for (const index of collection.indexes) deleted += deleteByIndex(store, collection, index, now);
  }
  return deleted;
};

const deleteByIndex = ({ engine, records }: Store, collection: Collection, index: Index, now: Date): number => {
  if (index.expireAfterS === undefined) return 0;
  const limit = new Date(now.getTime() - index.expireAfterS * 1000);
  const range = boundedRange(index.id, index.pattern, [], {
    high: { value: limit, inclusive: true },
    rank: rankOf(limit),
  });
  const expired = new Set([...engine.store.getKeys(range)].map(recordOf));
  for (const record of expired) {
    const stored = records.read(collection, record);
    if (stored !== undefined) records.remove(collection, stored);
  }
  return expired.size;
};
