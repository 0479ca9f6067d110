import { check } from '../bson/errors.js';
import { type Document, isDocument, isNumber, isTruthy } from '../bson/values.js';
import { parsePath } from './paths.js';

export type Projection = (document: Document) => Document;

/** Field names to either the whole field (true) or what is meant below it. */
type Tree = Map<string, Tree | true>;

/** Inclusion or exclusion, as `find` and `$project` take it. Computed fields are refused. */
export const compileProjection = (spec: Document): Projection => {
  const flags = flatten(spec, '');
  const decisive = flags.filter(([name]) => name !== '_id');
  const isInclusion = (decisive[0] ?? flags[0])?.[1] ?? false;
  const odd = decisive.find(([, flag]) => flag !== isInclusion)?.[0];
  check(
    odd === undefined || !isInclusion,
    'Location31254',
    `Cannot do exclusion on field ${odd} in inclusion projection`,
  );
  check(odd === undefined, 'Location31253', `Cannot do inclusion on field ${odd} in exclusion projection`);
  const takesId = flags.find(([name]) => name === '_id')?.[1] ?? true;
  const tree = toTree(decisive.map(([name]) => name));
  if (!tree.has('_id') && takesId === isInclusion) tree.set('_id', true);
  return (document) => project(document, tree, isInclusion);
};

const flatten = (spec: Document, prefix: string): [string, boolean][] =>
  Object.entries(spec).flatMap(([name, value]): [string, boolean][] => {
    const isFlag = typeof value === 'boolean' || isNumber(value);
    const isPlain = !name.startsWith('$') && !name.endsWith('.$') && (isFlag || isDocument(value));
    check(
      isPlain,
      'BadValue',
      `the projection of '${prefix}${name}' is not supported: only inclusion and exclusion are`,
    );
    if (isDocument(value))
      check(Object.keys(value).length > 0, 'Location51270', 'An empty sub-projection is not a valid value');
    return isDocument(value) ? flatten(value, `${prefix}${name}.`) : [[prefix + name, isTruthy(value)]];
  });

const toTree = (names: readonly string[]): Tree => {
  const root: Tree = new Map();
  for (const name of names) {
    let node = root;
    const path = parsePath(name);
    for (const [i, part] of path.entries()) {
      const isLast = i === path.length - 1;
      const present = node.get(part);
      check(present !== true && !(isLast && present), 'Location31249', `Path collision at ${name}`);
      const next = present ?? new Map();
      node.set(part, isLast ? true : next);
      node = next;
    }
  }
  return root;
};

const project = (document: Document, tree: Tree, isInclusion: boolean): Document => {
  const result: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = tree.get(name);
    const kept =
      below instanceof Map
        ? projectBelow(value, below, isInclusion)
        : (below === true) === isInclusion
          ? value
          : undefined;
    if (kept !== undefined) result[name] = kept;
  }
  return result;
};

/** Only documents have fields to take; other values below an included path vanish, below an excluded one they stay. */
const projectBelow = (value: unknown, tree: Tree, isInclusion: boolean): unknown => {
  if (Array.isArray(value))
    return value.map((item) => projectBelow(item, tree, isInclusion)).filter((item) => item !== undefined);
  if (isDocument(value)) return project(value, tree, isInclusion);
  return isInclusion ? undefined : value;
};
