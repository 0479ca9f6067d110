import { Double } from 'bson';
import { check } from '../bson/errors.js';
import { product, sum } from '../bson/numbers.js';
import { compareValues } from '../bson/order.js';
import { type Document, fieldOf, isDocument, isNumber, isTruthy, toDouble, typeOf } from '../bson/values.js';
import { parsePath } from './paths.js';

/** Evaluates to a typed value, or undefined for a missing field. */
export type Expression = (document: Document) => unknown;

/** Field paths, constants, documents and arrays of them, and the few operators whose types are exact here. */
export const compileExpression = (spec: unknown): Expression => {
  if (typeof spec === 'string' && spec.startsWith('$')) return compileReference(spec);
  if (Array.isArray(spec)) {
    const items = spec.map(compileExpression);
    return (document) => items.map((item) => item(document) ?? null);
  }
  if (!isDocument(spec)) return () => spec;
  const [name = '', ...others] = Object.keys(spec);
  if (name.startsWith('$')) return compileOperator(name, spec[name], others.length === 0);
  const fields = Object.entries(spec).map(([field, value]) => [field, compileExpression(value)] as const);
  return (document) =>
    Object.fromEntries(fields.map(([field, of]) => [field, of(document)]).filter(([, value]) => value !== undefined));
};

/** An array on the way gives an array of what its documents hold; no name counts as an index here. */
const compileReference = (text: string): Expression => {
  const [first = '', ...rest] = parsePath(text);
  check(!first.startsWith('$$') || first === '$$ROOT', 'Location17276', `Use of undefined variable: ${text}`);
  const names = first === '$$ROOT' ? rest : [first.slice(1), ...rest];
  const below = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => below(item, name)).filter((item) => item !== undefined);
    return isDocument(value) ? fieldOf(value, name) : undefined;
  };
  return (document) => names.reduce<unknown>(below, document);
};

const compileOperator = (name: string, operand: unknown, isAlone: boolean): Expression => {
  check(isAlone, 'Location15983', 'An object representing an expression must have exactly one field');
  if (name === '$literal') return () => operand;
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  check(operator, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  const named = name === '$cond' && isDocument(operand) ? [operand.if, operand.then, operand.else] : operand;
  const args = (Array.isArray(named) ? named : [named]).map(compileExpression);
  check(
    args.length === operator.length,
    'Location16020',
    `Expression ${name} takes exactly ${operator.length} arguments here`,
  );
  return (document) => operator(...args.map((arg) => arg(document)));
};

type Operator = (...args: unknown[]) => unknown;

/** Missing and null make the result null, anything but a number is an error. */
const numeric =
  (name: string, calculate: (left: unknown, right: unknown) => unknown): Operator =>
  (left, right) => {
    if ((left ?? null) === null || (right ?? null) === null) return null;
    check(isNumber(left) && isNumber(right), 'TypeMismatch', `$${name} only supports numeric types`);
    return calculate(left, right);
  };

const divide = (left: unknown, right: unknown): Double => {
  check(toDouble(right) !== 0, 'BadValue', "can't $divide by zero");
  return new Double(toDouble(left) / toDouble(right));
};

/** In aggregation a missing field sorts before null. */
const compared =
  (test: (order: number) => boolean): Operator =>
  (left, right) =>
    test(
      left === undefined || right === undefined
        ? Number(left !== undefined) - Number(right !== undefined)
        : compareValues(left, right),
    );

const operators: Readonly<Record<string, Operator>> = {
  $add: numeric('add', sum),
  $multiply: numeric('multiply', product),
  $divide: numeric('divide', divide),
  $eq: compared((order) => order === 0),
  $ne: compared((order) => order !== 0),
  $gt: compared((order) => order > 0),
  $gte: compared((order) => order >= 0),
  $lt: compared((order) => order < 0),
  $lte: compared((order) => order <= 0),
  $cond: (condition, yes, no) => (isTruthy(condition) ? yes : no),
  $ifNull: (value, other) => value ?? other,
  $toDouble: (value) => {
    if ((value ?? null) === null) return null;
    check(
      isNumber(value) && typeOf(value) !== 'decimal',
      'Location241',
      `$toDouble of ${typeOf(value)} is not supported`,
    );
    return new Double(toDouble(value));
  },
  $objectToArray: (value) => {
    if ((value ?? null) === null) return null;
    check(isDocument(value), 'Location40390', '$objectToArray requires a document input');
    return Object.entries(value).map(([k, v]) => ({ k, v }));
  },
};
