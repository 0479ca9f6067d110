import { MongoError } from '../commands/errors.js';
import { compileElement } from './matcher.js';
import { areEqual, compareValues } from './order.js';
import { compareSortKeys, parseSort, toSortKey } from './sort.js';
import { type Document, fieldOf, isDocument, typeOf, wholeNumber } from './values.js';

/** The new value of a field, or undefined to leave it as it is. */
export type Change = (current: unknown) => unknown;

const arrayOr = (current: unknown, message: string): unknown[] => {
  if (current === undefined) return [];
  if (!Array.isArray(current)) throw new MongoError('BadValue', `${message} but is of type ${typeOf(current)}`);
  return current;
};

const itemsOf = (operator: string, operand: unknown, known: readonly string[]): unknown[] => {
  if (!isDocument(operand) || !Object.hasOwn(operand, '$each')) return [operand];
  const unknown = Object.keys(operand).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MongoError('BadValue', `Unrecognized clause in ${operator}: ${unknown}`);
  const items = fieldOf(operand, '$each');
  if (!Array.isArray(items)) {
    throw new MongoError(
      'BadValue',
      `The argument to $each in ${operator} must be an array but it was of type: ${typeOf(items)}`,
    );
  }
  return items;
};

const wholeClause = (operand: unknown, name: string): number | undefined => {
  const value = isDocument(operand) ? fieldOf(operand, name) : undefined;
  if (value === undefined) return undefined;
  const whole = wholeNumber(value);
  if (whole === undefined) throw new MongoError('BadValue', `The value for ${name} must be an integer value`);
  return whole;
};

/** `$push`: insert at $position, then $sort, then $slice. */
export const compilePush = (operand: unknown): Change => {
  const items = itemsOf('$push', operand, ['$each', '$position', '$sort', '$slice']);
  const hasClauses = isDocument(operand) && Object.hasOwn(operand, '$each');
  const position = hasClauses ? wholeClause(operand, '$position') : undefined;
  const slice = hasClauses ? wholeClause(operand, '$slice') : undefined;
  const compare = hasClauses ? compileItemOrder(fieldOf(operand, '$sort')) : undefined;
  return (current) => {
    const array = [...arrayOr(current, 'The field must be an array')];
    array.splice(position ?? array.length, 0, ...items);
    if (compare !== undefined) array.sort(compare);
    if (slice === undefined) return array;
    return slice < 0 ? array.slice(slice) : array.slice(0, slice);
  };
};

const compileItemOrder = (sort: unknown): ((left: unknown, right: unknown) => number) | undefined => {
  if (sort === undefined) return undefined;
  if (isDocument(sort) && Object.keys(sort).length > 0) {
    const pattern = parseSort(sort);
    const keyOf = (item: unknown): unknown[] => toSortKey(isDocument(item) ? item : {}, pattern);
    return (left, right) => compareSortKeys(keyOf(left), keyOf(right), pattern);
  }
  const direction = wholeNumber(sort);
  if (direction !== 1 && direction !== -1)
    throw new MongoError('BadValue', 'The $sort element value must be either 1 or -1');
  return (left, right) => compareValues(left, right) * direction;
};

export const compileAddToSet = (operand: unknown): Change => {
  const items = itemsOf('$addToSet', operand, ['$each']);
  return (current) => {
    const array = [...arrayOr(current, 'Cannot apply $addToSet to non-array field. The field must be an array')];
    for (const item of items) if (!array.some((present) => areEqual(present, item))) array.push(item);
    return array;
  };
};

/** `$pull`: a document is a query on the items, operators test each item, anything else is a value to equal. */
export const compilePull = (operand: unknown): Change => {
  const matches = compileElement(operand);
  return pullWhere(matches, '$pull');
};

export const compilePullAll = (operand: unknown): Change => {
  if (!Array.isArray(operand))
    throw new MongoError('BadValue', `$pullAll requires an array argument but was given a ${typeOf(operand)}`);
  return pullWhere((item) => operand.some((value) => areEqual(item, value)), '$pullAll');
};

const pullWhere =
  (matches: (item: unknown) => boolean, operator: string): Change =>
  (current) => {
    if (current === undefined) return undefined;
    if (!Array.isArray(current)) throw new MongoError('BadValue', `Cannot apply ${operator} to a non-array value`);
    return current.filter((item) => !matches(item));
  };

export const compilePop = (operand: unknown): Change => {
  const end = wholeNumber(operand);
  if (end !== 1 && end !== -1) throw new MongoError('FailedToParse', '$pop expects 1 or -1');
  return (current) => {
    if (current === undefined) return undefined;
    if (!Array.isArray(current)) throw new MongoError('TypeMismatch', 'Path contains an element of non-array type');
    return end === 1 ? current.slice(0, -1) : current.slice(1);
  };
};

export const asDocument = (value: unknown, what: string): Document => {
  if (!isDocument(value))
    throw new MongoError('FailedToParse', `${what} must be an object, not of type ${typeOf(value)}`);
  return value;
};
