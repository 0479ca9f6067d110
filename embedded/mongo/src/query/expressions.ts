import { Double, Long } from 'bson';
import { MongoError } from '../commands/errors.js';
import { calculate, toDouble, toWhole } from './numbers.js';
import { areEqual, compareValues } from './order.js';
import { type Path, parsePath } from './paths.js';
import { type Document, fieldOf, isDocument, isNumber, isTruthy, typeOf, wholeNumber } from './values.js';

/** Evaluates to a typed value, or undefined for a missing field. */
export type Expression = (document: Document) => unknown;

/** The typed part of MongoDB's expressions; what is not here is refused (168). */
export const compileExpression = (spec: unknown): Expression => {
  if (typeof spec === 'string' && spec.startsWith('$')) return compileReference(spec);
  if (Array.isArray(spec)) {
    const items = spec.map(compileExpression);
    return (document) => items.map((item) => item(document) ?? null);
  }
  if (!isDocument(spec)) return () => spec;
  const [name = ''] = Object.keys(spec);
  if (name.startsWith('$')) {
    if (Object.keys(spec).length > 1)
      throw new MongoError('Location15983', 'An object representing an expression must have exactly one field');
    return compileOperator(name, spec[name]);
  }
  const fields = Object.entries(spec).map(([field, value]) => [field, compileExpression(value)] as const);
  return (document) => {
    const result: Document = {};
    for (const [field, value] of fields) {
      const evaluated = value(document);
      if (evaluated !== undefined) result[field] = evaluated;
    }
    return result;
  };
};

const compileReference = (text: string): Expression => {
  if (!text.startsWith('$$')) return fieldReference(parsePath(text.slice(1)));
  const [variable, ...path] = parsePath(text.slice(2));
  if (variable === 'REMOVE') return () => undefined;
  if (variable !== 'ROOT' && variable !== 'CURRENT')
    throw new MongoError('Location17276', `Use of undefined variable: ${String(variable)}`);
  return fieldReference(path);
};

/** An array on the way gives an array of what its documents hold; nothing counts as an index here. */
const fieldReference =
  (path: Path): Expression =>
  (document) =>
    path.reduce<unknown>((value, name) => {
      const of = (each: unknown): unknown => (isDocument(each) ? fieldOf(each, name) : undefined);
      const deep = (each: unknown): unknown =>
        Array.isArray(each) ? each.map(deep).filter((found) => found !== undefined) : of(each);
      return deep(value);
    }, document);

const compileOperator = (name: string, operand: unknown): Expression => {
  if (name === '$literal') return () => operand;
  if (name === '$cond') return compileCond(operand);
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator === undefined) throw new MongoError('InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  const args = (Array.isArray(operand) ? operand : [operand]).map(compileExpression);
  const [least, most] = operator.arity;
  if (args.length < least || args.length > most) {
    throw new MongoError(
      'Location16020',
      `Expression ${name} takes ${least === most ? `exactly ${least}` : `${least} to ${most}`} arguments. ${args.length} were passed in.`,
    );
  }
  return (document) => operator.run(args.map((arg) => arg(document)));
};

const compileCond = (operand: unknown): Expression => {
  const parts = isDocument(operand) ? ['if', 'then', 'else'].map((part) => fieldOf(operand, part)) : operand;
  if (!Array.isArray(parts) || parts.length !== 3 || parts.includes(undefined))
    throw new MongoError('Location16020', 'Expression $cond takes exactly 3 arguments');
  const [condition, yes, no] = parts.map(compileExpression) as [Expression, Expression, Expression];
  return (document) => (isTruthy(condition(document)) ? yes(document) : no(document));
};

interface Operator {
  arity: readonly [least: number, most: number];
  run: (args: readonly unknown[]) => unknown;
}

const isNullish = (value: unknown): boolean => value === undefined || value === null;
const many = Number.POSITIVE_INFINITY;

/** A missing value sorts before null in comparisons of aggregation. */
const compare = (left: unknown, right: unknown): number => {
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
  return Math.sign(compareValues(left, right));
};

const comparison = (test: (order: number) => boolean): Operator => ({
  arity: [2, 2],
  run: ([left, right]) => test(compare(left, right)),
});

const arithmetic = (name: 'add' | 'multiply'): Operator => ({
  arity: [0, many],
  run: (args) => {
    if (args.some(isNullish)) return null;
    if (!args.every(isNumber))
      throw new MongoError('TypeMismatch', `$${name} only supports numeric types, not ${args.map(typeOf).join(', ')}`);
    return args
      .slice(1)
      .reduce((left, right) => calculate(name, left, right), args[0] ?? toWhole(name === 'add' ? 0 : 1));
  },
});

const subtract: Operator = {
  arity: [2, 2],
  run: ([left, right]) => {
    if (isNullish(left) || isNullish(right)) return null;
    if (left instanceof Date && right instanceof Date) return Long.fromNumber(left.getTime() - right.getTime());
    if (!isNumber(left) || !isNumber(right))
      throw new MongoError('TypeMismatch', `can't $subtract ${typeOf(right)} from ${typeOf(left)}`);
    return calculate('add', left, calculate('multiply', right, toWhole(-1)));
  },
};

const divide: Operator = {
  arity: [2, 2],
  run: ([left, right]) => {
    if (isNullish(left) || isNullish(right)) return null;
    if (!isNumber(left) || !isNumber(right))
      throw new MongoError('TypeMismatch', '$divide only supports numeric types');
    if (toDouble(right) === 0) throw new MongoError('BadValue', "can't $divide by zero");
    return new Double(toDouble(left) / toDouble(right));
  },
};

const arrayItem =
  (pick: (items: readonly unknown[]) => unknown): Operator['run'] =>
  ([array]) => {
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      throw new MongoError('Location28689', `the argument must be an array, but was of type: ${typeOf(array)}`);
    return pick(array);
  };

const arrayElemAt: Operator = {
  arity: [2, 2],
  run: ([array, at]) => {
    const index = wholeNumber(at);
    if (index === undefined)
      throw new MongoError('Location28690', "$arrayElemAt's second argument must be a whole number");
    return arrayItem((items) => items.at(index))([array]);
  },
};

const size: Operator = {
  arity: [1, 1],
  run: ([array]) => {
    if (!Array.isArray(array))
      throw new MongoError(
        'Location17124',
        `The argument to $size must be an array, but was of type: ${typeOf(array)}`,
      );
    return toWhole(array.length);
  },
};

const isIn: Operator = {
  arity: [2, 2],
  run: ([value, array]) => {
    if (!Array.isArray(array))
      throw new MongoError('Location40081', `$in requires an array as a second argument, found: ${typeOf(array)}`);
    return array.some((item) => value !== undefined && areEqual(item, value));
  },
};

const concat: Operator = {
  arity: [0, many],
  run: (args) => {
    if (args.some(isNullish)) return null;
    if (!args.every((arg) => typeof arg === 'string'))
      throw new MongoError('Location16702', '$concat only supports strings');
    return args.join('');
  },
};

const operators: Readonly<Record<string, Operator>> = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: { arity: [2, 2], run: ([left, right]) => toWhole(compare(left, right)) },
  $and: { arity: [0, many], run: (args) => args.every(isTruthy) },
  $or: { arity: [0, many], run: (args) => args.some(isTruthy) },
  $not: { arity: [1, 1], run: ([value]) => !isTruthy(value) },
  $ifNull: { arity: [2, many], run: (args) => args.slice(0, -1).find((value) => !isNullish(value)) ?? args.at(-1) },
  $add: arithmetic('add'),
  $multiply: arithmetic('multiply'),
  $subtract: subtract,
  $divide: divide,
  $arrayElemAt: arrayElemAt,
  $first: { arity: [1, 1], run: arrayItem((items) => items[0]) },
  $last: { arity: [1, 1], run: arrayItem((items) => items.at(-1)) },
  $size: size,
  $in: isIn,
  $concat: concat,
};
