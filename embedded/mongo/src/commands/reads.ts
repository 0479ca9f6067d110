import { Int32, Long } from 'bson';
import { check } from '../bson/errors.js';
import { sum } from '../bson/numbers.js';
import { areEqual, toKey } from '../bson/order.js';
import { type Document, fieldOf, isDocument, isNumber, typeOf, wholeNumber } from '../bson/values.js';
import { compileFilter } from '../query/matcher.js';
import { planIndex, planQuery } from '../query/plan.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortBy } from '../query/sort.js';
import { findIndex } from '../storage/collections.js';
import { type Call, define, type Handlers, readAs } from './command.js';
import { collectionStats } from './schema.js';

type Target = Pick<Call, 'collections' | 'namespace'>;
type Query = { filter?: Document | undefined; sort?: Document | undefined; hint?: unknown };

/** The matches of a query in its order; sorted in memory when no index delivers the order. */
export function* runQuery({ collections, namespace }: Target, { filter = {}, sort = {}, hint }: Query) {
  const matches = compileFilter(filter);
  const pattern = parseSort(sort);
  const collection = collections.get(namespace);
  if (collection === undefined) return;
  const hinted = findIndex(collection, hint);
  check(hint === undefined || hinted, 'BadValue', 'the hint does not correspond to an existing index');
  const plan = hinted ? planIndex(collection, hinted, filter, pattern) : planQuery(collection, filter, pattern);
  const found = flatMap(collections.scan(collection, plan), (stored) => (matches(stored.document) ? [stored] : []));
  yield* plan.isSorted ? found : sortBy(found, pattern, ({ document }) => document);
}

function* flatMap<T, U>(items: Iterable<T>, change: (item: T) => readonly U[]): Generator<U> {
  for (const item of items) yield* change(item);
}
const countOf = (items: Iterable<unknown>): number => [...flatMap(items, () => [1])].length;
/** A limit of zero or undefined is none. */
export function* slice<T>(items: Iterable<T>, skip = 0, limit = 0): Generator<T> {
  let index = 0;
  for (const item of items) {
    index += 1;
    if (index > skip) yield item;
    if (limit > 0 && index >= skip + limit) return;
  }
}

/** The stages that are exact for every type; all others are refused. */
export const stages: Readonly<Record<string, (documents: Iterable<Document>, spec: unknown) => Iterable<Document>>> = {
  $match: (documents, spec) => {
    const matches = compileFilter(readAs('document', spec, '$match'));
    return flatMap(documents, (document) => (matches(document) ? [document] : []));
  },
  $project: (documents, spec) => {
    const project = compileProjection(readAs('document', spec, '$project'));
    return flatMap(documents, (document) => [project(document)]);
  },
  $sort: (documents, spec) => sortBy(documents, parseSort(readAs('document', spec, '$sort')), (document) => document),
  $skip: (documents, spec) => slice(documents, readAs('count', spec, '$skip')),
  $limit: (documents, spec) => {
    const limit = readAs('count', spec, '$limit');
    check(limit > 0, 'Location15958', 'the limit must be positive');
    return slice(documents, 0, limit);
  },
  $sample: (documents, spec) => {
    const size = readAs('count', readAs('document', spec, '$sample').size, '$sample.size');
    const drawn = Array.from(documents, (document) => [Math.random(), document] as const).sort(([a], [b]) => a - b);
    return drawn.slice(0, size).map(([, document]) => document);
  },
  $count: (documents, spec) => {
    check(typeof spec === 'string' && /^[^$.][^.]*$/.test(spec), 'Location40156', 'the count field is no plain name');
    const count = countOf(documents);
    return count === 0 ? [] : [{ [spec]: new Int32(count) }];
  },
  /** By a constant or a field at the top level, with sums of whole numbers. */
  $group: (documents, spec) => {
    const { _id, ...fields } = readAs('document', spec, '$group');
    check(_id !== undefined, 'Location15955', 'a group specification must include an _id');
    const toId = compileOperand(_id);
    const sums = Object.entries(fields).map(([name, value]) => {
      const isSum = isDocument(value) && Object.keys(value).join() === '$sum';
      check(isSum, 'Location15952', `the group operator of '${name}' is not supported: only $sum is`);
      return { name, of: compileOperand(value.$sum) };
    });
    const groups = new Map<string, Document>();
    for (const document of documents) {
      const id = toId(document) ?? null;
      const key = toKey(id).toString('latin1');
      const group = groups.get(key) ?? { _id: id };
      for (const { name, of } of sums) group[name] = add(group[name] ?? new Int32(0), of(document));
      groups.set(key, group);
    }
    return groups.values();
  },
};

const add = (total: unknown, value: unknown): unknown => {
  check(typeOf(value) !== 'double', 'BadValue', 'a $sum of doubles is not supported: it would not be exact');
  return isNumber(value) ? sum(total, value) : total;
};

const compileOperand = (spec: unknown): ((document: Document) => unknown) => {
  const isPlain = typeof spec === 'string' ? !/^\$.*[.$]/.test(spec) : !isDocument(spec) && !Array.isArray(spec);
  check(isPlain, 'InvalidPipelineOperator', 'as expressions only top-level fields and constants are supported');
  return (document) => (typeof spec === 'string' && spec.startsWith('$') ? fieldOf(document, spec.slice(1)) : spec);
};

const aggregate = define('pipeline cursor hint', ({ pipeline = [], cursor, hint }, call) => {
  check(cursor, 'FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument");
  // Names are looked at before anything runs: clients try whether a stage exists.
  const rest = pipeline.map((stage, i) => {
    const [name = '', other] = Object.keys(stage);
    check(name !== '' && other === undefined, 'Location40323', 'A pipeline stage must have exactly one field.');
    const run = name === '$collStats' && i === 0 ? () => [] : fieldOf(stages, name);
    check(run, 'Location40324', `Unrecognized pipeline stage name: '${name}'`);
    const isEmpty = (name === '$sort' || name === '$project') && areEqual(stage[name], {});
    check(!isEmpty, name === '$sort' ? 'Location15976' : 'Location51272', `${name} must have at least one field`);
    return { name, run, spec: stage[name] };
  });
  // What the pipeline begins with is given to the query planner.
  const take = (name: string) => (rest[0]?.name === name ? readAs('document', rest.shift()?.spec, name) : undefined);
  const source = take('$collStats')
    ? [{ ns: call.namespace, localTime: call.clock.now(), storageStats: collectionStats(call) }]
    : flatMap(runQuery(call, { filter: take('$match'), sort: take('$sort'), hint }), ({ document }) => [document]);
  const found = rest.reduce<Iterable<Document>>((documents, { run, spec }) => run(documents, spec), source);
  return call.cursors.open(call.namespace, found, wholeNumber(cursor.batchSize));
});

export const readCommands: Handlers = {
  aggregate,
  find: define('filter sort hint projection skip limit batchSize singleBatch', (query, call) => {
    const project = compileProjection(query.projection ?? {});
    const found = slice(runQuery(call, query), query.skip, query.limit);
    const documents = flatMap(found, ({ document }) => [project(document)]);
    return call.cursors.open(call.namespace, documents, query.batchSize, query.singleBatch);
  }),
  count: define('query hint skip limit', ({ query: filter, hint, skip, limit }, call) => {
    return { n: countOf(slice(runQuery(call, { filter, hint }), skip, limit)) };
  }),
  getMore: define('collection batchSize', ({ collection, batchSize }, call) => {
    check(call.target instanceof Long, 'TypeMismatch', "BSON field 'getMore.getMore' is the wrong type, expected long");
    return call.cursors.next(call.target, `${call.database}.${collection}`, batchSize);
  }),
  killCursors: define('cursors', ({ cursors }, call) => {
    const ids = [cursors].flat().filter((id) => id instanceof Long);
    const cursorsKilled = ids.filter((id) => call.cursors.kill(id));
    const cursorsNotFound = ids.filter((id) => !cursorsKilled.includes(id));
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] };
  }),
};
