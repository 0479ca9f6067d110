import { Double, Int32, Long } from 'bson';
import { compareValues } from '../bson/order.js';
import { type Document, isDocument, isNumber, toDouble, typeOf } from '../bson/values.js';

/** MongoDB's update operators in the plainest words: every step makes a new value, and what is not possible throws. */
export class Refused extends Error {}

type Path = readonly string[];

const isIndex = (name: string): boolean => /^\d+$/.test(name);

const getIn = (value: unknown, [name, ...rest]: Path): unknown => {
  if (name === undefined) return value;
  if (Array.isArray(value)) return isIndex(name) ? getIn(value[Number(name)], rest) : undefined;
  return isDocument(value) && name in value ? getIn(value[name], rest) : undefined;
};

const setIn = (value: unknown, [name, ...rest]: Path, leaf: unknown): unknown => {
  if (name === undefined) return leaf;
  if (value === undefined) return { [name]: setIn(undefined, rest, leaf) };
  if (Array.isArray(value)) {
    if (!isIndex(name)) throw new Refused('not an index');
    const padded = [...value, ...Array.from({ length: Math.max(0, Number(name) - value.length) }, () => null)];
    padded[Number(name)] = setIn(padded[Number(name)], rest, leaf);
    return padded;
  }
  if (!isDocument(value)) throw new Refused('not a container');
  const names = Object.keys(value);
  // The store refuses numeric names that JavaScript would put elsewhere.
  if (isIndex(name) && !(name in value) && names.some((other) => !isIndex(other) || Number(other) > Number(name))) {
    throw new Refused('a numeric name out of order');
  }
  return { ...value, [name]: setIn(value[name], rest, leaf) };
};

const unsetIn = (value: unknown, [name, ...rest]: Path): unknown => {
  if (name === undefined || getIn(value, [name, ...rest]) === undefined) return value;
  if (Array.isArray(value))
    return value.map((item, i) => (i !== Number(name) ? item : rest.length === 0 ? null : unsetIn(item, rest)));
  const document = value as Document;
  if (rest.length > 0) return { ...document, [name]: unsetIn(document[name], rest) };
  return Object.fromEntries(Object.entries(document).filter(([other]) => other !== name));
};

const calculate = (left: unknown, right: unknown, isProduct: boolean): unknown => {
  if (!isNumber(left) || !isNumber(right)) throw new Refused('not numbers');
  const [a, b] = [toDouble(left), toDouble(right)];
  if ([left, right].some((value) => typeOf(value) === 'double')) return new Double(isProduct ? a * b : a + b);
  const result = isProduct ? BigInt(a) * BigInt(b) : BigInt(a) + BigInt(b);
  return [left, right].some((value) => value instanceof Long) ? Long.fromBigInt(result) : new Int32(Number(result));
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
    return current === undefined ? operand : calculate(current, operand, false);
  },
  $mul: (current, operand) => calculate(current === undefined ? new Int32(0) : current, operand, true),
  $min: (current, operand) => (current === undefined || compareValues(operand, current) < 0 ? operand : undefined),
  $max: (current, operand) => (current === undefined || compareValues(operand, current) > 0 ? operand : undefined),
  $push: (current, operand) => [...listOr(current), operand],
  $addToSet: (current, operand) =>
    listOr(current).some((item) => isSame(item, operand)) ? undefined : [...listOr(current), operand],
  $pull: (current, operand) =>
    current === undefined ? undefined : listOr(current).filter((item) => !isSame(item, operand)),
};

const rename = (document: unknown, from: Path, to: Path): unknown => {
  const value = getIn(document, from);
  if (value === undefined) return document;
  const passesArray = [from, to].some((path) => path.some((_, i) => Array.isArray(getIn(document, path.slice(0, i)))));
  if (passesArray) throw new Refused('through an array');
  return setIn(unsetIn(document, from), to, value);
};

const conflicts = (paths: readonly string[]): boolean =>
  paths.some((path, i) => paths.some((other, j) => i !== j && (other === path || other.startsWith(`${path}.`))));

/** The document after `{ operator: { path: operand, ... } }`, or a replacement of all but `_id`. */
export const modelUpdate = (document: Document, update: Document): Document => {
  const [operator = ''] = Object.keys(update);
  if (!operator.startsWith('$')) return { _id: document._id, ...update };
  const fields = update[operator] as Document;
  const targets = operator === '$rename' ? Object.values(fields).map(String) : [];
  if (conflicts([...Object.keys(fields), ...targets])) throw new Refused('conflicting paths');
  const inOrder = Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1));
  return inOrder.reduce<unknown>((current, [text, operand]) => {
    const path = text.split('.');
    if (operator === '$unset') return unsetIn(current, path);
    if (operator === '$rename') return rename(current, path, String(operand).split('.'));
    const value = leaves[operator]?.(getIn(current, path), operand);
    return value === undefined ? current : setIn(current, path, value);
  }, document) as Document;
};
