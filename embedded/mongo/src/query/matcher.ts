import { MongoError } from '../commands/errors.js';
import { compareValues } from './order.js';
import { type Path, parsePath, someValueAt } from './paths.js';
import { compileRegex, isRegex } from './regex.js';
import {
  type Document,
  fieldOf,
  isDocument,
  isNumber,
  isTruthy,
  numericValue,
  rankOf,
  type TypeName,
  typeOf,
  types,
  wholeNumber,
} from './values.js';

export type Matcher = (document: Document) => boolean;
type Test = (value: unknown) => boolean;

/** Compiles a filter as `find` takes it; refuses every operator that it does not know. */
export const compileFilter = (filter: Document): Matcher => {
  const matchers = Object.entries(filter).flatMap(([name, value]) => compileEntry(name, value));
  if (matchers.length === 1) return matchers[0] as Matcher;
  return (document) => matchers.every((matches) => matches(document));
};

const compileEntry = (name: string, value: unknown): Matcher[] => {
  if (!name.startsWith('$')) return compileField(parsePath(name), value);
  if (name === '$comment') return [];
  if (name !== '$and' && name !== '$or' && name !== '$nor') {
    throw new MongoError(
      'BadValue',
      `unknown top level operator: ${name}. If you are trying to match a field, it is not supported to start its name with '$'`,
    );
  }
  const matchers = clausesOf(name, value).map(compileFilter);
  if (name === '$and') return matchers;
  const some: Matcher = (document) => matchers.some((matches) => matches(document));
  return [name === '$or' ? some : (document) => !some(document)];
};

export const clausesOf = (name: string, value: unknown): Document[] => {
  if (!Array.isArray(value)) throw new MongoError('BadValue', `${name} must be an array`);
  if (value.length === 0) throw new MongoError('BadValue', '$and/$or/$nor must be a nonempty array');
  if (!value.every(isDocument)) throw new MongoError('BadValue', '$or/$and/$nor entries need to be full objects');
  return value as Document[];
};

/** Whether a field's condition is a document of operators rather than a value to equal. */
export const isOperators = (value: unknown): value is Document => {
  if (!isDocument(value)) return false;
  const [first] = Object.keys(value);
  return first?.startsWith('$') === true;
};

/** How a condition reaches the values it tests: along a path of a document, or the one item of an $elemMatch. */
type Reach = (subject: unknown, expand: boolean, test: Test) => boolean;
type Condition = (subject: unknown) => boolean;

const along =
  (path: Path): Reach =>
  (subject, expand, test) =>
    someValueAt(subject as Document, path, expand, test);
const itself: Reach = (subject, _expand, test) => test(subject);

const compileField = (path: Path, condition: unknown): Matcher[] => {
  const reach = along(path);
  if (isOperators(condition)) return compileOperators(reach, condition);
  return [any(reach, isRegex(condition) ? regexTest(condition) : equalTest(condition))];
};

const compileOperators = (reach: Reach, operators: Document): Condition[] =>
  Object.entries(operators).flatMap(([name, operand]) => {
    if (name === '$options') {
      if (!Object.hasOwn(operators, '$regex')) throw new MongoError('BadValue', '$options needs a $regex');
      return [];
    }
    return [compileOperator(reach, name, operand, operators)];
  });

const any =
  (reach: Reach, test: Test): Condition =>
  (subject) =>
    reach(subject, true, test);
const anyArray =
  (reach: Reach, test: (items: readonly unknown[]) => boolean): Condition =>
  (subject) =>
    reach(subject, false, (value) => Array.isArray(value) && test(value));
const not =
  (condition: Condition): Condition =>
  (subject) =>
    !condition(subject);
const every =
  (conditions: readonly Condition[]): Condition =>
  (subject) =>
    conditions.every((condition) => condition(subject));

const compileOperator = (reach: Reach, name: string, operand: unknown, operators: Document): Condition => {
  switch (name) {
    case '$eq':
      return any(reach, equalTest(operand));
    case '$ne':
      if (isRegex(operand)) throw new MongoError('BadValue', "Can't have regex as arg to $ne.");
      return not(any(reach, equalTest(operand)));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return any(reach, orderTest(name, operand));
    case '$in':
      return any(reach, inTest(name, operand));
    case '$nin':
      return not(any(reach, inTest(name, operand)));
    case '$not':
      return compileNot(reach, operand);
    case '$exists': {
      const exists: Condition = (subject) => reach(subject, false, (value) => value !== undefined);
      return isTruthy(operand) ? exists : not(exists);
    }
    case '$type':
      return any(reach, typeTest(operand));
    case '$regex':
      return any(reach, regexTest(operand, fieldOf(operators, '$options')));
    case '$size': {
      const size = wholeNumber(operand);
      if (size === undefined || size < 0) {
        throw new MongoError('BadValue', 'Failed to parse $size. Expected a non-negative whole number');
      }
      return anyArray(reach, (items) => items.length === size);
    }
    case '$all':
      return compileAll(reach, operand);
    case '$elemMatch':
      return anyArray(reach, compileElemMatch(operand));
    case '$mod':
      return any(reach, modTest(operand));
    default:
      throw new MongoError('BadValue', `unknown operator: ${name}`);
  }
};

const compileNot = (reach: Reach, operand: unknown): Condition => {
  if (isRegex(operand)) return not(any(reach, regexTest(operand)));
  if (!isDocument(operand)) throw new MongoError('BadValue', '$not needs a regex or a document');
  if (!isOperators(operand)) throw new MongoError('BadValue', '$not cannot be empty and needs operators');
  return not(every(compileOperators(reach, operand)));
};

/** One item must satisfy everything: as a document when the operand names fields, as a value when it holds operators. */
const compileElemMatch = (operand: unknown): ((items: readonly unknown[]) => boolean) => {
  if (!isDocument(operand)) throw new MongoError('BadValue', '$elemMatch needs an Object');
  const [first = ''] = Object.keys(operand);
  if (isOperators(operand) && !['$and', '$or', '$nor'].includes(first)) {
    const matches = every(compileOperators(itself, operand));
    return (items) => items.some(matches);
  }
  const matches = compileFilter(operand);
  return (items) =>
    items.some((item) => {
      if (Array.isArray(item)) return matches(Object.fromEntries(item.entries()));
      return isDocument(item) && matches(item);
    });
};

/** The condition of `$pull`: a document without operators is a query on items that are documents. */
export const compileElement = (operand: unknown): Condition => {
  if (isOperators(operand)) return every(compileOperators(itself, operand));
  if (isRegex(operand)) return regexTest(operand);
  if (!isDocument(operand)) return equalTest(operand);
  const matches = compileFilter(operand);
  return (item) => isDocument(item) && matches(item);
};

const compileAll = (reach: Reach, operand: unknown): Condition => {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', '$all needs an array');
  const conditions = operand.map((item): Condition => {
    if (isRegex(item)) return any(reach, regexTest(item));
    if (!isOperators(item)) return any(reach, equalTest(item));
    if (Object.keys(item)[0] !== '$elemMatch') throw new MongoError('BadValue', 'no $ expressions in $all');
    return anyArray(reach, compileElemMatch(fieldOf(item, '$elemMatch')));
  });
  return conditions.length === 0 ? () => false : every(conditions);
};

const equalTest = (operand: unknown): Test => {
  if (operand === null) return (value) => value === undefined || value === null;
  return (value) => value !== undefined && compareValues(value, operand) === 0;
};

/** Ranges stay within one type, as MongoDB's do: `$gt: 5` never matches a string. MinKey and MaxKey span all of them. */
const orderTest = (name: '$gt' | '$gte' | '$lt' | '$lte', operand: unknown): Test => {
  if (isRegex(operand)) throw new MongoError('BadValue', `Can't have RegEx as arg to ${name}`);
  const includesEqual = name.endsWith('e');
  const sign = name.startsWith('$g') ? 1 : -1;
  const rank = rankOf(operand);
  if (operand === null) return includesEqual ? equalTest(null) : () => false;
  const spansTypes = rank === types.minKey.rank || rank === types.maxKey.rank;
  const operandIsNaN = isNaNValue(operand);
  return (value) => {
    if (value === undefined || (!spansTypes && rankOf(value) !== rank)) return false;
    if (operandIsNaN || isNaNValue(value)) return includesEqual && operandIsNaN && isNaNValue(value);
    const order = compareValues(value, operand) * sign;
    return order > 0 || (includesEqual && order === 0);
  };
};

const isNaNValue = (value: unknown): boolean => isNumber(value) && Number.isNaN(Number(numericValue(value).toString()));

const inTest = (name: string, operand: unknown): Test => {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', `${name} needs an array`);
  if (operand.some(isOperators)) throw new MongoError('BadValue', `cannot nest $ under ${name}`);
  const tests = operand.map((item) => (isRegex(item) ? regexTest(item) : equalTest(item)));
  return (value) => tests.some((test) => test(value));
};

const regexTest = (operand: unknown, options?: unknown): Test => {
  const { expression, source, flags } = compileRegex(operand, options);
  return (value) => {
    if (typeof value === 'string') return expression.test(value);
    if (typeOf(value) === 'symbol') return expression.test(String(value));
    return isRegex(value) && value.pattern === source && value.options === flags;
  };
};

const typeTest = (operand: unknown): Test => {
  const wanted = new Set((Array.isArray(operand) ? operand : [operand]).flatMap(toTypeNames));
  if (wanted.size === 0) throw new MongoError('FailedToParse', '$type must match at least one type');
  return (value) => value !== undefined && wanted.has(typeOf(value));
};

const toTypeNames = (operand: unknown): TypeName[] => {
  if (operand === 'number') return ['int', 'long', 'double', 'decimal'];
  if (typeof operand === 'string') {
    if (!Object.hasOwn(types, operand)) throw new MongoError('BadValue', `Unknown type name alias: ${operand}`);
    return [operand as TypeName];
  }
  const code = wholeNumber(operand);
  const name = (Object.keys(types) as TypeName[]).find((type) => types[type].code === code);
  if (name === undefined) throw new MongoError('BadValue', `Invalid numerical type code: ${String(operand)}`);
  return [name];
};

const modTest = (operand: unknown): Test => {
  if (!Array.isArray(operand) || operand.length < 2)
    throw new MongoError('BadValue', 'malformed mod, not enough elements');
  if (operand.length > 2) throw new MongoError('BadValue', 'malformed mod, too many elements');
  const [divisor, remainder] = operand.map(toTruncated);
  if (divisor === undefined || remainder === undefined)
    throw new MongoError('BadValue', 'malformed mod, divisor or remainder is not a number');
  if (divisor === 0n) throw new MongoError('BadValue', 'divisor cannot be 0');
  return (value) => {
    const whole = toTruncated(value);
    return whole !== undefined && whole % divisor === remainder;
  };
};

const toTruncated = (value: unknown): bigint | undefined => {
  if (!isNumber(value)) return undefined;
  const number = numericValue(value);
  if (typeof number === 'bigint') return number;
  const truncated = Math.trunc(Number(number.toString()));
  return Number.isFinite(truncated) ? BigInt(truncated) : undefined;
};
