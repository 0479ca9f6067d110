import type { Scalar, Value } from './segment.js';

export type MutableFields = Record<string, Value | undefined>;

const maxDepth = 8;
const maxFields = 256;

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value);

/**
 * A record with its nested objects under dotted names, as Elasticsearch searches them. Undefined if it holds what a
 * column cannot: objects in lists, binary, too many fields, too deep. A number that JSON cannot say becomes null.
 */
export const toFields = (record: object): MutableFields | undefined => {
  const fields: MutableFields = {};
  return collect(record, '', fields, 0) && Object.keys(fields).length <= maxFields ? fields : undefined;
};

const collect = (record: object, prefix: string, into: MutableFields, depth: number): boolean => {
  if (depth > maxDepth) return false;
  for (const [key, value] of Object.entries(record)) {
    const name = prefix + key;
    if (name === '__proto__') return false;
    if (isScalar(value)) into[name] = value;
    else if (typeof value === 'number') into[name] = null;
    else if (value instanceof Date) into[name] = value.toISOString();
    else if (Array.isArray(value)) {
      if (!value.every(isScalar)) return false;
      into[name] = value;
    } else if (typeof value === 'object' && isPlain(value)) {
      if (!collect(value, `${name}.`, into, depth + 1)) return false;
    } else return false;
  }
  return true;
};

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;
