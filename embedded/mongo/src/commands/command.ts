import { check } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, isNumber, isTruthy, typeOf, wholeNumber } from '../bson/values.js';
import type { Collections } from '../storage/collections.js';
import type { Engine } from '../storage/engine.js';
import type { Cursors } from './cursors.js';

export type Context = Engine & { collections: Collections; cursors: Cursors; clock: { now(): Date }; startedAt: Date };
/** The addresses are `host:port`; the replica set announces that by which this client reached it. */
export type Connection = { id: number; serverAddress: string; clientAddress: string };
/** What a command runs with. Asking for the namespace refuses the command when its first field names no collection. */
export type Call = Context & { connection: Connection; database: string; target: unknown; namespace: string };

/** Answers a command; `ok: 1` is added to it. */
export type Handler = (command: Document, call: Call) => Document;
export type Handlers = Readonly<Record<string, Handler>>;

/** How a field is read; undefined means that its type is wrong. */
const kinds = {
  any: (value: unknown) => value,
  document: (value: unknown) => (isDocument(value) ? value : undefined),
  documents: (value: unknown) => (Array.isArray(value) && value.every(isDocument) ? (value as Document[]) : undefined),
  flag: (value: unknown) => (typeof value === 'boolean' || isNumber(value) ? isTruthy(value) : undefined),
  count: (value: unknown) => {
    const count = wholeNumber(value);
    check(count === undefined || count >= 0, 'Location51024', 'a count has to be at least 0');
    return count;
  },
};
type Kinds = typeof kinds;

export const readAs = <Kind extends keyof Kinds>(kind: Kind, value: unknown, what: string) => {
  const read = kinds[kind](value);
  check(read !== undefined, 'TypeMismatch', `'${what}' is of type '${typeOf(value)}', expected ${kind}`);
  return read as Exclude<ReturnType<Kinds[Kind]>, undefined>;
};

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;
const each = <Kind extends keyof Kinds, Names extends string>(kind: Kind, names: Names) =>
  Object.fromEntries(names.split(' ').map((name) => [name, kind])) as Record<Words<Names>, Kind>;

/** The fields that a command may have if it says so. A name means the same in all of them. */
const named = {
  ...each('document', 'filter query q sort projection fields cursor'),
  ...each('documents', 'documents updates deletes indexes pipeline'),
  ...each('flag', 'ordered upsert multi new remove unique singleBatch nameOnly'),
  ...each('count', 'skip limit batchSize expireAfterSeconds'),
  ...each('any', 'hint collection cursors name key index u update sparse partialFilterExpression'),
};
/** Every command may have these: they are read elsewhere, or tell apart what is all the same here. */
const common = new Set(
  `$db lsid txnNumber $clusterTime $readPreference readConcern writeConcern maxTimeMS comment v ns scale freeStorage
  background allowDiskUse bypassDocumentValidation authorizedCollections showPrivileges`.split(/\s+/),
);
type Fields = { readonly [Name in keyof typeof named]?: ReturnType<Kinds[(typeof named)[Name]]> };

/** Reads the named fields. Any other is refused, since an option must not be ignored in silence. */
export const readFields = (document: Document, what: string, names: string): Fields => {
  const entries = Object.entries(document).flatMap(([name, value]) => {
    const asked = names.split(' ').includes(name) ? fieldOf<keyof Kinds>(named, name) : undefined;
    const kind = asked ?? (name === what || common.has(name) ? 'any' : undefined);
    check(kind, 'Location40415', `BSON field '${what}.${name}' is an unknown field.`);
    return value === null ? [] : [[name, readAs(kind, value, `${what}.${name}`)]];
  });
  return Object.fromEntries(entries);
};

export const define = (names: string, run: (fields: Fields, call: Call) => Document): Handler => {
  return (command, call) => run(readFields(command, Object.keys(command)[0] ?? '', names), call);
};
