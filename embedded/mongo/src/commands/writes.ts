import { ObjectId } from 'bson';
import { isOperators } from '../query/matcher.js';
import { areEqual } from '../query/order.js';
import { compileArrayFilters } from '../query/positions.js';
import { compileProjection } from '../query/projection.js';
import { compileUpdate, isReplacement, seedFromFilter, type Update } from '../query/update.js';
import { type Document, fieldOf, isDocument, typeOf } from '../query/values.js';
import { decode } from '../storage/bson.js';
import type { Stored } from '../storage/records.js';
import {
  documentsOf,
  namespaceOf,
  optionalArray,
  optionalBoolean,
  optionalDocument,
  refuseUnknown,
  wholeOrUndefined,
} from './arguments.js';
import { type Commands, type Context, collectionToWrite } from './context.js';
import { MongoError } from './errors.js';
import { runQuery, toQuery } from './queries.js';

/** `_id` first, made when it is missing, and of a type that can identify. */
const withId = (document: Document): Document => {
  const id = fieldOf(document, '_id');
  if (id === undefined) return { _id: new ObjectId(), ...document };
  const type = typeOf(id);
  if (type === 'array' || type === 'regex')
    throw new MongoError('InvalidIdField', `The '_id' value cannot be of type ${type}`);
  if (isOperators(id)) throw new MongoError('DollarPrefixedFieldName', '_id fields may not contain $-prefixed fields');
  if (Object.keys(document)[0] === '_id') return document;
  const { _id, ...rest } = document;
  return { _id, ...rest };
};

/** Runs the statements one after the other; the first that fails ends an ordered command, and is told by its index. */
const runStatements = (
  command: Document,
  statements: readonly Document[],
  run: (statement: Document, index: number) => void,
): Document[] => {
  const isOrdered = fieldOf(command, 'ordered') === undefined || optionalBoolean(command, 'ordered');
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
  return writeErrors;
};

const withErrors = (reply: Document, writeErrors: readonly Document[]): Document =>
  writeErrors.length === 0 ? { ...reply, ok: 1 } : { ...reply, writeErrors, ok: 1 };

const commonFields = ['ordered', 'bypassDocumentValidation'];

const insert: Commands[string] = {
  fields: ['insert', 'documents', ...commonFields],
  isWrite: true,
  run: (command, context) => {
    const namespace = namespaceOf(command, 'insert');
    const documents = documentsOf(command, 'documents');
    let n = 0;
    const writeErrors = runStatements(command, documents, (document) => {
      const complete = withId(document);
      context.records.insert(collectionToWrite(context, namespace), complete);
      n += 1;
    });
    return withErrors({ n }, writeErrors);
  },
};

export interface Change {
  filter: Document;
  update: Update | Document;
  isUpsert: boolean;
  arrayFilters: ReturnType<typeof compileArrayFilters>;
}

/** `u` of an update, or `update` of a findAndModify: operators or a replacement. */
export const compileChange = (statement: Document, filter: Document, update: unknown): Change => {
  if (Array.isArray(update))
    throw new MongoError('FailedToParse', 'an update by a pipeline is not supported by the embedded document store');
  if (!isDocument(update))
    throw new MongoError('FailedToParse', 'Update argument must be either an object or an array');
  const filters = (optionalArray(statement, 'arrayFilters') ?? []) as Document[];
  const isWhole = isReplacement(update);
  const dollar = Object.keys(update).find((name) => name.startsWith('$'));
  if (isWhole && dollar !== undefined)
    throw new MongoError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's replacement document.`,
    );
  return {
    filter,
    update: isWhole ? update : compileUpdate(update),
    isUpsert: optionalBoolean(statement, 'upsert'),
    arrayFilters: compileArrayFilters(filters),
  };
};

/** The document after the change; `_id` must be what it was. */
const changed = (
  context: Context,
  { filter, update, arrayFilters }: Change,
  before: Document,
  isInsert: boolean,
): Document => {
  const id = fieldOf(before, '_id');
  const after = typeof update === 'function' ? before : { ...(id === undefined ? {} : { _id: id }), ...update };
  if (typeof update === 'function') update(after, { now: context.clock.now(), isInsert, filter, arrayFilters });
  if (id !== undefined && !areEqual(fieldOf(after, '_id'), id)) {
    throw new MongoError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  return withId(after);
};

/** Writes the change of one document; tells whether anything changed, and the new document. */
export const applyChange = (
  context: Context,
  namespace: string,
  stored: Stored,
  change: Change,
): { isModified: boolean; document: Document } => {
  const document = changed(context, change, decode(stored.bytes), false);
  return { isModified: context.records.replace(collectionToWrite(context, namespace), stored, document), document };
};

export const applyUpsert = (context: Context, namespace: string, change: Change): Document => {
  const seed = seedFromFilter(change.filter);
  const isOperator = typeof change.update === 'function';
  const start = isOperator ? seed : Object.hasOwn(seed, '_id') ? { _id: seed._id } : {};
  const document = changed(context, change, start, true);
  context.records.insert(collectionToWrite(context, namespace), document);
  return document;
};

const updateFields = new Set(['q', 'u', 'upsert', 'multi', 'arrayFilters', 'collation', 'hint', 'c']);

const update: Commands[string] = {
  fields: ['update', 'updates', 'let', ...commonFields],
  isWrite: true,
  run: (command, context) => {
    const namespace = namespaceOf(command, 'update');
    const result = { n: 0, nModified: 0 };
    const upserted: Document[] = [];
    const writeErrors = runStatements(command, documentsOf(command, 'updates'), (statement, index) => {
      refuseUnknown(statement, 'update.updates', updateFields);
      const query = toQuery(statement, 'q');
      const change = compileChange(statement, query.filter, fieldOf(statement, 'u'));
      const isMulti = optionalBoolean(statement, 'multi');
      if (isMulti && typeof change.update !== 'function')
        throw new MongoError('FailedToParse', 'multi update is not supported for replacement-style update');
      // All matches are found before the first is changed, so that none is met twice.
      const found = isMulti ? [...runQuery(context, namespace, query)] : first(runQuery(context, namespace, query));
      for (const stored of found) {
        const { isModified } = applyChange(context, namespace, stored, change);
        result.n += 1;
        if (isModified) result.nModified += 1;
      }
      if (found.length > 0 || !change.isUpsert) return;
      upserted.push({ index, _id: applyUpsert(context, namespace, change)._id });
      result.n += 1;
    });
    return withErrors(upserted.length === 0 ? result : { ...result, upserted }, writeErrors);
  },
};

export const first = <T>(items: Iterable<T>): T[] => {
  for (const item of items) return [item];
  return [];
};

const deleteFields = new Set(['q', 'limit', 'collation', 'hint']);

const remove: Commands[string] = {
  fields: ['delete', 'deletes', 'let', ...commonFields],
  isWrite: true,
  run: (command, context) => {
    const namespace = namespaceOf(command, 'delete');
    let n = 0;
    const writeErrors = runStatements(command, documentsOf(command, 'deletes'), (statement) => {
      refuseUnknown(statement, 'delete.deletes', deleteFields);
      const limit = wholeOrUndefined(statement, 'limit');
      if (limit !== 0 && limit !== 1)
        throw new MongoError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
      const found = runQuery(context, namespace, toQuery(statement, 'q'));
      for (const stored of limit === 1 ? first(found) : [...found]) {
        context.records.remove(collectionToWrite(context, namespace), stored);
        n += 1;
      }
    });
    return withErrors({ n }, writeErrors);
  },
};

const findAndModify: Commands[string] = {
  fields: [
    ...[
      'findAndModify',
      'findandmodify',
      'query',
      'sort',
      'remove',
      'update',
      'new',
      'fields',
      'upsert',
      'bypassDocumentValidation',
    ],
    ...['collation', 'arrayFilters', 'hint', 'let'],
  ],
  isWrite: true,
  run: (command, context) => {
    const namespace = namespaceOf(command, Object.hasOwn(command, 'findAndModify') ? 'findAndModify' : 'findandmodify');
    const query = toQuery(command, 'query');
    const project = compileProjection(optionalDocument(command, 'fields') ?? {});
    const [stored] = first(runQuery(context, namespace, query));
    if (optionalBoolean(command, 'remove')) {
      if (Object.hasOwn(command, 'update') || optionalBoolean(command, 'new') || optionalBoolean(command, 'upsert')) {
        throw new MongoError('FailedToParse', "Cannot specify 'update', 'new' or 'upsert' together with remove=true");
      }
      if (stored !== undefined) context.records.remove(collectionToWrite(context, namespace), stored);
      return {
        lastErrorObject: { n: stored === undefined ? 0 : 1 },
        value: stored === undefined ? null : project(stored.document),
        ok: 1,
      };
    }
    const change = compileChange(command, query.filter, fieldOf(command, 'update'));
    const wantsNew = optionalBoolean(command, 'new');
    if (stored !== undefined) {
      const { document } = applyChange(context, namespace, stored, change);
      return {
        lastErrorObject: { n: 1, updatedExisting: true },
        value: project(wantsNew ? document : stored.document),
        ok: 1,
      };
    }
    if (!change.isUpsert) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null, ok: 1 };
    const document = applyUpsert(context, namespace, change);
    return {
      lastErrorObject: { n: 1, updatedExisting: false, upserted: document._id },
      value: wantsNew ? project(document) : null,
      ok: 1,
    };
  },
};

export const writeCommands: Commands = { insert, update, delete: remove, findAndModify, findandmodify: findAndModify };
