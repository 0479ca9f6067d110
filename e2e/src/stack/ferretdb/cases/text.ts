import {
  Binary,
  BSONRegExp,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from './case.js';

/** Those differ from one server or run to the next and are no part of what was asked. Messages are in each one's own words. */
const others = ['ok', '$clusterTime', 'operationTime', 'errmsg', 'ns', 'info', 'uuid', 'note', 'idIndex'];

/** A reply or a document on one line, with the types of its numbers: `1` is an int, `1L` a long, `1.0` a double. */
export const toText = (value: unknown, name: string): string => {
  if (value === name) return 'C';
  if (Array.isArray(value)) return `[${value.map((item) => toText(item, name)).join(', ')}]`;
  return scalarText(value) ?? documentText(value as Document, name);
};

const scalarText = (value: unknown): string | undefined => {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Long) return `${value}L`;
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Date) return value.toISOString();
  // A new one is another one each time.
  if (value instanceof ObjectId) return value.toHexString().startsWith('0000') ? `id ${value.toHexString()}` : 'id';
  if (value instanceof Decimal128) return `${value}D`;
  if (value instanceof Binary) return `binary ${value.sub_type} ${value.toString('hex')}`;
  if (value instanceof BSONRegExp) return `/${value.pattern}/${value.options}`;
  if (value instanceof Timestamp) return `timestamp ${value.t}:${value.i}`;
  if (value instanceof MinKey || value instanceof MaxKey) return value._bsontype;
  return undefined;
};

const documentText = (document: Document, name: string): string => {
  const fields = Object.entries(document).flatMap(([key, field]) => {
    if (others.includes(key) || (key === 'v' && 'key' in document && 'name' in document)) return [];
    // Numbers of the server's own; zero when there is no more.
    if (key === 'id' && field instanceof Long && 'ns' in document) return [`id: ${field.isZero() ? 'closed' : 'open'}`];
    // A refused statement has changed nothing, and to a driver a count that is missing is zero.
    if (isReply(document) && /^n(Modified)?$/.test(key) && Number(field) === 0) return [];
    if (key === 'cursorsKilled') return [`${key}: ${field.length}`];
    return [`${key}: ${toText(field, name)}`];
  });
  // The order of a reply's fields means nothing, that of a document's does.
  return `{${(isReply(document) ? fields.sort() : fields).join(', ')}}`;
};

const isReply = (document: Document): boolean =>
  ['ok', 'code', 'firstBatch', 'nextBatch'].some((name) => Object.hasOwn(document, name));
