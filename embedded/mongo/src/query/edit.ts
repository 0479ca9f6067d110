import { MongoError } from '../commands/errors.js';
import { isArrayIndex, type Path } from './paths.js';
import { type Document, fieldOf, isDocument } from './values.js';

/** More nulls than this are not filled in before an array index that is set, as in MongoDB. */
const maxBackfill = 1_500_000;

type Container = Document | unknown[];

const childOf = (container: Container, name: string): unknown => {
  if (!Array.isArray(container)) return fieldOf(container, name);
  return isArrayIndex(name) ? container[Number(name)] : undefined;
};

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isDocument(value);

/** The one value at an exact path; array items only by index. */
export const valueAt = (document: Document, path: Path): unknown => {
  let value: unknown = document;
  for (const name of path) value = isContainer(value) ? childOf(value, name) : undefined;
  return value;
};

const put = (container: Container, name: string, value: unknown, path: Path): void => {
  if (Array.isArray(container)) {
    if (!isArrayIndex(name)) throw notViable(name, path);
    const index = Number(name);
    if (index - container.length > maxBackfill)
      throw new MongoError('BadValue', `can't backfill more than ${maxBackfill} elements`);
    while (container.length < index) container.push(null);
    container[index] = value;
    return;
  }
  // JavaScript keeps such names first and in numeric order; MongoDB would append. What cannot be kept is refused.
  if (isArrayIndex(name) && !Object.hasOwn(container, name)) {
    const [last] = Object.keys(container).slice(-1);
    if (last !== undefined && !(isArrayIndex(last) && Number(last) < Number(name))) {
      throw new MongoError(
        'BadValue',
        `the numeric field name '${name}' cannot be added after '${last}' by the embedded document store`,
      );
    }
  }
  container[name] = value;
};

const notViable = (name: string, path: Path): MongoError =>
  new MongoError('PathNotViable', `Cannot create field '${name}' on the path '${path.join('.')}'`);

/** Sets the value in place and creates the documents on the way. */
export const setAt = (document: Document, path: Path, value: unknown): void => {
  let container: Container = document;
  for (const [i, name] of path.entries()) {
    if (i === path.length - 1) return put(container, name, value, path);
    let next: unknown = childOf(container, name);
    if (next === undefined) {
      next = {};
      put(container, name, next, path);
    }
    if (!isContainer(next)) throw notViable(path[i + 1] as string, path);
    container = next;
  }
};

/** Removes a field in place; an array item becomes null, since the others keep their indexes. */
export const unsetAt = (document: Document, path: Path): void => {
  const parent = valueAt(document, path.slice(0, -1));
  const name = path.at(-1) as string;
  if (!isContainer(parent) || childOf(parent, name) === undefined) return;
  if (Array.isArray(parent)) parent[Number(name)] = null;
  else delete parent[name];
};
