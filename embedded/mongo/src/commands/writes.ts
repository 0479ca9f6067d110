import { ObjectId } from 'bson';
import { decode, encode } from '../bson/codec.js';
import { check, MongoError } from '../bson/errors.js';
import { areEqual } from '../bson/order.js';
import { type Document, isDocument, typeOf } from '../bson/values.js';
import { isOperators } from '../query/matcher.js';
import { compileProjection } from '../query/projection.js';
import { compileUpdate } from '../query/update.js';
import { type Call, type Context, define, type Handlers, readFields } from './command.js';
import { runQuery, slice } from './reads.js';

type Target = Parameters<typeof runQuery>[0];
type Query = Parameters<typeof runQuery>[1];

/** `_id` first, made when it is missing, and of a type that can identify. */
const withId = (document: Document): Document => {
  const { _id = new ObjectId() } = document;
  const type = typeOf(_id);
  check(type !== 'array' && type !== 'regex', 'InvalidIdField', `The '_id' value cannot be of type ${type}`);
  check(!isOperators(_id), 'DollarPrefixedFieldName', '_id fields may not contain $-prefixed fields');
  return Object.keys(document)[0] === '_id' ? document : { _id, ...document };
};
const insert = ({ collections, namespace }: Target, document: Document): void =>
  collections.insert(collections.get(namespace) ?? collections.create(namespace), document);

/** Makes the document after a change from the one before it, which is not touched; undefined removes it. */
type Change = (before: Document, isInsert: boolean) => Document | undefined;
const removal: Change = () => undefined;

/** `u` of an update, or `update` of a findAndModify: operators or a replacement. */
const compileChange = (update: unknown, isMulti = false): Change => {
  check(isDocument(update), 'FailedToParse', 'updates by a pipeline are not supported by the embedded document store');
  const apply = isOperators(update) ? compileUpdate(update) : undefined;
  const isPlain = apply !== undefined || !Object.keys(update).some((name) => name.startsWith('$'));
  check(isPlain, 'DollarPrefixedFieldName', 'The dollar ($) prefixed field is not allowed in a replacement document.');
  check(apply || !isMulti, 'FailedToParse', 'multi update is not supported for replacement-style update');
  return (before, isInsert) => {
    const after = apply ? decode(encode(before)) : { ...('_id' in before && { _id: before._id }), ...update };
    apply?.(after, isInsert);
    const isKept = !('_id' in before) || ('_id' in after && areEqual(after._id, before._id));
    check(isKept, 'ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
    return withId(after);
  };
};

type Wanted = { change: Change; multi?: boolean | undefined; upsert?: boolean | undefined };

/** Changes the first or every match; when there is none and an upsert is wanted, inserts what would have matched. */
const modify = (call: Target, query: Query, { change, multi, upsert }: Wanted) => {
  // All matches are found before the first is changed, so that none is met twice.
  const matches = [...slice(runQuery(call, query), 0, multi ? 0 : 1)];
  let nModified = 0;
  let after: Document | undefined;
  for (const { collection, record, bytes, document } of matches) {
    after = change(document, false);
    if (after !== undefined && Buffer.compare(encode(after), bytes) === 0) continue;
    call.collections.change(collection, record, document, after);
    nModified += 1;
  }
  if (matches.length > 0 || !upsert) return { n: matches.length, nModified, before: matches[0]?.document, after };
  const { _id, ...others } = query.filter ?? {};
  check(Object.keys(others).length === 0, 'BadValue', 'an upsert is supported for a filter by the _id alone');
  const upserted = change(_id === undefined ? {} : { _id }, true) ?? {};
  insert(call, upserted);
  return { n: 1, nModified, after: upserted, upserted };
};

type Outcome = { n: number; nModified?: number; upserted?: Document };
/** Reads its statements, then runs one after the other; the first that fails ends an ordered command, told by its index. */
const writeCommand = (list: 'documents' | 'updates' | 'deletes', read: (it: Document) => (call: Call) => Outcome) =>
  define(`${list} ordered`, ({ [list]: statements = [], ordered = true }, call) => {
    check(statements.length > 0, 'InvalidLength', 'Write batch sizes must be between 1 and 100000.');
    const [upserted, writeErrors]: [Document[], Document[]] = [[], []];
    let [n, nModified] = [0, 0];
    for (const [index, run] of statements.map(read).entries()) {
      try {
        const outcome = run(call);
        n += outcome.n;
        nModified += outcome.nModified ?? 0;
        if (outcome.upserted !== undefined) upserted.push({ index, _id: outcome.upserted._id });
      } catch (error) {
        if (!(error instanceof MongoError)) throw error;
        writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details });
        if (ordered) break;
      }
    }
    const lists = { ...(upserted.length > 0 && { upserted }), ...(writeErrors.length > 0 && { writeErrors }) };
    return { n, ...(list === 'updates' && { nModified }), ...lists };
  });

export const writeCommands: Handlers = {
  findAndModify: define('query sort hint fields update new upsert remove', (fields, call) => {
    const { query: filter, sort, hint, update, remove, upsert } = fields;
    const project = compileProjection(fields.fields ?? {});
    const isAlone = !remove || (update === undefined && !fields.new && !upsert);
    check(isAlone, 'FailedToParse', "Cannot specify 'update', 'new' or 'upsert' together with remove=true");
    const change = remove ? removal : compileChange(update);
    const { n, before, after, upserted } = modify(call, { filter, sort, hint }, { change, upsert });
    const kind = remove ? {} : { updatedExisting: before !== undefined, ...(upserted && { upserted: upserted._id }) };
    const value = fields.new ? after : before;
    return { lastErrorObject: { n, ...kind }, value: value === undefined ? null : project(value) };
  }),
  insert: writeCommand('documents', (document) => (call) => {
    insert(call, withId(document));
    return { n: 1 };
  }),
  update: writeCommand('updates', (statement) => {
    const { q: filter, u, hint, multi, upsert } = readFields(statement, 'updates', 'q u hint multi upsert');
    check(filter && u !== undefined, 'Location40414', "a statement of 'updates' needs the fields 'q' and 'u'");
    return (call) => modify(call, { filter, hint }, { change: compileChange(u, multi), multi, upsert });
  }),
  delete: writeCommand('deletes', (statement) => {
    const { q: filter, hint, limit } = readFields(statement, 'deletes', 'q hint limit');
    check(filter && limit !== undefined, 'Location40414', "a statement of 'deletes' needs the fields 'q' and 'limit'");
    check(limit === 0 || limit === 1, 'FailedToParse', 'The limit field in delete objects must be 0 or 1.');
    return (call) => modify(call, { filter, hint }, { change: removal, multi: limit === 0 });
  }),
};

/** Removes what a TTL index says has expired: one of its dates is older than `expireAfterSeconds`. */
export const removeExpired = ({ collections, clock }: Context): void => {
  for (const { namespace, indexes } of collections.all()) {
    for (const { spec, pattern } of indexes.filter((index) => index.spec.expireAfterSeconds !== undefined)) {
      const $lte = new Date(clock.now().getTime() - Number(spec.expireAfterSeconds) * 1000);
      const query = { filter: { [pattern[0]?.name ?? '']: { $lte } } };
      modify({ collections, namespace }, query, { change: removal, multi: true });
    }
  }
};
