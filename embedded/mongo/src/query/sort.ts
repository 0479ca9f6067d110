import { check } from '../bson/errors.js';
import { compareValues } from '../bson/order.js';
import { type Document, wholeNumber } from '../bson/values.js';
import { keysAt, type Path, parsePath } from './paths.js';

export type KeyPattern = readonly (readonly [path: Path, direction: 1 | -1])[];

export const parseSort = (sort: Document): KeyPattern =>
  Object.entries(sort).map(([name, value]) => {
    const direction = wholeNumber(value);
    check(
      direction === 1 || direction === -1,
      'Location15975',
      '$sort key ordering must be 1 (ascending) or -1 (descending)',
    );
    check(name !== '' && !name.startsWith('$'), 'Location16410', `a sort by '${name}' is not possible`);
    return [parsePath(name), direction] as const;
  });

/** The values a document sorts by: of an array its smallest item when ascending, its greatest when descending. */
const toSortKey = (document: Document, pattern: KeyPattern): unknown[] => {
  const fields = pattern.map(([path]) => keysAt(document, path));
  const arrays = fields.filter((keys) => keys.length > 1).length;
  check(arrays < 2, 'BadValue', 'cannot sort with keys that are parallel arrays');
  return fields.map((keys, i) =>
    keys.reduce((best, key) => (compareValues(key, best) * (pattern[i]?.[1] ?? 1) < 0 ? key : best)),
  );
};

const compareSortKeys = (left: readonly unknown[], right: readonly unknown[], pattern: KeyPattern): number => {
  for (const [i, [, direction]] of pattern.entries()) {
    const order = compareValues(left[i], right[i]);
    if (order !== 0) return order * direction;
  }
  return 0;
};

/** A stable sort: items with equal keys stay in the order they were found. */
export const sortBy = <T>(items: Iterable<T>, pattern: KeyPattern, toDocument: (item: T) => Document): T[] =>
  Array.from(items, (item) => ({ item, key: toSortKey(toDocument(item), pattern) }))
    .sort((left, right) => compareSortKeys(left.key, right.key, pattern))
    .map(({ item }) => item);
