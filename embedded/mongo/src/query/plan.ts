import { type Document, isDocument, rankOf, types } from '../bson/values.js';
import type { Collection, Index } from '../storage/catalog.js';
import { type Bounds, boundedRange, type KeyRange, recordRange } from '../storage/keys.js';
import { isOperators } from './matcher.js';
import { isRegex } from './regex.js';
import type { KeyPattern } from './sort.js';

export interface Plan {
  /** Absent: the whole collection in the order of insertion. */
  index: Index | undefined;
  ranges: KeyRange[];
  isReverse: boolean;
  /** The ranges deliver the wanted order; otherwise the caller sorts. */
  isSorted: boolean;
}

interface Condition {
  operator: string;
  operand: unknown;
}

type Conditions = ReadonlyMap<string, readonly Condition[]>;

/** More points than this are scanned rather than looked up one by one. */
const maxPoints = 1000;

/** The index whose ranges are the narrowest for the filter, or the one hinted at; the matcher still checks every document. */
export const planQuery = (
  collection: Collection,
  filter: Document,
  sort: KeyPattern,
  hint?: Index | 'natural',
): Plan => {
  const scan: Plan = {
    index: undefined,
    ranges: [recordRange(collection.id)],
    isReverse: false,
    isSorted: sort.length === 0,
  };
  if (hint === 'natural') return scan;
  const conditions = conditionsOf(filter);
  if (hint !== undefined) return planIndex(hint, conditions, sort).plan;
  // A partial index misses documents that only its filter could tell; it is used when a hint asks for it.
  const complete = collection.indexes.filter(({ covers }) => covers === undefined);
  const start = { plan: scan, score: 0 };
  return complete
    .map((index) => planIndex(index, conditions, sort))
    .reduce((best, next) => (next.score > best.score ? next : best), start).plan;
};

/** What every match must satisfy, by field: the top level of the filter and of its `$and`s. */
const conditionsOf = (filter: Document): Conditions => {
  const conditions = new Map<string, Condition[]>();
  const visit = (clause: unknown): void => {
    for (const [name, value] of Object.entries(isDocument(clause) ? clause : {})) {
      if (name === '$and' && Array.isArray(value)) value.forEach(visit);
      if (name.startsWith('$') || isRegex(value)) continue;
      const found = Object.entries(isOperators(value) ? value : { $eq: value }).map(([operator, operand]) => ({
        operator,
        operand,
      }));
      conditions.set(name, [...(conditions.get(name) ?? []), ...found]);
    }
  };
  visit(filter);
  return conditions;
};

/** Arrays are filed item by item and MinKey, MaxKey span types: neither can be looked up as one value. */
const canBeKey = (value: unknown): boolean =>
  !Array.isArray(value) &&
  !isRegex(value) &&
  rankOf(value) !== types.minKey.rank &&
  rankOf(value) !== types.maxKey.rank;

const pointsOf = (conditions: readonly Condition[]): readonly unknown[] | undefined => {
  const equal = conditions.find(({ operator, operand }) => operator === '$eq' && canBeKey(operand));
  if (equal !== undefined) return [equal.operand];
  const among = conditions.find(
    ({ operator, operand }) => operator === '$in' && Array.isArray(operand) && operand.every(canBeKey),
  );
  return among?.operand as unknown[] | undefined;
};

const boundsOf = (conditions: readonly Condition[], isMultikey: boolean): Bounds | undefined => {
  const usable = conditions.filter(({ operand }) => operand !== null && canBeKey(operand));
  const low = usable.find(({ operator }) => operator === '$gt' || operator === '$gte');
  const high = usable.find(({ operator }) => operator === '$lt' || operator === '$lte');
  const first = low ?? high;
  if (first === undefined) return undefined;
  const toBound = ({ operator, operand }: Condition) => ({ value: operand, isInclusive: operator.endsWith('e') });
  // With several keys a document may satisfy each bound by another item: only one bound may narrow the range.
  const usesHigh =
    high !== undefined && (low === undefined || (!isMultikey && rankOf(low.operand) === rankOf(high.operand)));
  return { rank: rankOf(first.operand), low: low && toBound(low), high: usesHigh ? toBound(high) : undefined };
};

const planIndex = (index: Index, conditions: Conditions, sort: KeyPattern): { plan: Plan; score: number } => {
  const { pattern, isMultikey, isUnique, isSparse } = index;
  let prefixes: (readonly unknown[])[] = [[]];
  let depth = 0;
  for (const [path] of pattern) {
    const points = pointsOf(conditions.get(path.join('.')) ?? []);
    if (points === undefined || points.length * prefixes.length > maxPoints) break;
    prefixes = prefixes.flatMap((prefix) => points.map((point) => [...prefix, point]));
    depth += 1;
  }
  const next = pattern[depth]?.[0].join('.');
  const bounds = next === undefined ? undefined : boundsOf(conditions.get(next) ?? [], isMultikey);
  const ranges = distinct(prefixes.map((prefix) => boundedRange(index, prefix, bounds)));
  const direction = isMultikey || prefixes.length !== 1 ? undefined : sortDirection(pattern, depth, sort);
  const isWhole = isUnique && depth === pattern.length;
  // A sparse index misses the documents without its fields: what is looked for must have the first of them.
  const hasFirst = depth === 0 ? bounds !== undefined : prefixes.every(([point]) => (point ?? null) !== null);
  const score =
    depth * 10 +
    (bounds === undefined ? 0 : 5) +
    (isWhole ? 10 : 0) +
    (sort.length > 0 && direction !== undefined ? 3 : 0);
  return {
    plan: { index, ranges, isReverse: direction === -1, isSorted: sort.length === 0 || direction !== undefined },
    score: isSparse && !hasFirst ? 0 : score,
  };
};

/** Forward, backward, or not the wanted order. Fields with one fixed value do not matter to a sort. */
const sortDirection = (pattern: KeyPattern, fixed: number, sort: KeyPattern): 1 | -1 | undefined => {
  const names = pattern.map(([path]) => path.join('.'));
  const wanted = sort.filter(([path]) => !names.slice(0, fixed).includes(path.join('.')));
  const direction = wanted[0] === undefined || wanted[0][1] === pattern[fixed]?.[1] ? 1 : -1;
  const fits = wanted.every(
    ([path, way], i) => names[fixed + i] === path.join('.') && pattern[fixed + i]?.[1] === way * direction,
  );
  return fits ? direction : undefined;
};

/** In key order, and each once: `$in` may name a value twice. */
const distinct = (ranges: readonly KeyRange[]): KeyRange[] => {
  const sorted = [...ranges].sort((left, right) => Buffer.compare(left.start, right.start));
  return sorted.filter((range, i) => sorted[i - 1]?.start.equals(range.start) !== true);
};
