import { setAt, unsetAt } from '../query/edit.js';
import { compileExpression } from '../query/expressions.js';
import { compileGroup } from '../query/group.js';
import { compileFilter } from '../query/matcher.js';
import { toWhole } from '../query/numbers.js';
import { parsePath } from '../query/paths.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { type Document, fieldOf, isDocument, typeOf, wholeNumber } from '../query/values.js';
import {
  databaseOf,
  namespaceOf,
  optionalArray,
  optionalBoolean,
  optionalCount,
  optionalDocument,
  refuseUnsupported,
} from './arguments.js';
import { collectionStats } from './collections.js';
import type { Commands, Context } from './context.js';
import { MongoError } from './errors.js';
import { type Query, runQuery, slice, toCursorReply, toPlan } from './queries.js';

type Stage = (documents: Iterable<Document>) => Iterable<Document>;

const mapped = (change: (document: Document) => Document): Stage =>
  function* (documents) {
    for (const document of documents) yield change(document);
  };

const documentOf = (name: string, spec: unknown): Document => {
  if (!isDocument(spec))
    throw new MongoError('FailedToParse', `the ${name} stage specification must be an object, not ${typeOf(spec)}`);
  return spec;
};

const countOf = (name: string, spec: unknown, least: number): number => {
  const count = wholeNumber(spec);
  if (count === undefined || count < least)
    throw new MongoError(
      'Location15958',
      `invalid argument to ${name} stage: Expected a whole number of at least ${least}`,
    );
  return count;
};

const compileAddFields = (spec: Document): Stage => {
  const fields = Object.entries(spec).map(([name, value]) => [parsePath(name), compileExpression(value)] as const);
  return mapped((document) => {
    const result = structuredCopy(document) as Document;
    for (const [path, expression] of fields) {
      const value = expression(document);
      if (value === undefined) unsetAt(result, path);
      else setAt(result, path, value);
    }
    return result;
  });
};

const structuredCopy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(structuredCopy);
  return isDocument(value)
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, structuredCopy(field)]))
    : value;
};

const compileUnwind = (spec: unknown): Stage => {
  const path = typeof spec === 'string' ? spec : fieldOf(documentOf('$unwind', spec), 'path');
  const options = isDocument(spec) ? spec : {};
  if (typeof path !== 'string' || !path.startsWith('$'))
    throw new MongoError('Location28818', "path option to $unwind stage should be prefixed with a '$'");
  if (Object.hasOwn(options, 'includeArrayIndex') || path.includes('.'))
    throw new MongoError('FailedToParse', '$unwind of nested paths or with an index is not supported');
  const name = path.slice(1);
  const keepsEmpty = optionalBoolean(options, 'preserveNullAndEmptyArrays');
  return function* (documents) {
    for (const document of documents) {
      const value = fieldOf(document, name);
      if (Array.isArray(value) && value.length > 0) for (const item of value) yield { ...document, [name]: item };
      else if (Array.isArray(value)) {
        const { [name]: _, ...rest } = document;
        if (keepsEmpty) yield rest;
      } else if ((value !== undefined && value !== null) || keepsEmpty) yield document;
    }
  };
};

const stages: Readonly<Record<string, (spec: unknown) => Stage>> = {
  $match: (spec) => {
    const matches = compileFilter(documentOf('$match', spec));
    return function* (documents) {
      for (const document of documents) if (matches(document)) yield document;
    };
  },
  $sort: (spec) => {
    const pattern = parseSort(documentOf('$sort', spec));
    return (documents) => sortDocuments([...documents], pattern);
  },
  $skip: (spec) => {
    const skip = countOf('$skip', spec, 0);
    return (documents) => slice(documents, skip, Number.POSITIVE_INFINITY);
  },
  $limit: (spec) => {
    const limit = countOf('$limit', spec, 1);
    return (documents) => slice(documents, 0, limit);
  },
  $count: (spec) => {
    if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.'))
      throw new MongoError('Location40156', 'the count field must be a non-empty string');
    return function* (documents) {
      let count = 0;
      for (const _ of documents) count += 1;
      if (count > 0) yield { [spec]: toWhole(count) };
    };
  },
  $project: (spec) => mapped(compileProjection(documentOf('$project', spec))),
  $addFields: (spec) => compileAddFields(documentOf('$addFields', spec)),
  $set: (spec) => compileAddFields(documentOf('$set', spec)),
  $unset: (spec) => {
    const names = Array.isArray(spec) ? spec : [spec];
    return mapped(compileProjection(Object.fromEntries(names.map((name) => [String(name), false]))));
  },
  $unwind: compileUnwind,
  $group: (spec) => compileGroup(documentOf('$group', spec)),
};

const compileStage = (stage: unknown): Stage => {
  const [name = '', ...others] = isDocument(stage) ? Object.keys(stage) : [];
  if (!isDocument(stage) || name === '' || others.length > 0)
    throw new MongoError('Location40323', 'A pipeline stage specification object must contain exactly one field.');
  const compile = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (compile === undefined) throw new MongoError('Location40324', `Unrecognized pipeline stage name: '${name}'`);
  return compile(stage[name]);
};

/** What the pipeline begins with is given to the query planner: a $match, then a $sort. */
const splitQuery = (pipeline: readonly unknown[]): { filter: Document; sort: Document; rest: readonly unknown[] } => {
  const head = (name: string, stage: unknown): Document | undefined => {
    const spec = isDocument(stage) && Object.keys(stage).length === 1 ? fieldOf(stage, name) : undefined;
    return isDocument(spec) ? spec : undefined;
  };
  const filter = head('$match', pipeline[0]);
  const afterMatch = filter === undefined ? pipeline : pipeline.slice(1);
  const sort = head('$sort', afterMatch[0]);
  return { filter: filter ?? {}, sort: sort ?? {}, rest: sort === undefined ? afterMatch : afterMatch.slice(1) };
};

function* documentsOf(context: Context, namespace: string, query: Query): Generator<Document> {
  for (const { document } of runQuery(context, namespace, query)) yield document;
}

const runPipeline = (context: Context, command: Document): { namespace: string; documents: Iterable<Document> } => {
  refuseUnsupported(command);
  const pipeline = optionalArray(command, 'pipeline') ?? [];
  if (typeof fieldOf(command, 'aggregate') !== 'string') {
    throw new MongoError(
      'InvalidNamespace',
      `aggregations without a collection are not supported, in ${databaseOf(command)}`,
    );
  }
  const namespace = namespaceOf(command, 'aggregate');
  const first = pipeline[0];
  if (isDocument(first) && Object.hasOwn(first, '$collStats')) {
    const { ns, ...storageStats } = collectionStats(context, namespace);
    const source = [{ ns, localTime: context.clock.now(), storageStats, count: storageStats.count }];
    return {
      namespace,
      documents: pipeline
        .slice(1)
        .map(compileStage)
        .reduce<Iterable<Document>>((documents, stage) => stage(documents), source),
    };
  }
  const { filter, sort, rest } = splitQuery(pipeline);
  const query = { filter, sort, hint: fieldOf(command, 'hint'), maxTimeMS: optionalCount(command, 'maxTimeMS') };
  const compiled = rest.map(compileStage);
  compileFilter(filter);
  const source: Iterable<Document> = documentsOf(context, namespace, query);
  return { namespace, documents: compiled.reduce((documents, stage) => stage(documents), source) };
};

const aggregate: Commands[string] = {
  fields: [
    'aggregate',
    'pipeline',
    'cursor',
    'allowDiskUse',
    'bypassDocumentValidation',
    'collation',
    'hint',
    'let',
    'explain',
  ],
  run: (command, context) => {
    const { namespace, documents } = runPipeline(context, command);
    const cursor = optionalDocument(command, 'cursor');
    if (cursor === undefined)
      throw new MongoError(
        'FailedToParse',
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    const batch = context.cursors.open(namespace, documents, { size: optionalCount(cursor, 'batchSize') ?? 101 });
    return toCursorReply(namespace, batch, 'firstBatch');
  },
};

const explain: Commands[string] = {
  fields: ['explain', 'verbosity'],
  run: (command, context) => {
    const inner = { ...optionalDocument(command, 'explain'), $db: fieldOf(command, '$db') } as Document;
    const [name = ''] = Object.keys(inner);
    if (name !== 'find' && name !== 'count' && name !== 'aggregate')
      throw new MongoError('CommandNotSupported', `explain of '${name}' is not supported`);
    const namespace = namespaceOf(inner, name);
    const split = name === 'aggregate' ? splitQuery(optionalArray(inner, 'pipeline') ?? []) : undefined;
    const filter = split?.filter ?? optionalDocument(inner, name === 'find' ? 'filter' : 'query') ?? {};
    compileFilter(filter);
    const collection = context.catalog.get(namespace);
    const plan =
      collection &&
      toPlan(collection, {
        filter,
        sort: split?.sort ?? optionalDocument(inner, 'sort') ?? {},
        hint: fieldOf(inner, 'hint'),
      });
    const access: Document =
      plan?.index === undefined
        ? { stage: collection === undefined ? 'EOF' : 'COLLSCAN' }
        : {
            stage: 'IXSCAN',
            indexName: plan.index.name,
            keyPattern: plan.index.spec.key,
            isMultiKey: plan.index.isMultikey,
          };
    const fetched = plan?.index === undefined ? access : { stage: 'FETCH', inputStage: access };
    const winningPlan = plan?.isSorted === false ? { stage: 'SORT', inputStage: fetched } : fetched;
    return {
      explainVersion: '1',
      queryPlanner: { namespace, parsedQuery: filter, winningPlan, rejectedPlans: [] },
      ok: 1,
    };
  },
};

export const aggregateCommands: Commands = { aggregate, explain };
