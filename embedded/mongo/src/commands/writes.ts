import { ObjectId } from 'bson';
import { decode } from '../bson/codec.js';
import { check, MongoError } from '../bson/errors.js';
import { areEqual } from '../bson/order.js';
import { type Document, fieldOf, isDocument, typeOf } from '../bson/values.js';
import { isOperators } from '../query/matcher.js';
import { compileProjection } from '../query/projection.js';
import { compileUpdate, seedFromFilter, type Update } from '../query/update.js';
import type { Collection } from '../storage/catalog.js';
import type { Stored } from '../storage/records.js';
import { type Call, defineCommand, type Handlers, namespaceOf, readFields } from './command.js';
import { runQuery } from './queries.js';

const collectionOf = ({ catalog }: Call, namespace: string): Collection =>
  catalog.get(namespace) ?? catalog.create(namespace);

/** `_id` first, made when it is missing, and of a type that can identify. */
const withId = (document: Document): Document => {
  if (!Object.hasOwn(document, '_id')) return { _id: new ObjectId(), ...document };
  const { _id, ...rest } = document;
  const type = typeOf(_id);
  check(type !== 'array' && type !== 'regex', 'InvalidIdField', `The '_id' value cannot be of type ${type}`);
  check(!isOperators(_id), 'DollarPrefixedFieldName', '_id fields may not contain $-prefixed fields');
  return Object.keys(document)[0] === '_id' ? document : { _id, ...rest };
};

/** Runs the statements one after the other; the first that fails ends an ordered command, and is told by its index. */
const runStatements = (
  statements: readonly Document[] | undefined,
  isOrdered: boolean,
  run: (statement: Document, index: number) => void,
): Document => {
  check(
    statements !== undefined && statements.length > 0,
    'BadValue',
    'Write batch sizes must be between 1 and 100000.',
  );
  const writeErrors: Document[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details });
      if (isOrdered) break;
    }
  }
  return writeErrors.length === 0 ? { ok: 1 } : { writeErrors, ok: 1 };
};

const insert = defineCommand(
  'insert',
  { insert: 'any', documents: 'documents', ordered: 'boolean', bypassDocumentValidation: 'any' },
  ({ documents, ordered = true, ...args }, call) => {
    const namespace = namespaceOf(call, args.insert);
    let n = 0;
    const outcome = runStatements(documents, ordered, (document) => {
      call.records.insert(collectionOf(call, namespace), withId(document));
      n += 1;
    });
    return { n, ...outcome };
  },
);

interface Change {
  filter: Document;
  update: Update | Document;
}

/** `u` of an update, or `update` of a findAndModify: operators or a replacement. */
const compileChange = (filter: Document, update: unknown, isMulti: boolean): Change => {
  check(
    !Array.isArray(update),
    'FailedToParse',
    'updates by a pipeline are not supported by the embedded document store',
  );
  check(isDocument(update), 'FailedToParse', 'Update argument must be either an object or an array');
  if (isOperators(update)) return { filter, update: compileUpdate(update) };
  const dollar = Object.keys(update).find((name) => name.startsWith('$'));
  check(
    dollar === undefined,
    'DollarPrefixedFieldName',
    `The dollar ($) prefixed field '${dollar}' is not allowed in a replacement document.`,
  );
  check(!isMulti, 'FailedToParse', 'multi update is not supported for replacement-style update');
  return { filter, update };
};

/** The document after the change; `_id` must be what it was. */
const changed = ({ clock }: Call, { update }: Change, before: Document, isInsert: boolean): Document => {
  const id = fieldOf(before, '_id');
  const after = typeof update === 'function' ? before : { ...(id === undefined ? {} : { _id: id }), ...update };
  if (typeof update === 'function') update(after, { now: clock.now(), isInsert });
  const isKept = id === undefined || (Object.hasOwn(after, '_id') && areEqual(after._id, id));
  check(isKept, 'ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
  return withId(after);
};

const applyChange = (
  call: Call,
  namespace: string,
  stored: Stored,
  change: Change,
): { document: Document; isModified: boolean } => {
  const document = changed(call, change, decode(stored.bytes), false);
  return { document, isModified: call.records.replace(collectionOf(call, namespace), stored, document) };
};

const applyUpsert = (call: Call, namespace: string, change: Change): Document => {
  const seed = seedFromFilter(change.filter);
  const start = typeof change.update === 'function' ? seed : Object.hasOwn(seed, '_id') ? { _id: seed._id } : {};
  const document = changed(call, change, start, true);
  call.records.insert(collectionOf(call, namespace), document);
  return document;
};

const first = <T>(items: Iterable<T>): T[] => {
  for (const item of items) return [item];
  return [];
};

const statementFields = { q: 'document', collation: 'unsupported', hint: 'any' } as const;
const updateFields = {
  ...statementFields,
  u: 'any',
  c: 'unsupported',
  upsert: 'boolean',
  multi: 'boolean',
  arrayFilters: 'unsupported',
} as const;

const update = defineCommand(
  'update',
  { update: 'any', updates: 'documents', ordered: 'boolean', let: 'unsupported', bypassDocumentValidation: 'any' },
  ({ updates, ordered = true, ...args }, call) => {
    const namespace = namespaceOf(call, args.update);
    const counts = { n: 0, nModified: 0 };
    const upserted: Document[] = [];
    const outcome = runStatements(updates, ordered, (statement, index) => {
      const { q: filter = {}, u, upsert, multi = false, hint } = readFields(statement, 'update.updates', updateFields);
      const change = compileChange(filter, u, multi);
      // All matches are found before the first is changed, so that none is met twice.
      const matches = runQuery(call, namespace, { filter, hint });
      const found = multi ? [...matches] : first(matches);
      for (const stored of found) {
        counts.nModified += Number(applyChange(call, namespace, stored, change).isModified);
        counts.n += 1;
      }
      if (found.length > 0 || upsert !== true) return;
      upserted.push({ index, _id: applyUpsert(call, namespace, change)._id });
      counts.n += 1;
    });
    return { ...counts, ...(upserted.length === 0 ? {} : { upserted }), ...outcome };
  },
);

const remove = defineCommand(
  'delete',
  { delete: 'any', deletes: 'documents', ordered: 'boolean', let: 'unsupported' },
  ({ deletes, ordered = true, ...args }, call) => {
    const namespace = namespaceOf(call, args.delete);
    let n = 0;
    const outcome = runStatements(deletes, ordered, (statement) => {
      const {
        q: filter,
        hint,
        limit,
      } = readFields(statement, 'delete.deletes', { ...statementFields, limit: 'count' });
      check(limit === 0 || limit === 1, 'FailedToParse', 'The limit field in delete objects must be 0 or 1.');
      const matches = runQuery(call, namespace, { filter, hint });
      for (const stored of limit === 1 ? first(matches) : [...matches]) {
        call.records.remove(collectionOf(call, namespace), stored);
        n += 1;
      }
    });
    return { n, ...outcome };
  },
);

const findAndModify = defineCommand(
  'findAndModify',
  {
    ...{
      findAndModify: 'any',
      findandmodify: 'any',
      query: 'document',
      sort: 'document',
      fields: 'document',
      remove: 'boolean',
    },
    ...{
      update: 'any',
      new: 'boolean',
      upsert: 'boolean',
      hint: 'any',
      maxTimeMS: 'count',
      bypassDocumentValidation: 'any',
    },
    ...{ arrayFilters: 'unsupported', collation: 'unsupported', let: 'unsupported' },
  },
  ({ query: filter = {}, remove: isRemove, new: wantsNew, ...args }, call) => {
    const namespace = namespaceOf(call, args.findAndModify ?? args.findandmodify);
    const project = compileProjection(args.fields ?? {});
    const [stored] = first(runQuery(call, namespace, { ...args, filter }));
    const found = stored === undefined ? null : project(stored.document);
    if (isRemove === true) {
      const isAlone = args.update === undefined && wantsNew !== true && args.upsert !== true;
      check(isAlone, 'FailedToParse', "Cannot specify 'update', 'new' or 'upsert' together with remove=true");
      if (stored !== undefined) call.records.remove(collectionOf(call, namespace), stored);
      return { lastErrorObject: { n: Number(stored !== undefined) }, value: found, ok: 1 };
    }
    const change = compileChange(filter, args.update, false);
    if (stored !== undefined) {
      const { document } = applyChange(call, namespace, stored, change);
      return {
        lastErrorObject: { n: 1, updatedExisting: true },
        value: wantsNew === true ? project(document) : found,
        ok: 1,
      };
    }
    if (args.upsert !== true) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null, ok: 1 };
    const document = applyUpsert(call, namespace, change);
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: document._id };
    return { lastErrorObject, value: wantsNew === true ? project(document) : null, ok: 1 };
  },
);

export const writeCommands: Handlers = { insert, update, delete: remove, findAndModify, findandmodify: findAndModify };
