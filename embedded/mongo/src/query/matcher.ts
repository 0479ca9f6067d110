import { check, MongoError } from '../bson/errors.js';
import { compareValues } from '../bson/order.js';
import {
  type Document,
  isDocument,
  isNumber,
  isTruthy,
  numericValue,
  rankOf,
  type TypeName,
  toDouble,
  typeOf,
  types,
  wholeNumber,
} from '../bson/values.js';
import { type Path, parsePath, someValueAt } from './paths.js';
import { compileRegex, isRegex } from './regex.js';

export type Matcher = (document: Document) => boolean;
type Test = (value: unknown) => boolean;

/** How a condition reaches the values it tests: along a path of a document, or the one item of an $elemMatch. */
type Reach = (subject: unknown, expand: boolean, test: Test) => boolean;

const along =
  (path: Path): Reach =>
  (subject, expand, test) =>
    someValueAt(subject as Document, path, expand, test);
const itself: Reach = (subject, _expand, test) => test(subject);

const any =
  (reach: Reach, test: Test): Test =>
  (subject) =>
    reach(subject, true, test);
const anyArray =
  (reach: Reach, test: (items: readonly unknown[]) => boolean): Test =>
  (subject) =>
    reach(subject, false, (value) => Array.isArray(value) && test(value));
const not =
  (test: Test): Test =>
  (subject) =>
    !test(subject);
const every = (tests: readonly Test[]): Test =>
  tests.length === 1 ? (tests[0] as Test) : (subject) => tests.every((test) => test(subject));

/** Compiles a filter as `find` takes it; refuses every operator that it does not know. */
export const compileFilter = (filter: Document): Matcher =>
  every(Object.entries(filter).flatMap(([name, value]) => compileEntry(name, value)));

const compileEntry = (name: string, value: unknown): Test[] => {
  if (!name.startsWith('$')) return [compileCondition(along(parsePath(name)), value)];
  if (name === '$comment') return [];
  check(['$and', '$or', '$nor'].includes(name), 'BadValue', `unknown top level operator: ${name}`);
  check(Array.isArray(value) && value.length > 0, 'BadValue', `${name} must be a nonempty array`);
  check(value.every(isDocument), 'BadValue', `${name} entries need to be full objects`);
  const tests = value.map((clause) => compileFilter(clause)) as Test[];
  if (name === '$and') return tests;
  const some: Test = (subject) => tests.some((test) => test(subject));
  return [name === '$or' ? some : not(some)];
};

/** Whether a condition is a document of operators rather than a value to equal. */
export const isOperators = (value: unknown): value is Document =>
  isDocument(value) && Object.keys(value)[0]?.startsWith('$') === true;

const compileCondition = (reach: Reach, condition: unknown): Test =>
  isOperators(condition) ? compileOperators(reach, condition) : any(reach, valueTest(condition));

const valueTest = (operand: unknown): Test => (isRegex(operand) ? regexTest(operand) : equalTest(operand));

const compileOperators = (reach: Reach, conditions: Document): Test =>
  every(
    Object.entries(conditions).map(([name, operand]) => {
      const compile = Object.hasOwn(operators, name) ? operators[name] : undefined;
      check(compile, 'BadValue', `unknown operator: ${name}`);
      return compile(reach, operand, conditions);
    }),
  );

const testing =
  (compile: (operand: unknown) => Test) =>
  (reach: Reach, operand: unknown): Test =>
    any(reach, compile(operand));

const operators: Readonly<Record<string, (reach: Reach, operand: unknown, all: Document) => Test>> = {
  $eq: testing((operand) => equalTest(operand)),
  $gt: testing((operand) => orderTest(operand, 1, false)),
  $gte: testing((operand) => orderTest(operand, 1, true)),
  $lt: testing((operand) => orderTest(operand, -1, false)),
  $lte: testing((operand) => orderTest(operand, -1, true)),
  $in: testing((operand) => inTest('$in', operand)),
  $type: testing((operand) => typeTest(operand)),
  $mod: testing((operand) => modTest(operand)),
  $nin: (reach, operand) => not(any(reach, inTest('$nin', operand))),
  $ne: (reach, operand) => {
    check(!isRegex(operand), 'BadValue', "Can't have regex as arg to $ne.");
    return not(any(reach, equalTest(operand)));
  },
  $not: (reach, operand) => {
    check(isRegex(operand) || isOperators(operand), 'BadValue', '$not needs a regex or a document of operators');
    return not(compileCondition(reach, operand));
  },
  $exists: (reach, operand) => {
    const exists: Test = (subject) => reach(subject, false, (value) => value !== undefined);
    return isTruthy(operand) ? exists : not(exists);
  },
  $regex: (reach, operand, { $options }) => any(reach, regexTest(operand, $options)),
  $options: (_, __, all) => {
    check(Object.hasOwn(all, '$regex'), 'BadValue', '$options needs a $regex');
    return () => true;
  },
  $size: (reach, operand) => {
    const size = wholeNumber(operand) ?? -1;
    check(size >= 0, 'BadValue', 'Failed to parse $size. Expected a non-negative whole number');
    return anyArray(reach, (items) => items.length === size);
  },
  $all: (reach, operand) => {
    check(Array.isArray(operand), 'BadValue', '$all needs an array');
    const tests = operand.map((item): Test => {
      if (!isOperators(item)) return any(reach, valueTest(item));
      check(Object.keys(item).join() === '$elemMatch', 'BadValue', 'no $ expressions in $all');
      return compileOperators(reach, item);
    });
    return tests.length === 0 ? () => false : every(tests);
  },
  $elemMatch: (reach, operand) => {
    check(isDocument(operand), 'BadValue', '$elemMatch needs an Object');
    const test = compileItem(operand, true);
    return anyArray(reach, (items) => items.some(test));
  },
};

/**
 * A condition on one item of an array. Operators test the item as a value, field names query it as a document;
 * $elemMatch also takes an array for a document whose fields are its indexes, $pull does not.
 */
export const compileItem = (operand: unknown, entersArrays: boolean): Test => {
  const [first = ''] = isDocument(operand) ? Object.keys(operand) : [];
  if (isOperators(operand) && !['$and', '$or', '$nor'].includes(first)) return compileOperators(itself, operand);
  if (!isDocument(operand)) return valueTest(operand);
  const matches = compileFilter(operand);
  return (item) => (isDocument(item) ? matches(item) : entersArrays && Array.isArray(item) && matches({ ...item }));
};

const equalTest = (operand: unknown): Test =>
  operand === null
    ? (value) => value === undefined || value === null
    : (value) => value !== undefined && compareValues(value, operand) === 0;

const isNotANumber = (value: unknown): boolean => isNumber(value) && Number.isNaN(toDouble(value));

/** Ranges stay within one type, as MongoDB's do: `$gt: 5` never matches a string. MinKey and MaxKey span all of them. */
const orderTest = (operand: unknown, sign: 1 | -1, includesEqual: boolean): Test => {
  check(!isRegex(operand), 'BadValue', "Can't have RegEx as arg to a comparison");
  if (operand === null) return includesEqual ? equalTest(null) : () => false;
  const rank = rankOf(operand);
  const spansTypes = rank === types.minKey.rank || rank === types.maxKey.rank;
  const operandIsNaN = isNotANumber(operand);
  return (value) => {
    if (value === undefined || (!spansTypes && rankOf(value) !== rank)) return false;
    if (operandIsNaN || isNotANumber(value)) return includesEqual && operandIsNaN && isNotANumber(value);
    const order = compareValues(value, operand) * sign;
    return order > 0 || (includesEqual && order === 0);
  };
};

const inTest = (name: string, operand: unknown): Test => {
  check(Array.isArray(operand), 'BadValue', `${name} needs an array`);
  check(!operand.some(isOperators), 'BadValue', `cannot nest $ under ${name}`);
  const tests = operand.map(valueTest);
  return (value) => tests.some((test) => test(value));
};

const regexTest = (operand: unknown, options?: unknown): Test => {
  const { expression, source, flags } = compileRegex(operand, options);
  return (value) => {
    if (typeof value === 'string') return expression.test(value);
    return isRegex(value)
      ? value.pattern === source && value.options === flags
      : typeOf(value) === 'symbol' && expression.test(String(value));
  };
};

const typeTest = (operand: unknown): Test => {
  const wanted = new Set((Array.isArray(operand) ? operand : [operand]).flatMap(toTypeNames));
  check(wanted.size > 0, 'FailedToParse', '$type must match at least one type');
  return (value) => value !== undefined && wanted.has(typeOf(value));
};

const toTypeNames = (operand: unknown): TypeName[] => {
  if (operand === 'number') return ['int', 'long', 'double', 'decimal'];
  const names = Object.keys(types) as TypeName[];
  const name = names.find((type) =>
    typeof operand === 'string' ? type === operand : types[type].code === wholeNumber(operand),
  );
  check(name, 'BadValue', 'Unknown type name alias or numerical type code');
  return [name];
};

const modTest = (operand: unknown): Test => {
  check(Array.isArray(operand) && operand.length === 2, 'BadValue', 'malformed mod, needs a divisor and a remainder');
  const [divisor, remainder] = operand.map(toTruncated);
  if (divisor === undefined || remainder === undefined) throw new MongoError('BadValue', 'malformed mod, not numbers');
  check(divisor !== 0n, 'BadValue', 'divisor cannot be 0');
  return (value) => {
    const whole = toTruncated(value);
    return whole !== undefined && whole % divisor === remainder;
  };
};

const toTruncated = (value: unknown): bigint | undefined => {
  if (!isNumber(value)) return undefined;
  const number = numericValue(value);
  if (typeof number === 'bigint') return number;
  const truncated = Math.trunc(toDouble(value));
  return Number.isFinite(truncated) ? BigInt(truncated) : undefined;
};
