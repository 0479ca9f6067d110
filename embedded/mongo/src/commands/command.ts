import { check, MongoError } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, isNumber, isTruthy, typeOf, wholeNumber } from '../bson/values.js';
import type { Catalog } from '../storage/catalog.js';
import type { Engine } from '../storage/engine.js';
import type { Records } from '../storage/records.js';
import type { Cursors } from './cursors.js';

export interface Context {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly cursors: Cursors;
  readonly clock: { now(): Date };
  readonly startedAt: Date;
}

export interface Connection {
  readonly id: number;
  /** `host:port` by which this client reached the server; the replica set announces it. */
  readonly serverAddress: string;
  readonly clientAddress: string;
}

/** What a command runs with. */
export interface Call extends Context {
  readonly connection: Connection;
  readonly database: string;
}

export type Handler = (command: Document, call: Call) => Document;
export type Handlers = Readonly<Record<string, Handler>>;

/** Options that change what a command means and that this store does not have may only be empty. */
const isOff = (value: unknown): boolean =>
  value === false || (isDocument(value) && (Object.keys(value).length === 0 || value.locale === 'simple'));

/** How a field of a command is read; undefined means that its type is wrong. */
const kinds = {
  any: (value: unknown) => value,
  string: (value: unknown) => (typeof value === 'string' ? value : undefined),
  document: (value: unknown) => (isDocument(value) ? value : undefined),
  documents: (value: unknown) => (Array.isArray(value) && value.every(isDocument) ? (value as Document[]) : undefined),
  array: (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : undefined),
  boolean: (value: unknown) => (typeof value === 'boolean' || isNumber(value) ? isTruthy(value) : undefined),
  count: (value: unknown) => {
    if (!isNumber(value)) return undefined;
    const whole = wholeNumber(value) ?? -1;
    check(whole >= 0, 'Location51024', 'the value must be whole and >= 0');
    return whole;
  },
  unsupported: (value: unknown) => {
    check(isOff(value), 'InvalidOptions', 'an option is not supported by the embedded document store');
    return true;
  },
};

type Kinds = typeof kinds;
export type Fields = Readonly<Record<string, keyof Kinds>>;
export type Arguments<F extends Fields> = {
  readonly [K in keyof F]: Exclude<ReturnType<Kinds[F[K]]>, undefined> | undefined;
};

/** Reads the declared fields; one that is not declared is refused, since an option must not be ignored in silence. */
export const readFields = <F extends Fields>(
  document: Document,
  what: string,
  fields: F,
  alsoKnown: Fields = {},
): Arguments<F> => {
  const read = Object.entries(document).map(([name, value]) => {
    const kind = Object.hasOwn(fields, name)
      ? fields[name]
      : Object.hasOwn(alsoKnown, name)
        ? alsoKnown[name]
        : undefined;
    check(kind, 'Location40415', `BSON field '${what}.${name}' is an unknown field.`);
    if (value === null || value === undefined) return [name, undefined];
    try {
      const argument = kinds[kind](value);
      check(
        argument !== undefined,
        'TypeMismatch',
        `BSON field '${what}.${name}' is the wrong type '${typeOf(value)}', expected ${kind}`,
      );
      return [name, argument];
    } catch (error) {
      throw error instanceof MongoError && error.codeName !== 'TypeMismatch'
        ? new MongoError(error.codeName, `${what}.${name}: ${error.message}`)
        : error;
    }
  });
  return Object.fromEntries(read) as Arguments<F>;
};

/** The fields that every command may have. */
const genericFields: Fields = {
  ...{ $db: 'string', lsid: 'document', txnNumber: 'any', $clusterTime: 'any', $readPreference: 'any', comment: 'any' },
  ...{ readConcern: 'document', writeConcern: 'document', maxTimeMS: 'count', $client: 'any' },
  ...{ apiVersion: 'any', apiStrict: 'any', apiDeprecationErrors: 'any' },
};

export const defineCommand =
  <F extends Fields>(name: string, fields: F, run: (args: Arguments<F>, call: Call) => Document): Handler =>
  (command, call) =>
    run(readFields(command, name, fields, genericFields), call);

export const databaseOf = (command: Document): string => {
  const database = fieldOf(command, '$db');
  check(typeof database === 'string', 'Location40414', "BSON field 'OpMsg.$db' is missing but a required field");
  const isValid = database !== '' && database.length <= 63 && !/[/\\. "$*<>:|?\0]/.test(database);
  check(isValid, 'InvalidNamespace', `Invalid database name: '${database}'`);
  return database;
};

export const namespaceOf = ({ database }: Call, collection: unknown): string => {
  const isName = typeof collection === 'string' && collection !== '' && !/[$\0]|^\.|\.$/.test(collection);
  check(isName, 'InvalidNamespace', `Invalid collection name in the database ${database}`);
  const namespace = `${database}.${collection}`;
  check(Buffer.byteLength(namespace) <= 255, 'InvalidNamespace', 'Fully qualified namespace is too long');
  return namespace;
};
