import { check, type ErrorName } from '../bson/errors.js';
import { compareValues } from '../bson/order.js';
import { keysAt, type Path, parsePath } from '../bson/paths.js';
import { type Document, wholeNumber } from '../bson/values.js';

const maxSorted = 200_000;
export type KeyPattern = readonly { readonly name: string; readonly path: Path; readonly direction: 1 | -1 }[];

export const parseSort = (sort: Document, code: ErrorName = 'Location15975'): KeyPattern =>
  Object.entries(sort).map(([name, value]) => {
    const direction = wholeNumber(value);
    check(direction === 1 || direction === -1, code, `the direction of '${name}' must be 1 or -1`);
    return { name, path: parsePath(name), direction };
  });

/** The values a document sorts by: of an array its smallest item when ascending, its greatest when descending. */
const toSortKey = (document: Document, pattern: KeyPattern): unknown[] => {
  const fields = pattern.map(({ path, direction }) => ({ keys: keysAt(document, path), direction }));
  check(fields.filter(({ keys }) => keys.length > 1).length < 2, 'BadValue', 'cannot sort by parallel arrays');
  return fields.map(({ keys, direction }) =>
    keys.reduce((best, key) => (compareValues(key, best) * direction < 0 ? key : best)),
  );
};

/** A stable sort: items with equal keys stay in the order they were found. */
export const sortBy = <T>(items: Iterable<T>, pattern: KeyPattern, toDocument: (item: T) => Document): T[] => {
  const keyed: { item: T; key: unknown[] }[] = [];
  for (const item of items) {
    keyed.push({ item, key: toSortKey(toDocument(item), pattern) });
    check(
      keyed.length <= maxSorted,
      'QueryExceededMemoryLimitNoDiskUseAllowed',
      'too many documents to sort in memory',
    );
  }
  const compare = (left: unknown[], right: unknown[]): number =>
    pattern.reduce((order, { direction }, i) => order || compareValues(left[i], right[i]) * direction, 0);
  return keyed.sort((left, right) => compare(left.key, right.key)).map(({ item }) => item);
};
