import { Double } from 'bson';
import { MongoError } from '../commands/errors.js';
import { compileExpression, type Expression } from './expressions.js';
import { calculate, toDouble, toWhole } from './numbers.js';
import { areEqual, compareValues, toKey } from './order.js';
import { type Document, fieldOf, isDocument, isNumber } from './values.js';

/** Gathers the values of one group; `undefined` is a missing value. */
interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

const fold =
  (start: unknown, step: (sum: unknown, value: unknown) => unknown): (() => Accumulator) =>
  () => {
    let state = start;
    return {
      add: (value) => {
        state = step(state, value);
      },
      result: () => state ?? null,
    };
  };

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

const average = (): Accumulator => {
  let sum: unknown = toWhole(0);
  let count = 0;
  return {
    add: (value) => {
      if (!isNumber(value)) return;
      sum = calculate('add', sum, value);
      count += 1;
    },
    result: () => (count === 0 ? null : new Double(toDouble(sum) / count)),
  };
};

const firstOf = (): Accumulator => {
  const values: unknown[] = [];
  return { add: (value) => void (values.length === 0 && values.push(value ?? null)), result: () => values[0] ?? null };
};

const list = (isSet: boolean) => (): Accumulator => {
  const values: unknown[] = [];
  return {
    add: (value) => {
      if (value !== undefined && !(isSet && values.some((present) => areEqual(present, value)))) values.push(value);
    },
    result: () => values,
  };
};

const extreme = (sign: 1 | -1) =>
  fold(undefined, (best, value) =>
    !isPresent(value) || (best !== undefined && compareValues(value, best) * sign <= 0) ? best : value,
  );

const accumulators: Readonly<Record<string, () => Accumulator>> = {
  $sum: fold(toWhole(0), (sum, value) => (isNumber(value) ? calculate('add', sum, value) : sum)),
  $count: fold(toWhole(0), (sum) => calculate('add', sum, toWhole(1))),
  $avg: average,
  $min: extreme(-1),
  $max: extreme(1),
  $first: firstOf,
  $last: fold(undefined, (_, value) => value ?? null),
  $push: list(false),
  $addToSet: list(true),
};

interface Field {
  name: string;
  create: () => Accumulator;
  expression: Expression;
}

const compileFields = (spec: Document): Field[] =>
  Object.entries(spec)
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => {
      if (name.includes('.')) throw new MongoError('Location40235', `The field name '${name}' cannot contain '.'`);
      const [operator = ''] = isDocument(value) ? Object.keys(value) : [];
      if (!isDocument(value) || !operator.startsWith('$'))
        throw new MongoError('Location40234', `The field '${name}' must be an accumulator object`);
      if (Object.keys(value).length > 1)
        throw new MongoError('Location40238', `The field '${name}' must specify one accumulator`);
      const create = Object.hasOwn(accumulators, operator) ? accumulators[operator] : undefined;
      if (create === undefined) throw new MongoError('Location15952', `unknown group operator '${operator}'`);
      const operand = fieldOf(value, operator);
      if (operator === '$count' && !(isDocument(operand) && Object.keys(operand).length === 0))
        throw new MongoError('TypeMismatch', '$count takes no arguments, i.e. $count:{}');
      return { name, create, expression: compileExpression(operand) };
    });

export const compileGroup = (spec: Document): ((documents: Iterable<Document>) => Iterable<Document>) => {
  if (!Object.hasOwn(spec, '_id')) throw new MongoError('Location15955', 'a group specification must include an _id');
  const fields = compileFields(spec);
  const toId = compileExpression(spec._id);
  return function* (documents) {
    const groups = new Map<string, { id: unknown; states: Accumulator[] }>();
    for (const document of documents) {
      const id = toId(document);
      const key = toKey(id).toString('latin1');
      const group = groups.get(key) ?? { id: id ?? null, states: fields.map(({ create }) => create()) };
      groups.set(key, group);
      for (const [i, { expression }] of fields.entries()) group.states[i]?.add(expression(document));
    }
    for (const { id, states } of groups.values()) {
      yield { _id: id, ...Object.fromEntries(fields.map(({ name }, i) => [name, states[i]?.result()])) };
    }
  };
};
