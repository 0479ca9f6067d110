import { Double, Int32 } from 'bson';
import { check } from '../bson/errors.js';
import { sum } from '../bson/numbers.js';
import { areEqual, compareValues, toKey } from '../bson/order.js';
import { type Document, isDocument, isNumber, toDouble, typeOf } from '../bson/values.js';
import { compileExpression, type Expression } from './expressions.js';

/** Takes the values of one group in turn; `undefined` is a missing value. */
interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** Doubles are added with the error of each addition kept, as MongoDB does: ten times 0.1 is 1. Whole numbers are exact. */
const createTotal = () => {
  const total = { whole: new Int32(0) as unknown, high: 0, low: 0, plain: 0, hasDouble: false, count: 0 };
  const addDouble = (value: number): void => {
    const next = total.high + value;
    const shift = next - total.high;
    const low = total.low + (total.high - (next - shift)) + (value - shift);
    total.plain += value;
    total.high = next + low;
    total.low = next - total.high + low;
  };
  const add = (value: unknown): void => {
    if (!isNumber(value)) return;
    total.count += 1;
    if (typeOf(value) !== 'double') total.whole = sum(total.whole, value);
    else {
      total.hasDouble = true;
      addDouble(toDouble(value));
    }
  };
  const asDouble = (): number => {
    addDouble(toDouble(total.whole));
    return Number.isFinite(total.plain) ? total.high : total.plain;
  };
  return { add, total, asDouble };
};

const createSum = (): Accumulator => {
  const { add, total, asDouble } = createTotal();
  return { add, result: () => (total.hasDouble ? new Double(asDouble()) : total.whole) };
};

const createAverage = (): Accumulator => {
  const { add, total, asDouble } = createTotal();
  return { add, result: () => (total.count === 0 ? null : new Double(asDouble() / total.count)) };
};

/** Keeps one value: the first, the last, the smallest or the greatest. */
const keeping = (isBetter: (value: unknown, kept: unknown) => boolean) => (): Accumulator => {
  const kept: unknown[] = [];
  const add = (value: unknown): void => {
    if (kept.length === 0 || isBetter(value, kept[0])) kept[0] = value;
  };
  return { add, result: () => kept[0] ?? null };
};

const isBetter = (sign: 1 | -1) => (value: unknown, kept: unknown) =>
  (value ?? null) !== null && ((kept ?? null) === null || compareValues(value, kept) * sign > 0);

const listing = (isWanted: (value: unknown, list: readonly unknown[]) => boolean) => (): Accumulator => {
  const list: unknown[] = [];
  return {
    add: (value) => void (value !== undefined && isWanted(value, list) && list.push(value)),
    result: () => list,
  };
};

const accumulators: Readonly<Record<string, () => Accumulator>> = {
  $sum: createSum,
  $avg: createAverage,
  $min: keeping(isBetter(-1)),
  $max: keeping(isBetter(1)),
  $first: keeping(() => false),
  $last: keeping(() => true),
  $push: listing(() => true),
  $addToSet: listing((value, list) => !list.some((item) => areEqual(item, value))),
};

const compileField = ([name, value]: [string, unknown]): {
  name: string;
  create: () => Accumulator;
  of: Expression;
} => {
  check(!name.includes('.'), 'Location40235', `The field name '${name}' cannot contain '.'`);
  const [operator = '', ...others] = isDocument(value) ? Object.keys(value) : [];
  check(
    isDocument(value) && others.length === 0,
    'Location40234',
    `The field '${name}' must be an object with one accumulator`,
  );
  const create = Object.hasOwn(accumulators, operator) ? accumulators[operator] : undefined;
  check(create, 'Location15952', `unknown group operator '${operator}'`);
  return { name, create, of: compileExpression(value[operator]) };
};

export const compileGroup = (spec: Document): ((documents: Iterable<Document>) => Iterable<Document>) => {
  check(Object.hasOwn(spec, '_id'), 'Location15955', 'a group specification must include an _id');
  const { _id, ...accumulated } = spec;
  const fields = Object.entries(accumulated).map(compileField);
  const toId = compileExpression(_id);
  return function* (documents) {
    const groups = new Map<string, { id: unknown; states: Accumulator[] }>();
    for (const document of documents) {
      const id = toId(document);
      const key = toKey(id).toString('latin1');
      const group = groups.get(key) ?? { id: id ?? null, states: fields.map(({ create }) => create()) };
      groups.set(key, group);
      for (const [i, { of }] of fields.entries()) group.states[i]?.add(of(document));
    }
    for (const { id, states } of groups.values()) {
      yield { _id: id, ...Object.fromEntries(fields.map(({ name }, i) => [name, states[i]?.result()])) };
    }
  };
};
