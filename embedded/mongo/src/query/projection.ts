import { check } from '../bson/errors.js';
import { type Path, parsePath } from '../bson/paths.js';
import { type Document, isDocument, isNumber, isTruthy } from '../bson/values.js';

const toFlag = (name: string, value: unknown): boolean => {
  check(typeof value === 'boolean' || isNumber(value), 'BadValue', `only 1 and 0 are supported to project '${name}'`);
  return isTruthy(value);
};

/** Inclusion or exclusion by dotted paths, as `find` and `$project` take it. Everything else is refused. */
export const compileProjection = ({ _id, ...spec }: Document): ((document: Document) => Document) => {
  const takesId = toFlag('_id', _id ?? true);
  const flags = Object.entries(spec).map(([name, value]) => [name, toFlag(name, value)] as const);
  const isInclusion = flags[0]?.[1] ?? (_id !== undefined && takesId);
  const odd = flags.find(([, flag]) => flag !== isInclusion)?.[0];
  const code = isInclusion ? 'Location31254' : 'Location31253';
  check(odd === undefined, code, `Cannot mix inclusion and exclusion: ${odd}`);
  const names = [...flags.map(([name]) => name), ...(takesId === isInclusion ? ['_id'] : [])];
  const collision = names.find((name) => names.some((other) => other.startsWith(`${name}.`)));
  check(collision === undefined, 'Location31249', `Path collision at ${collision}`);
  const paths = names.map(parsePath);
  return (document) => project(document, paths, isInclusion) as Document;
};

/** Only documents have fields to take; other values below an included path vanish, below an excluded one they stay. */
const project = (value: unknown, paths: readonly Path[], isInclusion: boolean): unknown => {
  if (Array.isArray(value)) {
    return value.map((item) => project(item, paths, isInclusion)).filter((item) => item !== undefined);
  }
  if (!isDocument(value)) return isInclusion ? undefined : value;
  const fields = Object.entries(value).map(([name, field]) => {
    const below = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    if (below[0] !== undefined && below[0].length > 0) return [name, project(field, below, isInclusion)];
    return [name, below.length > 0 === isInclusion ? field : undefined];
  });
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
};
