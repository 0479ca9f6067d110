import { MongoError } from '../commands/errors.js';
import { compareValues } from './order.js';
import { keysAt, type Path, parsePath } from './paths.js';
import { type Document, wholeNumber } from './values.js';

export type Direction = 1 | -1;
export type KeyPattern = readonly (readonly [path: Path, direction: Direction])[];

export const parseSort = (sort: Document): KeyPattern =>
  Object.entries(sort).map(([name, value]) => {
    const direction = wholeNumber(value);
    if (direction !== 1 && direction !== -1)
      throw new MongoError('Location15975', '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    if (name === '' || name.startsWith('$'))
      throw new MongoError('Location16410', `FieldPath field names may not start with '$': ${name}`);
    return [parsePath(name), direction] as const;
  });

/** The values a document sorts by: of an array its smallest item when ascending, its greatest when descending. */
export const toSortKey = (document: Document, pattern: KeyPattern): unknown[] => {
  let arrays = 0;
  return pattern.map(([path, direction]) => {
    const [first, ...rest] = keysAt(document, path);
    if (rest.length > 0) arrays += 1;
    if (arrays > 1) throw new MongoError('BadValue', 'cannot sort with keys that are parallel arrays');
    return rest.reduce((best, key) => (compareValues(key, best) * direction < 0 ? key : best), first);
  });
};

export const compareSortKeys = (left: readonly unknown[], right: readonly unknown[], pattern: KeyPattern): number => {
  for (const [i, [, direction]] of pattern.entries()) {
    const order = compareValues(left[i], right[i]);
    if (order !== 0) return order * direction;
  }
  return 0;
};

/** A stable sort: documents with equal keys stay in the order they were found. */
export const sortDocuments = (documents: readonly Document[], pattern: KeyPattern): Document[] =>
  documents
    .map((document) => ({ document, key: toSortKey(document, pattern) }))
    .sort((left, right) => compareSortKeys(left.key, right.key, pattern))
    .map(({ document }) => document);
