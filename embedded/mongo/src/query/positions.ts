import { MongoError } from '../commands/errors.js';
import { valueAt } from './edit.js';
import { compileFilter, isOperators, type Matcher } from './matcher.js';
import type { Path } from './paths.js';
import { type Document, isDocument } from './values.js';

export interface Positions {
  /** The filter that found the document: `$` is the item that it matched. */
  filter: Document;
  /** `arrayFilters` by their identifier, for `$[identifier]`. */
  arrayFilters: ReadonlyMap<string, Matcher>;
}

export const isPositional = (name: string): boolean => /^\$(\[[a-z][A-Za-z0-9]*\]|\[\])?$/.test(name);

/** The exact paths that a path with `$`, `$[]` or `$[identifier]` means in this document. */
export const resolvePositions = (document: Document, path: Path, positions: Positions): Path[] => {
  const at = path.findIndex(isPositional);
  if (at === -1) return [path];
  const before = path.slice(0, at);
  const name = path[at] as string;
  const items = valueAt(document, before);
  if (!Array.isArray(items)) {
    if (name === '$') throw noPosition();
    throw new MongoError(
      'BadValue',
      `The path '${before.join('.')}' must exist in the document and be an array to apply array updates.`,
    );
  }
  const indexes =
    name === '$'
      ? [matchedIndex(items, before, positions.filter)]
      : matchingIndexes(items, name.slice(2, -1), positions);
  return indexes.flatMap((index) =>
    resolvePositions(document, [...before, String(index), ...path.slice(at + 1)], positions),
  );
};

const matchingIndexes = (items: readonly unknown[], identifier: string, { arrayFilters }: Positions): number[] => {
  if (identifier === '') return [...items.keys()];
  const matches = arrayFilters.get(identifier);
  if (matches === undefined) throw new MongoError('BadValue', `No array filter found for identifier '${identifier}'`);
  return [...items.keys()].filter((index) => matches({ [identifier]: items[index] }));
};

const noPosition = (): MongoError =>
  new MongoError('BadValue', 'The positional operator did not find the match needed from the query.');

/** Exactly one condition of the filter may be about the array: with several, MongoDB's choice depends on its plan. */
const matchedIndex = (items: readonly unknown[], path: Path, filter: Document): number => {
  const name = path.join('.');
  const conditions = conjunctionOf(filter).filter(([field]) => field === name || field.startsWith(`${name}.`));
  const [condition] = conditions;
  if (condition === undefined) throw noPosition();
  const [field, operand] = condition;
  const isNegative =
    isOperators(operand) && Object.keys(operand).some((key) => ['$ne', '$nin', '$not', '$all', '$size'].includes(key));
  if (conditions.length > 1 || isNegative) {
    throw new MongoError(
      'BadValue',
      `The positional operator needs exactly one positive condition on '${name}' in the query.`,
    );
  }
  const matches = compileFilter({ [field]: operand });
  const index = items.findIndex((item) => matches(nest(path, [item])));
  if (index === -1) throw noPosition();
  return index;
};

const conjunctionOf = (filter: Document): [string, unknown][] =>
  Object.entries(filter).flatMap(([name, value]): [string, unknown][] =>
    name === '$and' && Array.isArray(value)
      ? value.filter(isDocument).flatMap((clause) => conjunctionOf(clause))
      : [[name, value]],
  );

const nest = (path: Path, value: unknown): Document =>
  path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Document;

/** `[{ 'line.sku': 'a' }]` as a matcher per identifier. */
export const compileArrayFilters = (filters: readonly Document[]): ReadonlyMap<string, Matcher> => {
  const matchers = new Map<string, Matcher>();
  for (const filter of filters) {
    const identifiers = new Set(conjunctionOf(filter).map(([name]) => name.split('.')[0] as string));
    const [identifier] = identifiers;
    if (identifier === undefined || identifiers.size > 1 || !/^[a-z][A-Za-z0-9]*$/.test(identifier)) {
      throw new MongoError(
        'FailedToParse',
        'Error parsing array filter: Expected a single top-level field name that begins with a lowercase letter',
      );
    }
    if (matchers.has(identifier))
      throw new MongoError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${identifier}`,
      );
    matchers.set(identifier, compileFilter(filter));
  }
  return matchers;
};
