import { Long } from 'bson';
import { check } from '../bson/errors.js';
import { toKey } from '../bson/order.js';
import { type Document, fieldOf, isDocument, wholeNumber } from '../bson/values.js';
import { compileFilter } from '../query/matcher.js';
import { itemsAt, parsePath } from '../query/paths.js';
import { type Plan, planQuery } from '../query/plan.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortBy } from '../query/sort.js';
import type { Collection, Index } from '../storage/catalog.js';
import type { Stored } from '../storage/records.js';
import { scan } from '../storage/scan.js';
import { type Call, defineCommand, type Handlers, namespaceOf } from './command.js';

const maxSortBytes = 100 * 1024 * 1024;

export interface Query {
  filter: Document | undefined;
  sort?: Document | undefined;
  hint?: unknown;
  maxTimeMS?: unknown;
}

export const isSame = (left: unknown, right: unknown): boolean => toKey(left).equals(toKey(right));

const naturalOrder = (value: unknown): number | undefined =>
  isDocument(value) ? wholeNumber(fieldOf(value, '$natural')) : undefined;

const toHint = (collection: Collection, hint: unknown): Index | 'natural' | undefined => {
  if (hint === undefined || (isDocument(hint) && Object.keys(hint).length === 0)) return undefined;
  if (naturalOrder(hint) !== undefined) return 'natural';
  const index = collection.indexes.find(
    ({ name, spec }) => name === hint || (isDocument(hint) && isSame(spec.key, hint)),
  );
  check(
    index,
    'BadValue',
    'planner returned error :: caused by :: hint provided does not correspond to an existing index',
  );
  return index;
};

export const toPlan = (collection: Collection, { filter = {}, sort = {}, hint }: Query): Plan => {
  const natural = naturalOrder(sort) ?? naturalOrder(hint);
  const pattern = naturalOrder(sort) === undefined ? parseSort(sort) : [];
  const plan = planQuery(collection, filter, pattern, natural === undefined ? toHint(collection, hint) : 'natural');
  return { ...plan, isReverse: plan.isReverse || natural === -1 };
};

/** The matches of a query in its order; sorted in memory when no index delivers the order. */
export function* runQuery(call: Call, namespace: string, query: Query): Generator<Stored> {
  const matches = compileFilter(query.filter ?? {});
  const pattern = naturalOrder(query.sort) === undefined ? parseSort(query.sort ?? {}) : [];
  const collection = call.catalog.get(namespace);
  if (collection === undefined) return;
  const plan = toPlan(collection, query);
  const deadlineAt = query.maxTimeMS ? Date.now() + Number(query.maxTimeMS) : undefined;
  const found = scan(call.engine.store, call.records, collection, { plan, matches, deadlineAt });
  yield* plan.isSorted ? found : sortBy(boundedMemory(found), pattern, ({ document }) => document);
}

function* boundedMemory(found: Iterable<Stored>): Generator<Stored> {
  let bytes = 0;
  for (const stored of found) {
    bytes += stored.bytes.length;
    check(
      bytes <= maxSortBytes,
      'QueryExceededMemoryLimitNoDiskUseAllowed',
      `Sort exceeded memory limit of ${maxSortBytes} bytes`,
    );
    yield stored;
  }
}

/** A limit of zero or undefined is none. */
export function* slice<T>(items: Iterable<T>, skip = 0, limit = 0): Generator<T> {
  let index = 0;
  for (const item of items) {
    index += 1;
    if (index > skip) yield item;
    if (limit > 0 && index >= skip + limit) return;
  }
}

export function* map<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item);
}

const find = defineCommand(
  'find',
  {
    ...{
      find: 'any',
      filter: 'document',
      sort: 'document',
      projection: 'document',
      hint: 'any',
      skip: 'count',
      limit: 'count',
    },
    ...{ batchSize: 'count', singleBatch: 'boolean', maxTimeMS: 'count', collation: 'unsupported', let: 'unsupported' },
    ...{
      min: 'unsupported',
      max: 'unsupported',
      returnKey: 'unsupported',
      showRecordId: 'unsupported',
      tailable: 'unsupported',
    },
    ...{
      awaitData: 'unsupported',
      allowDiskUse: 'any',
      noCursorTimeout: 'any',
      allowPartialResults: 'any',
      oplogReplay: 'any',
    },
  },
  (args, call) => {
    const namespace = namespaceOf(call, args.find);
    const project = compileProjection(args.projection ?? {});
    const found = slice(runQuery(call, namespace, args), args.skip, args.limit);
    return call.cursors.open(
      namespace,
      map(found, ({ document }) => project(document)),
      args.batchSize,
      args.singleBatch,
    );
  },
);

const getMore = defineCommand('getMore', { getMore: 'any', collection: 'any', batchSize: 'count' }, (args, call) => {
  check(
    args.getMore instanceof Long,
    'TypeMismatch',
    "BSON field 'getMore.getMore' is the wrong type, expected type 'long'",
  );
  return call.cursors.next(args.getMore, `${call.database}.${String(args.collection)}`, args.batchSize);
});

const killCursors = defineCommand('killCursors', { killCursors: 'string', cursors: 'array' }, (args, call) => {
  const ids = (args.cursors ?? []).filter((id) => id instanceof Long);
  const cursorsKilled = ids.filter((id) => call.cursors.kill(id, `${call.database}.${args.killCursors}`));
  const cursorsNotFound = ids.filter((id) => !cursorsKilled.includes(id));
  return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
});

const count = defineCommand(
  'count',
  {
    count: 'any',
    query: 'document',
    limit: 'count',
    skip: 'count',
    hint: 'any',
    maxTimeMS: 'count',
    collation: 'unsupported',
    fields: 'any',
  },
  ({ query: filter, ...args }, call) => {
    let n = 0;
    for (const _ of slice(runQuery(call, namespaceOf(call, args.count), { ...args, filter }), args.skip, args.limit))
      n += 1;
    return { n, ok: 1 };
  },
);

const distinct = defineCommand(
  'distinct',
  { distinct: 'any', key: 'string', query: 'document', hint: 'any', maxTimeMS: 'count', collation: 'unsupported' },
  ({ query: filter, key = '', ...args }, call) => {
    const values = new Map<string, unknown>();
    for (const { document } of runQuery(call, namespaceOf(call, args.distinct), { ...args, filter })) {
      for (const value of itemsAt(document, parsePath(key))) values.set(toKey(value).toString('latin1'), value);
    }
    return { values: [...values.values()], ok: 1 };
  },
);

export const queryCommands: Handlers = { find, getMore, killCursors, count, distinct };
