import type { Collection, Index } from '../storage/catalog.js';
import { type Bound, boundedRange, indexRange, type KeyRange, recordRange } from '../storage/keys.js';
import { isOperators } from './matcher.js';
import { isRegex } from './regex.js';
import type { KeyPattern } from './sort.js';
import { type Document, isDocument, rankOf, types } from './values.js';

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

/** More points than this are scanned rather than looked up one by one. */
const maxPoints = 1000;

/** Chooses the index whose ranges are the narrowest for the filter; the matcher still checks every document. */
export const planQuery = (
  collection: Collection,
  filter: Document,
  sort: KeyPattern,
  hint?: { index: Index | undefined } | undefined,
): Plan => {
  const scan: Plan = {
    index: undefined,
    ranges: [recordRange(collection.id)],
    isReverse: false,
    isSorted: sort.length === 0,
  };
  const conditions = conditionsOf(filter);
  const candidates =
    hint === undefined ? collection.indexes.filter(isComplete) : [hint.index].filter((index) => index !== undefined);
  let best = { plan: scan, score: 0 };
  for (const index of candidates) {
    const candidate = planIndex(index, conditions, sort);
    const score = candidate.score + (hint === undefined ? 0 : 1);
    if (score > best.score) best = { plan: candidate.plan, score };
  }
  return best.plan;
};

/** A sparse or partial index misses documents; it is used only when a hint asks for it. */
const isComplete = ({ isSparse, covers }: Index): boolean => !isSparse && covers === undefined;

/** What every match must satisfy, by field: the top level of the filter and of its `$and`s. */
const conditionsOf = (filter: Document): Map<string, Condition[]> => {
  const conditions = new Map<string, Condition[]>();
  const add = (name: string, condition: Condition): void => {
    conditions.set(name, [...(conditions.get(name) ?? []), condition]);
  };
  const visit = (clause: Document): void => {
    for (const [name, value] of Object.entries(clause)) {
      if (name === '$and' && Array.isArray(value)) for (const each of value) if (isDocument(each)) visit(each);
      if (name.startsWith('$') || isRegex(value)) continue;
      if (isOperators(value)) for (const [operator, operand] of Object.entries(value)) add(name, { operator, operand });
      else add(name, { operator: '$eq', operand: value });
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
  return among === undefined ? undefined : (among.operand as unknown[]);
};

const boundsOf = (
  conditions: readonly Condition[],
  isMultikey: boolean,
): { low?: Bound; high?: Bound; rank?: number } => {
  const usable = conditions.filter(({ operand }) => operand !== null && canBeKey(operand));
  const low = usable.find(({ operator }) => operator === '$gt' || operator === '$gte');
  const high = usable.find(({ operator }) => operator === '$lt' || operator === '$lte');
  const first = low ?? high;
  if (first === undefined) return {};
  const toBound = ({ operator, operand }: Condition): Bound => ({ value: operand, inclusive: operator.endsWith('e') });
  // With several keys a document may satisfy each bound by another item: only one bound may narrow the range.
  const isPair = low !== undefined && high !== undefined && !isMultikey && rankOf(low.operand) === rankOf(high.operand);
  return {
    rank: rankOf(first.operand),
    ...(low !== undefined ? { low: toBound(low) } : {}),
    ...(high !== undefined && (low === undefined || isPair) ? { high: toBound(high) } : {}),
  };
};

const planIndex = (
  index: Index,
  conditions: ReadonlyMap<string, readonly Condition[]>,
  sort: KeyPattern,
): { plan: Plan; score: number } => {
  const { pattern, isMultikey } = index;
  let prefixes: (readonly unknown[])[] = [[]];
  let depth = 0;
  for (const [path] of pattern) {
    const points = pointsOf(conditions.get(path.join('.')) ?? []);
    if (points === undefined || points.length * prefixes.length > maxPoints) break;
    prefixes = prefixes.flatMap((prefix) => points.map((point) => [...prefix, point]));
    depth += 1;
  }
  const next = pattern[depth];
  const bounds = next === undefined ? {} : boundsOf(conditions.get(next[0].join('.')) ?? [], isMultikey);
  const ranges =
    depth === 0 && bounds.rank === undefined
      ? [indexRange(index.id)]
      : prefixes.map((prefix) => boundedRange(index.id, pattern, prefix, bounds));
  const direction = isMultikey || prefixes.length > 1 ? undefined : sortDirection(pattern, depth, sort);
  const isSorted = sort.length === 0 || direction !== undefined;
  const narrowing =
    depth * 10 +
    (bounds.rank === undefined ? 0 : 5) +
    (depth > 0 && index.isUnique && depth === pattern.length ? 10 : 0);
  const score = narrowing + (sort.length > 0 && direction !== undefined ? 3 : 0);
  return { plan: { index, ranges: distinct(ranges), isReverse: direction === -1, isSorted }, score };
};

/** Forward, backward, or not the wanted order. Fields with one fixed value do not matter to a sort. */
const sortDirection = (pattern: KeyPattern, fixed: number, sort: KeyPattern): 1 | -1 | undefined => {
  const names = pattern.map(([path]) => path.join('.'));
  const wanted = sort.filter(([path]) => !names.slice(0, fixed).includes(path.join('.')));
  const [first] = wanted;
  if (first === undefined) return 1;
  const direction = first[1] === pattern[fixed]?.[1] ? 1 : -1;
  const fits = wanted.every(
    ([path, way], i) => names[fixed + i] === path.join('.') && pattern[fixed + i]?.[1] === way * direction,
  );
  return fits ? direction : undefined;
};

const distinct = (ranges: readonly KeyRange[]): KeyRange[] => {
  const sorted = [...ranges].sort((left, right) => Buffer.compare(left.start, right.start));
  return sorted.filter((range, i) => i === 0 || !range.start.equals((sorted[i - 1] as KeyRange).start));
};
