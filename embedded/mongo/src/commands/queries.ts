import { Long } from 'bson';
import { compileFilter } from '../query/matcher.js';
import { toKey } from '../query/order.js';
import { itemsAt, parsePath } from '../query/paths.js';
import { type Plan, planQuery } from '../query/plan.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { type Document, fieldOf, isDocument, wholeNumber } from '../query/values.js';
import type { Collection, Index } from '../storage/catalog.js';
import type { Stored } from '../storage/records.js';
import { scan } from '../storage/scan.js';
import {
  databaseOf,
  namespaceOf,
  optionalArray,
  optionalBoolean,
  optionalCount,
  optionalDocument,
  refuseUnsupported,
} from './arguments.js';
import type { Commands, Context } from './context.js';
import { MongoError } from './errors.js';

const defaultBatch = 101;
const maxSortBytes = 100 * 1024 * 1024;

export interface Query {
  filter: Document;
  sort: Document;
  hint?: unknown;
  maxTimeMS?: number | undefined;
}

export const toQuery = (command: Document, filterName = 'filter'): Query => {
  refuseUnsupported(command);
  return {
    filter: optionalDocument(command, filterName) ?? {},
    sort: optionalDocument(command, 'sort') ?? {},
    hint: fieldOf(command, 'hint'),
    maxTimeMS: optionalCount(command, 'maxTimeMS'),
  };
};

const naturalOrder = (value: unknown): 1 | -1 | undefined => {
  const order =
    isDocument(value) && Object.keys(value).length === 1 ? wholeNumber(fieldOf(value, '$natural')) : undefined;
  return order === 1 || order === -1 ? order : undefined;
};

const toHint = (collection: Collection, hint: unknown): { index: Index | undefined } | undefined => {
  if (hint === undefined || (isDocument(hint) && Object.keys(hint).length === 0)) return undefined;
  if (naturalOrder(hint) !== undefined) return { index: undefined };
  const index = collection.indexes.find(({ name, spec }) =>
    typeof hint === 'string' ? name === hint : isSamePattern(spec.key, hint),
  );
  if (index === undefined)
    throw new MongoError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  return { index };
};

export const isSamePattern = (left: unknown, right: unknown): boolean => toKey(left).equals(toKey(right));

export const toPlan = (collection: Collection, { filter, sort, hint }: Query): Plan => {
  const natural = naturalOrder(sort) ?? naturalOrder(hint);
  const pattern = naturalOrder(sort) === undefined ? parseSort(sort) : [];
  const plan = planQuery(
    collection,
    filter,
    pattern,
    natural === undefined ? toHint(collection, hint) : { index: undefined },
  );
  return { ...plan, isReverse: plan.isReverse || natural === -1 };
};

/** The matches of a query in its order; sorted in memory when no index delivers the order. */
export function* runQuery(context: Context, namespace: string, query: Query): Generator<Stored> {
  const matches = compileFilter(query.filter);
  const pattern = naturalOrder(query.sort) === undefined ? parseSort(query.sort) : [];
  const collection = context.catalog.get(namespace);
  if (collection === undefined) return;
  const plan = toPlan(collection, query);
  const deadlineAt = query.maxTimeMS ? Date.now() + query.maxTimeMS : undefined;
  const found = scan(context.engine.store, context.records, collection, { plan, matches, deadlineAt });
  if (plan.isSorted) return yield* found;
  const all = new Map<Document, Stored>();
  let bytes = 0;
  for (const stored of found) {
    bytes += stored.bytes.length;
    if (bytes > maxSortBytes)
      throw new MongoError('QueryExceededMemoryLimitNoDiskUseAllowed', 'Sort exceeded memory limit of 104857600 bytes');
    all.set(stored.document, stored);
  }
  for (const document of sortDocuments([...all.keys()], pattern)) yield all.get(document) as Stored;
}

export function* slice<T>(items: Iterable<T>, skip: number, limit: number): Generator<T> {
  let index = 0;
  if (limit <= 0) return;
  for (const item of items) {
    index += 1;
    if (index <= skip) continue;
    yield item;
    if (index - skip >= limit) return;
  }
}

function* map<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item);
}

export const toCursorReply = (
  namespace: string,
  batch: { id: Long; documents: Document[] },
  name: 'firstBatch' | 'nextBatch',
): Document => ({
  cursor: { [name]: batch.documents, id: batch.id, ns: namespace },
  ok: 1,
});

const find: Commands[string] = {
  fields: [
    ...[
      'find',
      'filter',
      'sort',
      'projection',
      'hint',
      'skip',
      'limit',
      'batchSize',
      'singleBatch',
      'collation',
      'let',
    ],
    ...[
      'allowDiskUse',
      'noCursorTimeout',
      'returnKey',
      'showRecordId',
      'tailable',
      'awaitData',
      'allowPartialResults',
      'min',
      'max',
      'oplogReplay',
    ],
  ],
  run: (command, context) => {
    for (const name of ['returnKey', 'showRecordId', 'tailable', 'awaitData', 'min', 'max']) {
      const value = fieldOf(command, name);
      const isSet = isDocument(value) ? Object.keys(value).length > 0 : value !== undefined && value !== false;
      if (isSet)
        throw new MongoError('BadValue', `the option '${name}' is not supported by the embedded document store`);
    }
    const namespace = namespaceOf(command, 'find');
    const query = toQuery(command);
    const project = compileProjection(optionalDocument(command, 'projection') ?? {});
    const limit = optionalCount(command, 'limit') ?? 0;
    const found = slice(
      runQuery(context, namespace, query),
      optionalCount(command, 'skip') ?? 0,
      limit === 0 ? Number.POSITIVE_INFINITY : limit,
    );
    const batch = context.cursors.open(
      namespace,
      map(found, ({ document }) => project(document)),
      {
        size: optionalCount(command, 'batchSize') ?? defaultBatch,
        single: optionalBoolean(command, 'singleBatch'),
      },
    );
    return toCursorReply(namespace, batch, 'firstBatch');
  },
};

const getMore: Commands[string] = {
  fields: ['getMore', 'collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: (command, context) => {
    const id = fieldOf(command, 'getMore');
    if (!(id instanceof Long))
      throw new MongoError('TypeMismatch', "BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
    const namespace = `${databaseOf(command)}.${String(fieldOf(command, 'collection'))}`;
    const size = optionalCount(command, 'batchSize');
    return toCursorReply(
      namespace,
      context.cursors.next(id, namespace, size === undefined || size === 0 ? Number.POSITIVE_INFINITY : size),
      'nextBatch',
    );
  },
};

const killCursors: Commands[string] = {
  fields: ['killCursors', 'cursors'],
  run: (command, context) => {
    const namespace = `${databaseOf(command)}.${String(fieldOf(command, 'killCursors'))}`;
    const ids = (optionalArray(command, 'cursors') ?? []).filter((id) => id instanceof Long);
    const cursorsKilled = ids.filter((id) => context.cursors.kill(id, namespace));
    const cursorsNotFound = ids.filter((id) => !cursorsKilled.includes(id));
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
  },
};

const count: Commands[string] = {
  fields: ['count', 'query', 'limit', 'skip', 'hint', 'collation', 'fields'],
  run: (command, context) => {
    const namespace = namespaceOf(command, 'count');
    const limit = optionalCount(command, 'limit') ?? 0;
    const found = runQuery(context, namespace, toQuery(command, 'query'));
    let n = 0;
    for (const _ of slice(found, optionalCount(command, 'skip') ?? 0, limit === 0 ? Number.POSITIVE_INFINITY : limit))
      n += 1;
    return { n, ok: 1 };
  },
};

const distinct: Commands[string] = {
  fields: ['distinct', 'key', 'query', 'collation', 'hint'],
  run: (command, context) => {
    const key = fieldOf(command, 'key');
    if (typeof key !== 'string')
      throw new MongoError('TypeMismatch', "BSON field 'distinct.key' is the wrong type, expected type 'string'");
    const path = parsePath(key);
    const values = new Map<string, unknown>();
    for (const { document } of runQuery(context, namespaceOf(command, 'distinct'), toQuery(command, 'query'))) {
      for (const value of itemsAt(document, path)) values.set(toKey(value).toString('latin1'), value);
    }
    return { values: [...values.values()], ok: 1 };
  },
};

export const queryCommands: Commands = { find, getMore, killCursors, count, distinct };
