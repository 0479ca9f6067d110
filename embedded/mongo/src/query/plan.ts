import { type Document, rankOf, ranks } from '../bson/values.js';
import type { Collection, Index } from '../storage/collections.js';
import { type Bounds, indexRange, keyOf, rangeOf } from '../storage/keys.js';
import { toOperators } from './matcher.js';
import type { KeyPattern } from './sort.js';

/** More points than this are scanned rather than looked up one by one. */
const maxPoints = 1000;
export type Plan = ReturnType<typeof planIndex>;
type Condition = [operator: string, operand: unknown];

/** Where the matches of a filter are: by the index whose ranges are the narrowest, or by none. */
export const planQuery = (collection: Collection, filter: Document, sort: KeyPattern): Plan =>
  [undefined, ...collection.indexes]
    .map((index) => planIndex(collection, index, filter, sort))
    .reduce((best, next) => (next.score > best.score ? next : best));

/** By this index; without one, the whole collection in the order of insertion. */
export const planIndex = ({ id }: Collection, index: Index | undefined, filter: Document, sort: KeyPattern) => {
  const { pattern, isMultikey, isUnique } = index ?? { pattern: [], isMultikey: false, isUnique: false };
  let prefixes: unknown[][] = [[]];
  for (const { name } of pattern) {
    const points = pointsOf(conditionsOn(name, filter));
    if (points === undefined || points.length * prefixes.length > maxPoints) break;
    prefixes = prefixes.flatMap((prefix) => points.map((point) => [...prefix, point]));
  }
  const depth = prefixes[0]?.length ?? 0;
  const bounds = boundsOf(conditionsOn(pattern[depth]?.name, filter), isMultikey);
  const isOrdered = sort.length === 0 || (!isMultikey && prefixes.length === 1);
  const direction = isOrdered ? sortDirection(pattern, depth, sort) : undefined;
  const points = depth * 10 + (bounds ? 5 : 0) + (isUnique && depth === pattern.length ? 10 : 0);
  return {
    index,
    ranges: index ? prefixes.map((prefix) => indexRange(index, prefix, bounds)) : [rangeOf(keyOf('record', id))],
    isReverse: direction === -1,
    /** The ranges deliver the wanted order; otherwise the caller sorts. */
    isSorted: direction !== undefined,
    score: points + (sort.length > 0 && direction ? 3 : 0),
  };
};

/** What every match must satisfy in a field, by the top level of the filter and of its `$and`s. */
const conditionsOn = (name: string | undefined, filter: Document): Condition[] =>
  Object.entries(filter).flatMap(([field, value]) => {
    if (field === '$and') return (value as Document[]).flatMap((clause) => conditionsOn(name, clause));
    return field === name ? Object.entries(toOperators(value)) : [];
  });

/** Arrays are filed item by item; a regular expression, MinKey and MaxKey reach over many values. */
const reaching = new Set<number>([ranks.array, ranks.regex, ranks.minKey, ranks.maxKey]);
const canBeKey = (value: unknown): boolean => !reaching.has(rankOf(value));

const pointsOf = (conditions: readonly Condition[]): unknown[] | undefined =>
  conditions
    .map(([operator, operand]) =>
      operator === '$eq' ? [operand] : operator === '$in' ? (operand as unknown[]) : undefined,
    )
    .find((points) => points?.every(canBeKey));

const boundsOf = (conditions: readonly Condition[], isMultikey: boolean): Bounds | undefined => {
  const boundBy = (...operators: string[]) => {
    const found = conditions.find(([name, value]) => operators.includes(name) && value !== null && canBeKey(value));
    return found && { value: found[1], isInclusive: found[0].endsWith('e') };
  };
  const [low, high] = [boundBy('$gt', '$gte'), boundBy('$lt', '$lte')];
  if (low === undefined) return high && { rank: rankOf(high.value), low, high };
  // With several keys a document may satisfy each bound by another item: only one bound may narrow the range.
  const isRange = !isMultikey && rankOf(low.value) === rankOf(high?.value);
  return { rank: rankOf(low.value), low, high: isRange ? high : undefined };
};

/** Forward, backward, or not the wanted order. Fields with one fixed value do not matter to a sort. */
const sortDirection = (pattern: KeyPattern, fixed: number, sort: KeyPattern): 1 | -1 | undefined => {
  const wanted = sort.filter(({ name }) => !pattern.slice(0, fixed).some((field) => field.name === name));
  const given = pattern.slice(fixed);
  const way = wanted[0] === undefined || wanted[0].direction === given[0]?.direction ? 1 : -1;
  const fits = wanted.every(
    ({ name, direction }, i) => given[i]?.name === name && given[i].direction * way === direction,
  );
  return fits ? way : undefined;
};
