import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Search {
  /** What stands behind the index. */
  readonly path: string;
  readonly body?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const read = (file: string): string[] =>
  readFileSync(join(__dirname, 'searches', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const readBodies = (file: string): Json[] => read(file).map((line) => JSON.parse(line) as Json);

const toSearch = (body: Json): Search => ({ path: '/_search', body });
const size = 1_000;
const ofText = (query: string, settings: Json = {}): Search =>
  toSearch({ size, query: { query_string: { query, ...settings } } });
/** Some of them are enough. */
const every = <T>(step: number, list: readonly T[]): T[] => list.filter((_, index) => index % step === 0);

const queryStrings = read('query-strings.txt');
const queries = readBodies('queries.ndjson');

/** Every kind of search that both answer. */
export const searches: readonly Search[] = [
  ...queryStrings.map((query) => ofText(query)),
  ...queryStrings.map((query) => ofText(query, { default_operator: 'AND' })),
  ...every(7, queryStrings).map((query) => ({ path: `/_search?size=${size}&q=${encodeURIComponent(query)}` })),
  ...[...queries, ...readBodies('chance.ndjson')].map((query) => toSearch({ size, query })),
  ...every(5, queries).map((query) => ({ path: '/_count', body: { query } })),
  ...[...readBodies('pages.ndjson'), ...readBodies('aggregations.ndjson')].map(toSearch),
];

/** What both refuse. */
export const refused: readonly Search[] = [
  ...read('refused-query-strings.txt').map((query) => ofText(query, { lenient: false })),
  ...readBodies('refused.ndjson').map(toSearch),
];

/** What the stand-in refuses by name, and a real node answers. */
export const beyond: readonly Search[] = readBodies('beyond.ndjson').map(toSearch);
