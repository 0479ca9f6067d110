import { combine, type LogQuery } from './syntax.js';

const partsOf = (query: LogQuery): readonly LogQuery[] => {
  if (query.kind === 'all') return [];
  return query.kind === 'and' ? query.parts : [query];
};

const fromParts = (parts: readonly LogQuery[]): LogQuery =>
  parts.length === 0 ? { kind: 'all' } : combine('and', parts);

// Queries are plain data that is always built in the same order of keys.
const isSame = (a: LogQuery, b: LogQuery): boolean => JSON.stringify(a) === JSON.stringify(b);

const opposite = (part: LogQuery): LogQuery => (part.kind === 'not' ? part.part : { kind: 'not', part });

/** Whether a query asks for this part, beside whatever else it asks for. */
export const hasPart = (query: LogQuery, part: LogQuery): boolean => partsOf(query).some((each) => isSame(each, part));

/** The query that also asks for this part, and no longer for its opposite. */
export const withPart = (query: LogQuery, part: LogQuery): LogQuery => {
  const kept = partsOf(query).filter((each) => !isSame(each, part) && !isSame(each, opposite(part)));
  return fromParts([...kept, part]);
};

export const withoutPart = (query: LogQuery, part: LogQuery): LogQuery =>
  fromParts(partsOf(query).filter((each) => !isSame(each, part)));
