import { BSONRegExp } from 'bson';
import { check } from '../bson/errors.js';
import { areEqual, compareValues } from '../bson/order.js';
import { type Path, parsePath, someValueAt } from '../bson/paths.js';
import { compileRegex, isRegex } from '../bson/regex.js';
import { type Document, fieldOf, isDocument, isTruthy, rankOf, ranks, toDouble, wholeNumber } from '../bson/values.js';

export type Matcher = (value: unknown) => boolean;

/** Compiles a filter as `find` takes it; an operator that is not among those below is refused by its name. */
export const compileFilter = (filter: Document): Matcher => {
  const clauses = Object.entries(filter).map(([name, value]) => compileClause(name, value));
  return (document) => clauses.every((matches) => matches(document));
};

const compileClause = (name: string, value: unknown): Matcher => {
  if (!name.startsWith('$')) return compileOperators(toOperators(value), parsePath(name));
  check(['$and', '$or', '$nor'].includes(name), 'BadValue', `unknown top level operator: ${name}`);
  const isList = Array.isArray(value) && value.length > 0 && value.every(isDocument);
  check(isList, 'BadValue', `${name} must be a nonempty array of objects`);
  const clauses = value.map(compileFilter);
  if (name === '$and') return (document) => clauses.every((matches) => matches(document));
  return (document) => clauses.some((matches) => matches(document)) === (name === '$or');
};

/** Whether a condition is a document of operators rather than a value to equal. */
export const isOperators = (value: unknown): value is Document =>
  isDocument(value) && Object.keys(value)[0]?.startsWith('$') === true;
export const toOperators = (value: unknown): Document =>
  isOperators(value) ? value : { [isRegex(value) ? '$regex' : '$eq']: value };

/** Conditions on the value at a path; at no path, on one item of an array, which is then not looked into. */
const compileOperators = (operators: Document, path: Path): Matcher => {
  const conditions = Object.entries(operators).map(([name, operand]) => {
    const compile = fieldOf(filterOperators, name);
    check(compile, 'BadValue', `unknown operator: ${name}`);
    const test = compile(operand);
    const isNegated = name === '$ne' || name === '$nin' || (name === '$exists' && !isTruthy(operand));
    const entersArrays = path.length > 0 && !['$exists', '$size', '$elemMatch'].includes(name);
    return (subject: unknown) => someValueAt(subject, path, entersArrays, test) !== isNegated;
  });
  return (subject) => conditions.every((holds) => holds(subject));
};

/** A condition on one item of an array. $elemMatch takes an array for a document without any fields, $pull does not. */
export const compileItem = (operand: unknown, takesArrays: boolean): Matcher => {
  if (!isDocument(operand)) return valueTest(operand);
  const [first = ''] = Object.keys(operand);
  if (first.startsWith('$') && !['$and', '$or', '$nor'].includes(first)) return compileOperators(operand, []);
  const matches = compileFilter(operand);
  return (item) => (isDocument(item) ? matches(item) : takesArrays && Array.isArray(item) && matches({}));
};

/** A value to equal, or a regular expression to match. */
const valueTest = (operand: unknown): Matcher => {
  if (operand === null) return (value) => value === undefined || value === null;
  if (!isRegex(operand)) return (value) => value !== undefined && areEqual(value, operand);
  const matches = compileRegex(operand);
  return (value) =>
    rankOf(value) === ranks.string ? matches(String(value)) : isRegex(value) && areEqual(value, operand);
};

const equalTest = (operand: unknown): Matcher => {
  check(!isRegex(operand), 'BadValue', "Can't have a regular expression as the value of a comparison");
  return valueTest(operand);
};
const inTest = (operand: unknown): Matcher => {
  check(Array.isArray(operand) && !operand.some(isOperators), 'BadValue', '$in and $nin need an array of values');
  const choices = operand.map(valueTest);
  return (value) => choices.some((test) => test(value));
};

const isNotANumber = (value: unknown): boolean => rankOf(value) === ranks.int && Number.isNaN(toDouble(value));
/** Ranges stay within one type, as MongoDB's do: `$gt: 5` never matches a string. MinKey and MaxKey span all of them. */
const orderTest = (operand: unknown, isWanted: (order: number) => boolean): Matcher => {
  const isEqual = equalTest(operand);
  if (operand === null || isNotANumber(operand)) return isWanted(0) ? isEqual : () => false;
  const rank = rankOf(operand);
  const spansTypes = rank === ranks.minKey || rank === ranks.maxKey;
  const isComparable = (value: unknown) => (spansTypes || rankOf(value) === rank) && !isNotANumber(value);
  return (value) => value !== undefined && isComparable(value) && isWanted(compareValues(value, operand));
};

export const filterOperators: Readonly<Record<string, (operand: unknown) => Matcher>> = {
  $eq: equalTest,
  $ne: equalTest,
  $in: inTest,
  $nin: inTest,
  $gt: (operand) => orderTest(operand, (order) => order > 0),
  $gte: (operand) => orderTest(operand, (order) => order >= 0),
  $lt: (operand) => orderTest(operand, (order) => order < 0),
  $lte: (operand) => orderTest(operand, (order) => order <= 0),
  $exists: () => (value) => value !== undefined,
  $regex: (operand) => {
    check(isRegex(operand) || typeof operand === 'string', 'BadValue', '$regex has to be a string');
    return valueTest(isRegex(operand) ? operand : new BSONRegExp(operand));
  },
  $size: (operand) => {
    const size = wholeNumber(operand) ?? -1;
    check(size >= 0, 'BadValue', 'Failed to parse $size. Expected a non-negative whole number');
    return (value) => Array.isArray(value) && value.length === size;
  },
  $elemMatch: (operand) => {
    check(isDocument(operand), 'BadValue', '$elemMatch needs an Object');
    const isWanted = compileItem(operand, true);
    return (value) => Array.isArray(value) && value.some(isWanted);
  },
};
