import { check } from './errors.js';
import { emptyArray, fieldOf, isDocument } from './values.js';

export type Path = readonly string[];

/** Splits a dotted path. Numbers would be indexes of arrays or names of fields, depending on the document: refused. */
export const parsePath = (text: string): Path => {
  const path = text.split('.');
  check(!path.includes(''), 'EmptyFieldName', `The path '${text}' contains an empty field name`);
  check(!text.startsWith('$'), 'DollarPrefixedFieldName', `The dollar ($) prefixed field '${text}' is not allowed`);
  const isPlain = path.every((name) => !/^(\$.*|\d+|__proto__|_bsontype)$/.test(name));
  check(isPlain, 'BadValue', `The path '${text}' is not supported by the embedded document store`);
  return path;
};

type Visit = (value: unknown) => boolean;

/**
 * Visits the values that a query on a dotted path looks at, as MongoDB's BSONElementIterator does, until one returns true.
 * Each document of an array on the way is entered. A missing field is visited as undefined, but an array on the way
 * without documents is not visited. An array at the end is visited item by item when `expand`, then whole.
 */
export const someValueAt = (value: unknown, path: Path, expand: boolean, visit: Visit, depth = 0): boolean => {
  const name = path[depth];
  if (name === undefined) return (expand && Array.isArray(value) && value.some(visit)) || visit(value);
  if (Array.isArray(value)) {
    return value.some((item) => isDocument(item) && someValueAt(item, path, expand, visit, depth));
  }
  return someValueAt(isDocument(value) ? fieldOf(value, name) : undefined, path, expand, visit, depth + 1);
};

/** The values under which an index or a sort files a document: those found, undefined for an empty array, else null. */
export const keysAt = (document: unknown, path: Path): unknown[] => {
  const keys: unknown[] = [];
  someValueAt(document, path, false, (value) => {
    keys.push(...(Array.isArray(value) ? (value.length === 0 ? [emptyArray] : value) : [value ?? null]));
    return false;
  });
  return keys.length === 0 ? [null] : keys;
};
