import { Double, Int32, Long } from 'bson';
import { compareValues } from '../bson/order.js';
import { type Document, isDocument, isNumber, toDouble, typeOf } from '../bson/values.js';

/** MongoDB's update operators in the plainest words: every step makes a new value, and what is not possible throws. */
export class Refused extends Error {}

type Path = readonly string[];

const getIn = (value: unknown, [name, ...rest]: Path): unknown => {
  if (name === undefined) return value;
  return isDocument(value) && name in value ? getIn(value[name], rest) : undefined;
};

const setIn = (value: unknown, [name, ...rest]: Path, leaf: unknown): unknown => {
  if (name === undefined) return leaf;
  if (value === undefined) return { [name]: setIn(undefined, rest, leaf) };
  if (!isDocument(value)) throw new Refused('not a document');
  return { ...value, [name]: setIn(value[name], rest, leaf) };
};

const unsetIn = (value: unknown, [name, ...rest]: Path): unknown => {
  if (name === undefined || getIn(value, [name, ...rest]) === undefined) return value;
  const document = value as Document;
  if (rest.length > 0) return { ...document, [name]: unsetIn(document[name], rest) };
  return Object.fromEntries(Object.entries(document).filter(([other]) => other !== name));
};

const add = (left: unknown, right: unknown): unknown => {
  if (!isNumber(left) || !isNumber(right)) throw new Refused('not numbers');
  const [a, b] = [toDouble(left), toDouble(right)];
  if ([left, right].some((value) => typeOf(value) === 'double')) return new Double(a + b);
  return [left, right].some((value) => value instanceof Long) ? Long.fromNumber(a + b) : new Int32(a + b);
};

const listOr = (current: unknown): unknown[] => {
  if (current === undefined) return [];
  if (!Array.isArray(current)) throw new Refused('not an array');
  return current;
};

const isSame = (left: unknown, right: unknown): boolean => compareValues(left, right) === 0;

const leaves: Record<string, (current: unknown, operand: unknown) => unknown> = {
  $set: (_, operand) => operand,
  $inc: (current, operand) => {
    if (!isNumber(operand)) throw new Refused('not a number');
    return current === undefined ? operand : add(current, operand);
  },
  $min: (current, operand) => (current === undefined || compareValues(operand, current) < 0 ? operand : undefined),
  $max: (current, operand) => (current === undefined || compareValues(operand, current) > 0 ? operand : undefined),
  $push: (current, operand) => [...listOr(current), operand],
  $pull: (current, operand) =>
    current === undefined ? undefined : listOr(current).filter((item) => !isSame(item, operand)),
};

const conflicts = (paths: readonly string[]): boolean =>
  paths.some((path, i) => paths.some((other, j) => i !== j && (other === path || other.startsWith(`${path}.`))));

/** The document after `{ operator: { path: operand, ... } }`, or a replacement of all but `_id`. */
export const modelUpdate = (document: Document, update: Document): Document => {
  const [operator = ''] = Object.keys(update);
  if (!operator.startsWith('$')) return { _id: document._id, ...update };
  const fields = update[operator] as Document;
  if (conflicts(Object.keys(fields))) throw new Refused('conflicting paths');
  const inOrder = Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1));
  return inOrder.reduce<unknown>((current, [text, operand]) => {
    const path = text.split('.');
    if (operator === '$unset') return unsetIn(current, path);
    const value = leaves[operator]?.(getIn(current, path), operand);
    return value === undefined ? current : setIn(current, path, value);
  }, document) as Document;
};
