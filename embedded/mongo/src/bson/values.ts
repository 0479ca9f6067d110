import type { Decimal128, Double, Int32, Long } from 'bson';
import { check } from './errors.js';

/** A document as it is decoded: numbers stay Int32, Double, Long or Decimal128, so that every type is kept exactly. */
export type Document = Record<string, unknown>;

/** The place of each type in MongoDB's order of values; equal ranks compare by value. */
export const ranks = {
  ...{ minKey: 1, undefined: 3, null: 5, double: 10, int: 10, long: 10, decimal: 10, string: 15, symbol: 15 },
  ...{ object: 20, array: 25, binData: 30, objectId: 35, bool: 40, date: 45, timestamp: 47, regex: 50 },
  ...{ javascript: 60, javascriptWithScope: 65, maxKey: 127 },
} as const;

export type TypeName = keyof typeof ranks;

/** What an empty array leaves in an index or a sort: MongoDB's "undefined", before null. */
export const emptyArray = Symbol('undefined');

const bsonTypes: Readonly<Record<string, TypeName>> = {
  ...{ Int32: 'int', Double: 'double', Long: 'long', Decimal128: 'decimal', ObjectId: 'objectId', Binary: 'binData' },
  ...{ BSONRegExp: 'regex', BSONSymbol: 'symbol', Timestamp: 'timestamp', MinKey: 'minKey', MaxKey: 'maxKey' },
};

export const typeOf = (value: unknown): TypeName => {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return value === (value | 0) ? 'int' : 'double';
  if (value === emptyArray) return 'undefined';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const { _bsontype: name, scope } = value as { _bsontype?: string; scope?: unknown };
  if (name === undefined) return 'object';
  if (name === 'Code') return scope ? 'javascriptWithScope' : 'javascript';
  const type = bsonTypes[name];
  check(type, 'BadValue', `values of the type ${name} are not supported`);
  return type;
};

export const rankOf = (value: unknown): number => ranks[typeOf(value)];
export const isDocument = (value: unknown): value is Document => typeOf(value) === 'object';
export const isNumber = (value: unknown): boolean => rankOf(value) === ranks.int;

/** Own fields only: a field named `constructor` is data, and one that is absent must not be found on the prototype. */
export const fieldOf = <T>(fields: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** The exact numeric value; Decimal128 has none in JavaScript and stays what it is. */
export const numericValue = (value: unknown): number | bigint | Decimal128 => {
  const type = typeOf(value);
  if (type === 'long') return (value as Long).toBigInt();
  return typeof value === 'number' || type === 'decimal'
    ? (value as number | Decimal128)
    : (value as Int32 | Double).value;
};

export const toDouble = (value: unknown): number => Number(numericValue(value));

/** A whole number within the safe range, or undefined: for limits, sizes, indexes and flags. */
export const wholeNumber = (value: unknown): number | undefined => {
  const number = isNumber(value) ? toDouble(value) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
};

/** MongoDB's idea of true: everything but false, zero, null and a missing field. */
export const isTruthy = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && !(isNumber(value) && toDouble(value) === 0);
