import { check } from '../bson/errors.js';
import type { Matcher } from '../query/matcher.js';
import type { Plan } from '../query/plan.js';
import type { Collection } from './catalog.js';
import { type Entry, entriesIn, type KeyValueStore } from './engine.js';
import { type KeyRange, recordOf } from './keys.js';
import { type Records, type Stored, toStored } from './records.js';

const chunkSize = 128;

/** A range in pieces, so that a cursor that waits for its client holds no snapshot of the store. */
function* inPieces(store: KeyValueStore, range: KeyRange, isReverse: boolean): Generator<Entry> {
  let after: Buffer | undefined;
  for (let limit = 8; ; limit = chunkSize) {
    const entries = entriesIn(store, range, { isReverse, limit, after });
    yield* entries;
    after = entries.at(-1)?.key;
    if (entries.length < limit) return;
  }
}

export interface ScanOptions {
  plan: Plan;
  matches: Matcher;
  /** Epoch in ms after which the scan fails with MaxTimeMSExpired. */
  deadlineAt: number | undefined;
}

/** The matching documents in the order of the plan, each once. */
export function* scan(
  store: KeyValueStore,
  records: Records,
  collection: Collection,
  options: ScanOptions,
): Generator<Stored> {
  const { plan, matches, deadlineAt = Number.POSITIVE_INFINITY } = options;
  const seen = plan.index?.isMultikey === true ? new Set<number>() : undefined;
  let examined = 0;
  for (const range of plan.isReverse ? [...plan.ranges].reverse() : plan.ranges) {
    for (const { key, value } of inPieces(store, range, plan.isReverse)) {
      const record = recordOf(plan.index === undefined ? key : value);
      if (seen?.has(record) === true) continue;
      seen?.add(record);
      examined += 1;
      check(
        examined % chunkSize !== 0 || Date.now() <= deadlineAt,
        'MaxTimeMSExpired',
        'operation exceeded time limit',
      );
      const stored = plan.index === undefined ? toStored(record, value) : records.read(collection, record);
      if (stored !== undefined && matches(stored.document)) yield stored;
    }
  }
}
