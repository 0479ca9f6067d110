import { type Document, fieldOf, isDocument, isNumber, typeOf, wholeNumber } from '../query/values.js';
import { MongoError } from './errors.js';

/** Reads the fields of a command with the types that MongoDB expects; what is absent is undefined. */
const wrongType = (name: string, value: unknown, expected: string): MongoError =>
  new MongoError(
    'TypeMismatch',
    `BSON field '${name}' is the wrong type '${typeOf(value)}', expected type '${expected}'`,
  );

export const optionalDocument = (command: Document, name: string): Document | undefined => {
  const value = fieldOf(command, name);
  if (value === undefined || value === null) return undefined;
  if (!isDocument(value)) throw wrongType(name, value, 'object');
  return value;
};

export const optionalString = (command: Document, name: string): string | undefined => {
  const value = fieldOf(command, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrongType(name, value, 'string');
  return value;
};

export const optionalBoolean = (command: Document, name: string): boolean => {
  const value = fieldOf(command, name);
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  if (isNumber(value)) return wholeNumber(value) !== 0;
  throw wrongType(name, value, 'bool');
};

export const optionalArray = (command: Document, name: string): unknown[] | undefined => {
  const value = fieldOf(command, name);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongType(name, value, 'array');
  return value;
};

/** A whole number that is not negative. */
export const optionalCount = (command: Document, name: string): number | undefined => {
  const value = fieldOf(command, name);
  if (value === undefined || value === null) return undefined;
  if (!isNumber(value)) throw wrongType(name, value, 'long');
  const whole = wholeNumber(value);
  if (whole === undefined || whole < 0)
    throw new MongoError('BadValue', `BSON field '${name}' value must be >= 0 and whole`);
  return whole;
};

export const documentsOf = (command: Document, name: string): Document[] => {
  const values = optionalArray(command, name) ?? [];
  if (values.length === 0)
    throw new MongoError('BadValue', `Write batch sizes must be between 1 and 100000. Got 0 operations in ${name}.`);
  return values.map((value) => {
    if (!isDocument(value)) throw wrongType(`${name}.0`, value, 'object');
    return value;
  });
};

/** Unknown fields are errors: an option that is not honoured must not be ignored. */
export const refuseUnknown = (command: Document, what: string, known: ReadonlySet<string>): void => {
  for (const name of Object.keys(command)) {
    if (!known.has(name)) throw new MongoError('Location40415', `BSON field '${what}.${name}' is an unknown field.`);
  }
};

/** Options that change what a query means and that this store does not have. */
export const refuseUnsupported = (command: Document): void => {
  const collation = optionalDocument(command, 'collation');
  if (
    collation !== undefined &&
    Object.keys(collation).length > 0 &&
    (collation.locale !== 'simple' || Object.keys(collation).length > 1)
  ) {
    throw new MongoError('BadValue', 'only the simple collation is supported by the embedded document store');
  }
  if (Object.keys(optionalDocument(command, 'let') ?? {}).length > 0) {
    throw new MongoError('InvalidOptions', "the option 'let' is not supported by the embedded document store");
  }
};

/** `database.collection` of a command whose first field names the collection. */
export const namespaceOf = (command: Document, name: string): string => {
  const collection = fieldOf(command, name);
  if (typeof collection !== 'string') {
    throw new MongoError('InvalidNamespace', `collection name has invalid type ${typeOf(collection)}`);
  }
  if (
    collection === '' ||
    collection.includes('$') ||
    collection.includes('\0') ||
    collection.startsWith('.') ||
    collection.endsWith('.')
  ) {
    throw new MongoError('InvalidNamespace', `Invalid namespace specified '${databaseOf(command)}.${collection}'`);
  }
  const namespace = `${databaseOf(command)}.${collection}`;
  if (Buffer.byteLength(namespace) > 255)
    throw new MongoError('InvalidNamespace', `Fully qualified namespace is too long: ${namespace.slice(0, 80)}`);
  return namespace;
};

export const databaseOf = (command: Document): string => {
  const database = fieldOf(command, '$db');
  if (typeof database !== 'string')
    throw new MongoError('Location40414', "BSON field 'OpMsg.$db' is missing but a required field");
  if (database === '' || database.length > 63 || /[/\\. "$*<>:|?\0]/.test(database)) {
    throw new MongoError('InvalidNamespace', `Invalid database name: '${database}'`);
  }
  return database;
};

export const wholeOrUndefined = (command: Document, name: string): number | undefined =>
  wholeNumber(fieldOf(command, name));
