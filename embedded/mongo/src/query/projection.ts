import { MongoError } from '../commands/errors.js';
import { parsePath } from './paths.js';
import { type Document, isDocument, isNumber, isTruthy } from './values.js';

export type Projection = (document: Document) => Document;

/** Field names to either "take it" (true) or what to take below it. */
type Tree = Map<string, Tree | true>;

const isFlag = (value: unknown): boolean => typeof value === 'boolean' || isNumber(value);

/** Inclusion or exclusion, as `find` and `$project` take it. Computed fields are for aggregation; here they are refused. */
export const compileProjection = (spec: Document): Projection => {
  const entries = Object.entries(spec);
  for (const [name, value] of entries) {
    if (!isFlag(value) && !isDocument(value)) throw unsupported(name);
  }
  const flat = flatten(entries);
  const decisive = flat.filter(([name]) => name !== '_id');
  const isInclusion = isTruthy((decisive[0] ?? flat[0])?.[1] ?? false);
  for (const [name, value] of decisive) {
    if (isTruthy(value) === isInclusion) continue;
    if (isInclusion)
      throw new MongoError('Location31254', `Cannot do exclusion on field ${name} in inclusion projection`);
    throw new MongoError('Location31253', `Cannot do inclusion on field ${name} in exclusion projection`);
  }
  const tree = toTree(decisive.map(([name]) => name));
  const id = flat.find(([name]) => name === '_id');
  const takesId = id === undefined ? true : isTruthy(id[1]);
  if (!tree.has('_id') && (isInclusion ? takesId : !takesId)) tree.set('_id', true);
  return isInclusion ? (document) => include(document, tree) : (document) => exclude(document, tree);
};

const unsupported = (name: string): MongoError =>
  new MongoError('BadValue', `the projection of '${name}' is not supported: only inclusion and exclusion are`);

const flatten = (entries: readonly [string, unknown][], prefix = ''): [string, unknown][] =>
  entries.flatMap(([name, value]): [string, unknown][] => {
    if (name.startsWith('$') || name.endsWith('.$')) throw unsupported(`${prefix}${name}`);
    if (!isDocument(value)) return isFlag(value) ? [[prefix + name, value]] : [unsupportedEntry(prefix + name)];
    if (Object.keys(value).length === 0)
      throw new MongoError('Location51270', 'An empty sub-projection is not a valid value');
    return flatten(Object.entries(value), `${prefix}${name}.`);
  });

const unsupportedEntry = (name: string): never => {
  throw unsupported(name);
};

const toTree = (names: readonly string[]): Tree => {
  const root: Tree = new Map();
  for (const name of names) {
    let node = root;
    const path = parsePath(name);
    for (const [i, part] of path.entries()) {
      const present = node.get(part);
      const isLast = i === path.length - 1;
      if (present === true || (isLast && present !== undefined))
        throw new MongoError('Location31249', `Path collision at ${name}`);
      const next: Tree | true = isLast ? true : (present ?? new Map());
      node.set(part, next);
      if (next !== true) node = next;
    }
  }
  return root;
};

const include = (document: Document, tree: Tree): Document => {
  const result: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = tree.get(name);
    if (below === undefined) continue;
    const kept = below === true ? value : includeBelow(value, below);
    if (kept !== undefined) result[name] = kept;
  }
  return result;
};

/** Only documents have fields to take; other items of an array vanish. */
const includeBelow = (value: unknown, tree: Tree): unknown => {
  if (Array.isArray(value)) return value.map((item) => includeBelow(item, tree)).filter((item) => item !== undefined);
  return isDocument(value) ? include(value, tree) : undefined;
};

const exclude = (document: Document, tree: Tree): Document => {
  const result: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = tree.get(name);
    if (below === true) continue;
    result[name] = below === undefined ? value : excludeBelow(value, below);
  }
  return result;
};

const excludeBelow = (value: unknown, tree: Tree): unknown => {
  if (Array.isArray(value)) return value.map((item) => excludeBelow(item, tree));
  return isDocument(value) ? exclude(value, tree) : value;
};
