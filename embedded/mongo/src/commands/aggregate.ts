import { Int32 } from 'bson';
import { check } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, typeOf, wholeNumber } from '../bson/values.js';
import { compileExpression } from '../query/expressions.js';
import { compileGroup } from '../query/group.js';
import { compileFilter, isOperators } from '../query/matcher.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortBy } from '../query/sort.js';
import { collectionStats } from './collections.js';
import { type Call, defineCommand, type Handlers, namespaceOf } from './command.js';
import { map, type Query, runQuery, slice, toPlan } from './queries.js';

type Stage = (documents: Iterable<Document>) => Iterable<Document>;

const count = (field: string): Stage =>
  function* (documents) {
    let n = 0;
    for (const _ of documents) n += 1;
    if (n > 0) yield { [field]: new Int32(n) };
  };

const unwind = (field: string): Stage =>
  function* (documents) {
    for (const document of documents) {
      const value = fieldOf(document, field) ?? [];
      for (const item of Array.isArray(value) ? value : [value]) yield { ...document, [field]: item };
    }
  };

const asDocument = (name: string, spec: unknown): Document => {
  check(isDocument(spec), 'FailedToParse', `the ${name} stage specification must be an object, not ${typeOf(spec)}`);
  return spec;
};

const asCount = (name: string, spec: unknown, least: number): number => {
  const number = wholeNumber(spec) ?? -1;
  check(
    number >= least,
    'Location15958',
    `invalid argument to ${name} stage: a whole number of at least ${least} is needed`,
  );
  return number;
};

/** The stages that are exact for every type; all others are refused. */
const stages: Readonly<Record<string, (spec: unknown) => Stage>> = {
  $match: (spec) => {
    const matches = compileFilter(asDocument('$match', spec));
    return (documents) => filtered(documents, matches);
  },
  $sort: (spec) => {
    const pattern = parseSort(asDocument('$sort', spec));
    return (documents) => sortBy(documents, pattern, (document) => document);
  },
  $skip: (spec) => {
    const skip = asCount('$skip', spec, 0);
    return (documents) => slice(documents, skip);
  },
  $limit: (spec) => {
    const limit = asCount('$limit', spec, 1);
    return (documents) => slice(documents, 0, limit);
  },
  $project: (spec) => {
    const project = compileProject(asDocument('$project', spec));
    return (documents) => map(documents, project);
  },
  $addFields: (spec) => {
    const add = compileComputed(Object.entries(asDocument('$addFields', spec)));
    return (documents) => map(documents, (document) => ({ ...document, ...add(document) }));
  },
  $unset: (spec) => {
    const project = compileProjection(Object.fromEntries([spec].flat().map((name) => [String(name), false])));
    return (documents) => map(documents, project);
  },
  $group: (spec) => compileGroup(asDocument('$group', spec)),
  $count: (spec) => {
    const isName = typeof spec === 'string' && spec !== '' && !spec.startsWith('$') && !spec.includes('.');
    check(isName, 'Location40156', 'the count field must be a non-empty string without $ and .');
    return count(spec as string);
  },
  $unwind: (spec) => {
    const path = isDocument(spec) && Object.keys(spec).join() === 'path' ? spec.path : spec;
    const isField = typeof path === 'string' && /^\$[^$.]+$/.test(path);
    check(isField, 'FailedToParse', '$unwind is supported for a top-level field, without options');
    return unwind((path as string).slice(1));
  },
};

const isComputed = (value: unknown): boolean =>
  isOperators(value) || (typeof value === 'string' && value.startsWith('$'));

/** Values for top-level fields; what is missing adds no field. */
const compileComputed = (entries: readonly (readonly [string, unknown])[]): ((document: Document) => Document) => {
  const isPlain = entries.every(
    ([name, value]) => !name.includes('.') && !name.startsWith('$') && !isDocument(value) === !isOperators(value),
  );
  check(isPlain, 'FailedToParse', 'computed fields are supported at the top level, by an expression each');
  const compute = compileExpression(Object.fromEntries(entries));
  return (document) => compute(document) as Document;
};

/** Inclusion and exclusion as in `find`, and computed fields beside included ones. */
const compileProject = (spec: Document): ((document: Document) => Document) => {
  const computed = Object.entries(spec).filter(([, value]) => isComputed(value));
  if (computed.length === 0) return compileProjection(spec);
  const flags = Object.entries(spec).filter(([, value]) => !isComputed(value));
  check(!computed.some(([name]) => name === '_id'), 'FailedToParse', 'a computed _id is not supported');
  // Every computed field is also an included one, whose old value is replaced.
  const project = compileProjection(Object.fromEntries([...flags, ...computed.map(([name]) => [name, true])]));
  const compute = compileComputed(computed);
  const dropOld = compileProjection(Object.fromEntries(computed.map(([name]) => [name, false])));
  return (document) => ({ ...dropOld(project(document)), ...compute(document) });
};

function* filtered(documents: Iterable<Document>, matches: (document: Document) => boolean): Generator<Document> {
  for (const document of documents) if (matches(document)) yield document;
}

const compileStage = (stage: unknown): Stage => {
  const [name = '', ...others] = isDocument(stage) ? Object.keys(stage) : [];
  check(
    isDocument(stage) && name !== '' && others.length === 0,
    'Location40323',
    'A pipeline stage must be an object with exactly one field.',
  );
  const compile = Object.hasOwn(stages, name) ? stages[name] : undefined;
  check(compile, 'Location40324', `Unrecognized pipeline stage name: '${name}'`);
  return compile(stage[name]);
};

/** What the pipeline begins with is given to the query planner: a $match, then a $sort. */
const splitQuery = (pipeline: readonly unknown[]): { query: Query; rest: readonly unknown[] } => {
  const head = (name: string, stage: unknown): Document | undefined => {
    const spec = isDocument(stage) && Object.keys(stage).join() === name ? stage[name] : undefined;
    return isDocument(spec) ? spec : undefined;
  };
  const filter = head('$match', pipeline[0]);
  const afterMatch = pipeline.slice(filter === undefined ? 0 : 1);
  const sort = head('$sort', afterMatch[0]);
  return { query: { filter, sort }, rest: afterMatch.slice(sort === undefined ? 0 : 1) };
};

/** Compass asks for the sizes of a collection by a stage of their own. */
const sourceOf = (
  call: Call,
  namespace: string,
  pipeline: readonly unknown[],
  options: Document,
): { source: Iterable<Document>; rest: readonly unknown[] } => {
  const [first] = pipeline;
  if (isDocument(first) && Object.hasOwn(first, '$collStats')) {
    const storageStats = collectionStats(call, namespace);
    return {
      source: [{ ns: namespace, localTime: call.clock.now(), storageStats, count: storageStats.count }],
      rest: pipeline.slice(1),
    };
  }
  const { query, rest } = splitQuery(pipeline);
  // What begins the pipeline is checked even when the collection is absent.
  compileFilter(query.filter ?? {});
  return { source: map(runQuery(call, namespace, { ...query, ...options }), ({ document }) => document), rest };
};

const aggregate = defineCommand(
  'aggregate',
  {
    ...{
      aggregate: 'any',
      pipeline: 'array',
      cursor: 'document',
      hint: 'any',
      maxTimeMS: 'count',
      allowDiskUse: 'any',
    },
    ...{ bypassDocumentValidation: 'any', collation: 'unsupported', let: 'unsupported', explain: 'unsupported' },
  },
  ({ pipeline = [], cursor, hint, maxTimeMS, ...args }, call) => {
    const namespace = namespaceOf(call, args.aggregate);
    check(cursor, 'FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument");
    const { source, rest } = sourceOf(call, namespace, pipeline, { hint, maxTimeMS });
    const documents = rest.map(compileStage).reduce((input, stage) => stage(input), source);
    return call.cursors.open(namespace, documents, wholeNumber(cursor.batchSize));
  },
);

/** Only what the planner chose: which index, and whether a sort in memory follows. */
const explain = defineCommand('explain', { explain: 'document', verbosity: 'any' }, ({ explain: inner = {} }, call) => {
  const [name = ''] = Object.keys(inner);
  check(['find', 'count', 'aggregate'].includes(name), 'CommandNotSupported', `explain of '${name}' is not supported`);
  const namespace = namespaceOf(call, inner[name]);
  const pipeline = Array.isArray(inner.pipeline) ? inner.pipeline : undefined;
  const { filter = {}, query = filter, sort } = inner as { filter?: Document; query?: Document; sort?: Document };
  const asked = pipeline === undefined ? { filter: query, sort, hint: inner.hint } : splitQuery(pipeline).query;
  compileFilter(asked.filter ?? {});
  const collection = call.catalog.get(namespace);
  const plan = collection && toPlan(collection, asked);
  const { index } = plan ?? {};
  const scan = { stage: plan === undefined ? 'EOF' : 'COLLSCAN' };
  const lookUp = index && {
    stage: 'IXSCAN',
    indexName: index.name,
    keyPattern: index.spec.key,
    isMultiKey: index.isMultikey,
  };
  const access = lookUp === undefined ? scan : { stage: 'FETCH', inputStage: lookUp };
  const winningPlan = plan?.isSorted === false ? { stage: 'SORT', inputStage: access } : access;
  return {
    explainVersion: '1',
    queryPlanner: { namespace, parsedQuery: asked.filter, winningPlan, rejectedPlans: [] },
    ok: 1,
  };
});

export const aggregateCommands: Handlers = { aggregate, explain };
