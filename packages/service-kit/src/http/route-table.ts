/** A method and a path template with `:parameters` and at most one `*rest` at its end. */
export interface RouteTemplate {
  readonly method: string;
  readonly path: string;
}

export interface RouteMatch<T> {
  readonly template: string;
  /** What is registered for each upper-case method. */
  readonly methods: ReadonlyMap<string, T>;
  readonly params: Readonly<Record<string, string>>;
  /** False if a parameter is badly encoded or, decoded, would be another path (`..`, a slash, NUL). */
  readonly isValid: boolean;
}

export interface RouteTable<T> {
  /** Finds the template of a path (without its query); literal segments win over parameters. */
  find(path: string): RouteMatch<T> | undefined;
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter?: Node<T>;
  rest?: Leaf<T>;
  leaf?: Leaf<T>;
}

interface Leaf<T> {
  readonly template: string;
  readonly names: readonly string[];
  readonly methods: Map<string, T>;
}

/**
 * A tree of all routes. Express matches one layer after the other and knows the template only when it is there; a
 * span needs its name when it starts, a 405 needs the other methods, and 40 routes should not cost more than four.
 * @throws Error at start if two entries have the same method and path, or the same place but other parameter names
 */
export const createRouteTable = <T>(entries: readonly (RouteTemplate & { readonly value: T })[]): RouteTable<T> => {
  const root = createNode<T>();
  for (const { method, path, value } of entries) {
    const leaf = insert(root, path);
    const key = method.toUpperCase();
    if (leaf.methods.has(key)) throw new Error(`${key} ${path} is declared twice.`);
    leaf.methods.set(key, value);
  }
  return {
    find: (path) => {
      const segments = path.split('/');
      const values: string[] = [];
      const leaf = walk(root, segments, 1, values);
      return leaf === undefined ? undefined : toMatch(leaf, values);
    },
  };
};

const createNode = <T>(): Node<T> => ({ literals: new Map() });

const insert = <T>(root: Node<T>, path: string): Leaf<T> => {
  if (!path.startsWith('/')) throw new Error(`The path ${path} must begin with a slash.`);
  const segments = path.split('/').slice(1);
  const names = segments.filter((segment) => /^[:*]/.test(segment)).map((segment) => segment.slice(1));
  let node = root;
  for (const segment of segments) {
    if (segment.startsWith('*')) {
      node.rest ??= { template: path, names, methods: new Map() };
      return node.rest;
    }
    node = descend(node, segment);
  }
  node.leaf ??= { template: path, names, methods: new Map() };
  if (node.leaf.template !== path) throw new Error(`${path} and ${node.leaf.template} are the same path.`);
  return node.leaf;
};

const descend = <T>(node: Node<T>, segment: string): Node<T> => {
  if (segment.startsWith(':')) {
    node.parameter ??= createNode<T>();
    return node.parameter;
  }
  const next = node.literals.get(segment) ?? createNode<T>();
  node.literals.set(segment, next);
  return next;
};

const walk = <T>(node: Node<T>, segments: readonly string[], at: number, values: string[]): Leaf<T> | undefined => {
  const segment = segments[at];
  if (segment === undefined) return node.leaf;
  const literal = node.literals.get(segment);
  const found = literal && walk(literal, segments, at + 1, values);
  if (found !== undefined) return found;
  if (node.parameter !== undefined && segment !== '') {
    const depth = values.length;
    values.push(segment);
    const below = walk(node.parameter, segments, at + 1, values);
    if (below !== undefined) return below;
    values.length = depth;
  }
  if (node.rest !== undefined) values.push(segments.slice(at).join('/'));
  return node.rest;
};

const toMatch = <T>(leaf: Leaf<T>, values: readonly string[]): RouteMatch<T> => {
  const params: Record<string, string> = {};
  let isValid = true;
  for (const [index, name] of leaf.names.entries()) {
    const value = decode(values[index] ?? '', leaf.template.endsWith(`*${name}`));
    if (value === undefined) isValid = false;
    else params[name] = value;
  }
  return { template: leaf.template, methods: leaf.methods, params, isValid };
};

/** Decodes one parameter; what could name another path than it seems to is refused. */
const decode = (text: string, mayHaveSlashes: boolean): string | undefined => {
  if (/^[\w-]+$/.test(text)) return text;
  try {
    const value = decodeURIComponent(text);
    const isHostile = value.split('/').some((segment) => segment === '.' || segment === '..');
    const isForbidden = (mayHaveSlashes ? /[\\\0]/ : /[/\\\0]/).test(value);
    return isHostile || isForbidden ? undefined : value;
  } catch {
    return undefined;
  }
};
