import { check } from '../bson/errors.js';
import { type Document, emptyArray, fieldOf, isDocument } from '../bson/values.js';

export type Path = readonly string[];

/** Splits a dotted path; refuses what could only be stored or looked up wrongly. */
export const parsePath = (text: string): Path => {
  const path = text.split('.');
  const isPlain = !path.includes('__proto__') && !path.includes('_bsontype');
  check(isPlain, 'BadValue', "fields named '__proto__' and '_bsontype' are not supported");
  return path;
};

export const isArrayIndex = (name: string): boolean => /^(0|[1-9]\d{0,6})$/.test(name);

type Visit = (value: unknown) => boolean;

/**
 * Visits the values that a query on a dotted path looks at, as MongoDB's BSONElementIterator does, until one returns true.
 * Arrays on the way are entered, by index and by each of their documents; a missing field is visited as undefined, but
 * an array on the way without documents is not. An array at the end is visited item by item when `expand`, then whole.
 */
export const someValueAt = (document: Document, path: Path, expand: boolean, visit: Visit): boolean => {
  let value: unknown = document;
  for (const [i, name] of path.entries()) {
    if (Array.isArray(value)) return someItemAt(value, path.slice(i), expand, visit);
    value = isDocument(value) ? fieldOf(value, name) : undefined;
  }
  return (expand && Array.isArray(value) && value.some(visit)) || visit(value);
};

const someItemAt = (items: readonly unknown[], path: Path, expand: boolean, visit: Visit): boolean =>
  items.some((item, index) => {
    if (isDocument(item) && someValueAt(item, path, expand, visit)) return true;
    if (path[0] !== String(index)) return false;
    if (path.length === 1) return visit(item);
    if (Array.isArray(item)) return someItemAt(item, path.slice(1), expand, visit);
    return isDocument(item) && someValueAt(item, path.slice(1), expand, visit);
  });

/** The values found at a path: the items of an array instead of the array. A missing field has none. */
export const itemsAt = (document: Document, path: Path): unknown[] => {
  const items: unknown[] = [];
  someValueAt(document, path, false, (value) => {
    if (Array.isArray(value)) items.push(...value);
    else if (value !== undefined) items.push(value);
    return false;
  });
  return items;
};

/** The values under which an index or a sort files a document: those found, undefined for an empty array, else null. */
export const keysAt = (document: Document, path: Path): unknown[] => {
  const keys: unknown[] = [];
  someValueAt(document, path, false, (value) => {
    if (!Array.isArray(value)) keys.push(value ?? null);
    else if (value.length === 0) keys.push(emptyArray);
    else keys.push(...value);
    return false;
  });
  return keys.length === 0 ? [null] : keys;
};
