import { MongoError } from '../commands/errors.js';
import type { Matcher } from '../query/matcher.js';
import type { Plan } from '../query/plan.js';
import type { Collection } from './catalog.js';
import type { KeyValueStore } from './engine.js';
import { type KeyRange, recordOf } from './keys.js';
import type { Records, Stored } from './records.js';

const chunkSize = 128;

/** The keys of a range in pieces, so that a cursor that waits for its client holds no snapshot of the store. */
function* keysOf(store: KeyValueStore, { start, end }: KeyRange, isReverse: boolean): Generator<Buffer> {
  let from = isReverse ? end : start;
  const to = isReverse ? start : end;
  for (let size = 8; ; size = chunkSize) {
    const keys = [
      ...store.getKeys({
        start: from,
        end: to,
        reverse: isReverse,
        limit: size,
        exclusiveStart: from !== start,
      } as object),
    ];
    yield* keys;
    const last = keys.at(-1);
    if (last === undefined || keys.length < size) return;
    from = last;
  }
}

export interface ScanOptions {
  plan: Plan;
  matches: Matcher;
  /** Epoch in ms after which the scan fails with MaxTimeMSExpired. */
  deadlineAt?: number | undefined;
}

/** The matching documents in the order of the plan, each once. */
export function* scan(
  store: KeyValueStore,
  records: Records,
  collection: Collection,
  options: ScanOptions,
): Generator<Stored> {
  const { plan, matches, deadlineAt } = options;
  const seen = plan.index?.isMultikey === true ? new Set<number>() : undefined;
  let examined = 0;
  for (const range of plan.isReverse ? [...plan.ranges].reverse() : plan.ranges) {
    for (const key of keysOf(store, range, plan.isReverse)) {
      const record = recordOf(key);
      if (seen?.has(record) === true) continue;
      seen?.add(record);
      examined += 1;
      if (deadlineAt !== undefined && examined % chunkSize === 0 && Date.now() > deadlineAt) {
        throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit');
      }
      const stored = records.read(collection, record);
      if (stored !== undefined && matches(stored.document)) yield stored;
    }
  }
}
