import { check } from '../bson/errors.js';
import { areEqual, compareValues } from '../bson/order.js';
import { type Document, fieldOf, isDocument, typeOf, wholeNumber } from '../bson/values.js';
import { compileItem } from './matcher.js';
import { parseSort, sortBy } from './sort.js';
import type { Change } from './update.js';

const arrayOr = (current: unknown, operator: string): unknown[] => {
  check(
    current === undefined || Array.isArray(current),
    'BadValue',
    `Cannot apply ${operator} to a non-array of type ${typeOf(current)}`,
  );
  return current === undefined ? [] : [...(current as unknown[])];
};

/** `{ $each: [...] }` with its modifiers, or one plain item. */
const modifiersOf = (
  operator: string,
  operand: unknown,
  known: readonly string[],
): { items: unknown[]; modifiers: Document } => {
  if (!isDocument(operand) || !Object.hasOwn(operand, '$each')) return { items: [operand], modifiers: {} };
  const unknown = Object.keys(operand).find((name) => name !== '$each' && !known.includes(name));
  check(unknown === undefined, 'BadValue', `Unrecognized clause in ${operator}: ${unknown}`);
  check(Array.isArray(operand.$each), 'BadValue', `The argument to $each in ${operator} must be an array`);
  return { items: operand.$each, modifiers: operand };
};

const wholeClause = (modifiers: Document, name: string): number | undefined => {
  const whole = wholeNumber(fieldOf(modifiers, name));
  check(
    whole !== undefined || !Object.hasOwn(modifiers, name),
    'BadValue',
    `The value for ${name} must be an integer value`,
  );
  return whole;
};

/** Insert at $position, then $sort, then $slice. */
const push = (operand: unknown): Change => {
  const { items, modifiers } = modifiersOf('$push', operand, ['$position', '$sort', '$slice']);
  const [position, slice] = [wholeClause(modifiers, '$position'), wholeClause(modifiers, '$slice')];
  const order = Object.hasOwn(modifiers, '$sort') ? itemOrder(modifiers.$sort) : (array: unknown[]) => array;
  return (current) => {
    const array = arrayOr(current, '$push');
    array.splice(position ?? array.length, 0, ...items);
    const ordered = order(array);
    return slice === undefined ? ordered : slice < 0 ? ordered.slice(slice) : ordered.slice(0, slice);
  };
};

const itemOrder = (sort: unknown): ((array: unknown[]) => unknown[]) => {
  if (isDocument(sort)) {
    const pattern = parseSort(sort);
    return (array) => sortBy(array, pattern, (item) => (isDocument(item) ? item : {}));
  }
  const direction = wholeNumber(sort);
  check(direction === 1 || direction === -1, 'BadValue', 'The $sort element value must be either 1 or -1');
  return (array) => array.sort((left, right) => compareValues(left, right) * direction);
};

const addToSet = (operand: unknown): Change => {
  const { items } = modifiersOf('$addToSet', operand, []);
  return (current) => {
    const array = arrayOr(current, '$addToSet');
    for (const item of items) if (!array.some((present) => areEqual(present, item))) array.push(item);
    return array;
  };
};

const pullWhere =
  (operator: string, matches: (item: unknown) => boolean): Change =>
  (current) =>
    current === undefined ? undefined : arrayOr(current, operator).filter((item) => !matches(item));

const pullAll = (operand: unknown): Change => {
  check(Array.isArray(operand), 'BadValue', '$pullAll requires an array argument');
  return pullWhere('$pullAll', (item) => operand.some((value) => areEqual(item, value)));
};

const pop = (operand: unknown): Change => {
  const end = wholeNumber(operand);
  check(end === 1 || end === -1, 'FailedToParse', '$pop expects 1 or -1');
  return (current) => {
    check(
      current === undefined || Array.isArray(current),
      'TypeMismatch',
      'Path contains an element of non-array type',
    );
    return end === 1 ? current?.slice(0, -1) : current?.slice(1);
  };
};

export const arrayOperators: Readonly<Record<string, (operand: unknown) => Change>> = {
  $push: push,
  $addToSet: addToSet,
  /** A document is a query on the items, operators test each item, anything else is a value to equal. */
  $pull: (operand) => pullWhere('$pull', compileItem(operand, false)),
  $pullAll: pullAll,
  $pop: pop,
};
