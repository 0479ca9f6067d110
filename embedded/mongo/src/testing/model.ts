import { compareValues } from '../bson/order.js';
import { type Document, emptyArray, isDocument, isNumber, rankOf, toDouble, wholeNumber } from '../bson/values.js';

/**
 * MongoDB's matching in the plainest words, without indexes, paths that are prepared, or early ends.
 * The order of values is the one thing it takes from the store; that has a test of its own.
 */
const missing = Symbol('missing');

/** Everything that a condition on the path is asked about. */
const reached = (value: unknown, path: readonly string[], expands: boolean): unknown[] => {
  const [name, ...rest] = path;
  if (name === undefined) return expands && Array.isArray(value) ? [...value, value] : [value];
  if (Array.isArray(value)) {
    return value.flatMap((item) => (isDocument(item) ? reached(item, path, expands) : []));
  }
  if (!isDocument(value) || !(name in value)) return [missing];
  return reached(value[name], rest, expands);
};

const equals = (value: unknown, operand: unknown): boolean =>
  value === missing ? operand === null : compareValues(value, operand) === 0;

const isNotANumber = (value: unknown): boolean => isNumber(value) && Number.isNaN(toDouble(value));

const inOrder = (value: unknown, operand: unknown, test: (order: number) => boolean): boolean => {
  if (operand === null) return test(0) && equals(value, null);
  if (value === missing || rankOf(value) !== rankOf(operand)) return false;
  if (isNotANumber(value) || isNotANumber(operand)) return isNotANumber(value) && isNotANumber(operand) && test(0);
  return test(compareValues(value, operand));
};

const conditions: Record<string, (operand: unknown) => (value: unknown) => boolean> = {
  $eq: (operand) => (value) => equals(value, operand),
  $gt: (operand) => (value) => inOrder(value, operand, (order) => order > 0),
  $gte: (operand) => (value) => inOrder(value, operand, (order) => order >= 0),
  $lt: (operand) => (value) => inOrder(value, operand, (order) => order < 0),
  $lte: (operand) => (value) => inOrder(value, operand, (order) => order <= 0),
  $in: (operand) => (value) => (operand as unknown[]).some((each) => equals(value, each)),
};

type Ask = (expands: boolean, test: (value: unknown) => boolean) => boolean;

const satisfies = (ask: Ask, operator: string, operand: unknown): boolean => {
  const plain = conditions[operator];
  if (plain !== undefined) return ask(true, plain(operand));
  if (operator === '$ne') return !satisfies(ask, '$eq', operand);
  if (operator === '$nin') return !satisfies(ask, '$in', operand);
  if (operator === '$exists') return ask(false, (value) => value !== missing) === operand;
  if (operator === '$size') return ask(false, (value) => Array.isArray(value) && value.length === wholeNumber(operand));
  if (operator !== '$elemMatch') throw new Error(operator);
  const isOfOperators = Object.keys(operand as Document).some((name) => name.startsWith('$'));
  return ask(false, (value) => {
    if (!Array.isArray(value)) return false;
    return value.some((item) => {
      if (isOfOperators) return satisfiesAll((_, test) => test(item), operand as Document);
      return (
        (isDocument(item) || Array.isArray(item)) && modelMatches(Array.isArray(item) ? {} : item, operand as Document)
      );
    });
  });
};

const satisfiesAll = (ask: Ask, operators: Document): boolean =>
  Object.entries(operators).every(([operator, operand]) => satisfies(ask, operator, operand));

export const modelMatches = (document: Document, filter: Document): boolean =>
  Object.entries(filter).every(([name, condition]) => {
    if (name === '$and') return (condition as Document[]).every((each) => modelMatches(document, each));
    if (name === '$or') return (condition as Document[]).some((each) => modelMatches(document, each));
    if (name === '$nor') return !(condition as Document[]).some((each) => modelMatches(document, each));
    const ask: Ask = (expands, test) => reached(document, name.split('.'), expands).some(test);
    const isOfOperators = isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true;
    return satisfiesAll(ask, isOfOperators ? condition : { $eq: condition });
  });

/** The smallest or greatest key of a document for one sort field; null when there is none. */
export const modelSortKey = (document: Document, path: string, direction: number): unknown => {
  const keys = reached(document, path.split('.'), false).flatMap((value) => {
    if (Array.isArray(value)) return value.length === 0 ? [emptyArray] : value;
    return [value === missing ? null : value];
  });
  return keys.length === 0 ? null : keys.reduce((best, key) => (compareValues(key, best) * direction < 0 ? key : best));
};
