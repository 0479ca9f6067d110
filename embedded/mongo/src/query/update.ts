import { check } from '../bson/errors.js';
import { sum } from '../bson/numbers.js';
import { compareValues } from '../bson/order.js';
import { type Path, parsePath } from '../bson/paths.js';
import { type Document, fieldOf, isDocument, isNumber, typeOf } from '../bson/values.js';
import { compileItem } from './matcher.js';

/** Gives the new value of a field; undefined leaves it as it is. */
type Change = (current: unknown, isInsert: boolean) => unknown;

/** Changes a document in place. `_id` is guarded by the caller. */
export const compileUpdate = (update: Document): ((document: Document, isInsert: boolean) => void) => {
  const steps = Object.entries(update).flatMap(([operator, fields]) => {
    const compile = fieldOf(updateOperators, operator);
    check(compile, 'FailedToParse', `Unknown modifier: ${operator}. Expected a valid update modifier`);
    check(isDocument(fields), 'FailedToParse', `Modifiers operate on fields but we found type ${typeOf(fields)}.`);
    return Object.entries(fields).map(([text, to]) => ({ text, path: parsePath(text), change: compile(to, text) }));
  });
  // MongoDB applies, and so appends, in the order of the paths.
  steps.sort((left, right) => compareValues(left.path, right.path));
  for (const [i, { text }] of steps.entries()) {
    const next = `${steps[i + 1]?.text}.`;
    check(!next.startsWith(`${text}.`), 'ConflictingUpdateOperators', `Updating '${text}' conflicts with '${next}'`);
  }
  return (document, isInsert) => {
    for (const { path, change } of steps) {
      const value = change(valueAt(document, path), isInsert);
      if (value !== undefined) setAt(document, path, value);
    }
  };
};

const removed = Symbol('removed');
export const updateOperators: Readonly<Record<string, (operand: unknown, text: string) => Change>> = {
  $set: (operand) => () => operand,
  $setOnInsert: (operand) => (_current, isInsert) => (isInsert ? operand : undefined),
  $unset: () => (current) => (current === undefined ? undefined : removed),
  $inc: (operand, text) => {
    check(isNumber(operand), 'TypeMismatch', `Cannot increment '${text}' by a value of type ${typeOf(operand)}`);
    return (current) => {
      if (current === undefined) return operand;
      check(isNumber(current), 'TypeMismatch', `Cannot apply $inc to '${text}' of non-numeric type ${typeOf(current)}`);
      return sum(current, operand);
    };
  },
  $min: (operand) => (current) => (current === undefined || compareValues(operand, current) < 0 ? operand : undefined),
  $max: (operand) => (current) => (current === undefined || compareValues(operand, current) > 0 ? operand : undefined),
  $push: (operand, text) => {
    const isItem = !isDocument(operand) || !Object.hasOwn(operand, '$each');
    check(isItem, 'BadValue', `$each and its modifiers are not supported by the embedded document store: '${text}'`);
    return (current = []) => [...arrayOf(current, text), operand];
  },
  /** A document is a query on the items, operators test each item, anything else is a value to equal. */
  $pull: (operand, text) => {
    const isPulled = compileItem(operand, false);
    return (current) => (current === undefined ? current : arrayOf(current, text).filter((item) => !isPulled(item)));
  },
};

const arrayOf = (value: unknown, text: string): readonly unknown[] => {
  check(Array.isArray(value), 'BadValue', `The field '${text}' must be an array but is of type ${typeOf(value)}`);
  return value;
};
/** The value at an exact path, through documents only. */
const valueAt = (document: Document, path: Path): unknown =>
  path.reduce<unknown>((value, name) => (isDocument(value) ? fieldOf(value, name) : undefined), document);

/** Sets or removes the value in place and creates the documents on the way. */
const setAt = (document: Document, path: Path, value: unknown): void => {
  let container: unknown = document;
  for (const [i, name] of path.entries()) {
    check(isDocument(container), 'PathNotViable', `Cannot create field '${name}' on the path '${path.join('.')}'`);
    if (i < path.length - 1) container[name] = Object.hasOwn(container, name) ? container[name] : {};
    else if (value === removed) delete container[name];
    else container[name] = value;
    container = container[name];
  }
};
