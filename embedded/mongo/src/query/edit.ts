import { check } from '../bson/errors.js';
import { type Document, fieldOf, isDocument } from '../bson/values.js';
import { isArrayIndex, type Path } from './paths.js';

type Container = Document | unknown[];

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isDocument(value);

const childOf = (container: unknown, name: string): unknown => {
  if (Array.isArray(container)) return isArrayIndex(name) ? container[Number(name)] : undefined;
  return isDocument(container) ? fieldOf(container, name) : undefined;
};

/** The one value at an exact path; array items only by index. */
export const valueAt = (document: Document, path: Path): unknown => path.reduce<unknown>(childOf, document);

const put = (container: Container, name: string, value: unknown): void => {
  if (Array.isArray(container)) {
    const index = Number(name);
    check(index - container.length <= 1_500_000, 'BadValue', "can't backfill more than 1500000 elements");
    while (container.length < index) container.push(null);
    container[index] = value;
    return;
  }
  // JavaScript keeps such names first and in numeric order; MongoDB would append. What cannot be kept is refused.
  const last = isArrayIndex(name) && !Object.hasOwn(container, name) ? Object.keys(container).at(-1) : undefined;
  const isKept = last === undefined || (isArrayIndex(last) && Number(last) < Number(name));
  check(isKept, 'BadValue', `the numeric field name '${name}' cannot be added after '${last}'`);
  container[name] = value;
};

/** Sets the value in place and creates the documents on the way. */
export const setAt = (document: Document, path: Path, value: unknown): void => {
  let container: unknown = document;
  for (const [i, name] of path.entries()) {
    const isViable = Array.isArray(container) ? isArrayIndex(name) : isDocument(container);
    check(
      isViable && isContainer(container),
      'PathNotViable',
      `Cannot create field '${name}' on the path '${path.join('.')}'`,
    );
    if (i === path.length - 1) put(container, name, value);
    else if (childOf(container, name) === undefined) put(container, name, {});
    container = childOf(container, name);
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
