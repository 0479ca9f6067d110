import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../launcher.js';

type Json = Readonly<Record<string, unknown>>;

const one = (clause: Json): Json => ({ bool: { should: [clause], minimum_should_match: 1 } });

/**
 * KQL as Kibana sends it to Elasticsearch, in the part that the saved objects use: `field : value`, `*`, quotes,
 * `(a or b)`, comparisons, `and`, `or`, `not`. https://www.elastic.co/docs/reference/query-languages/kql
 */
const toQuery = (kql: string): Json => {
  const tokens = kql.match(/"[^"]*"|[():]|[<>]=?|[^\s():<>"]+/g) ?? [];
  let at = 0;
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new Error(`${kql} ends too early`);
    return token;
  };
  const take = (token: string): boolean => tokens[at]?.toLowerCase() === token && ++at > 0;

  const joined = (joint: 'or' | 'and', part: () => Json, of: (parts: readonly Json[]) => Json): Json => {
    const parts = [part()];
    while (take(joint)) parts.push(part());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : of(parts);
  };
  const anyOf = (parts: readonly Json[]): Json => ({ bool: { should: parts, minimum_should_match: 1 } });
  const alternatives = (part: () => Json): Json =>
    joined('or', () => joined('and', part, (filter) => ({ bool: { filter } })), anyOf);

  const group = (part: () => Json): Json => {
    const inner = alternatives(part);
    if (!take(')')) throw new Error(`${kql}: a parenthesis is not closed`);
    return inner;
  };
  const ofValue = (field: string, value: string): Json => {
    if (value === '*') return one({ exists: { field } });
    return one(
      value.startsWith('"') ? { match_phrase: { [field]: value.slice(1, -1) } } : { match: { [field]: value } },
    );
  };
  const condition = (): Json => {
    if (take('not')) return { bool: { must_not: condition() } };
    if (take('(')) return group(condition);
    const field = next();
    const operator = next();
    const bound = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' }[operator];
    if (bound !== undefined) return one({ range: { [field]: { [bound]: next() } } });
    if (operator !== ':') throw new Error(`${kql}: ${operator} is not expected`);
    return take('(') ? group(() => ofValue(field, next())) : ofValue(field, next());
  };

  if (tokens.length === 0) return { match_all: {} };
  const query = alternatives(condition);
  if (at < tokens.length) throw new Error(`${kql}: ${tokens[at]} is not expected`);
  return query;
};

interface Column {
  readonly operationType: string;
  readonly sourceField: string;
  readonly params: { readonly size?: number; readonly orderDirection?: string };
}

export interface SavedSearch {
  readonly id: string;
  readonly body: Json;
}

export interface SavedChart {
  readonly id: string;
  /** The fields of its columns in order: those over time begin with `@timestamp`. */
  readonly fields: readonly string[];
  readonly query: Json;
  toBody(range: { readonly fromMs: number; readonly toMs: number }): Json;
}

const readObjects = async (): Promise<{ type: string; id: string; attributes: Json }[]> => {
  const text = await readFile(join(root, 'infra/kibana/saved-objects.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};

/** What Discover asks for each saved search. */
export const readSearches = async (): Promise<SavedSearch[]> =>
  (await readObjects()).flatMap(({ type, id, attributes }) => {
    if (type !== 'search') return [];
    const { searchSourceJSON } = attributes.kibanaSavedObjectMeta as { searchSourceJSON: string };
    const { query } = JSON.parse(searchSourceJSON) as { query: { query: string } };
    const sort = (attributes.sort as [string, string][]).map(([field, order]) => ({
      [field]: { order, unmapped_type: 'boolean' },
    }));
    return [{ id, body: { query: toQuery(query.query), sort, size: 500, track_total_hits: true } }];
  });

/** What Lens asks for each chart of the dashboard. */
export const readCharts = async (): Promise<SavedChart[]> =>
  (await readObjects()).flatMap(({ type, id, attributes }) => {
    if (type !== 'lens') return [];
    const { datasourceStates, query } = attributes.state as {
      query: { query: string };
      datasourceStates: {
        formBased: { layers: { lines: { columnOrder: string[]; columns: Record<string, Column> } } };
      };
    };
    const { columnOrder, columns } = datasourceStates.formBased.layers.lines;
    const buckets = columnOrder
      .flatMap((name) => columns[name] ?? [])
      .filter(({ operationType }) => operationType !== 'count');
    const filter = toQuery(query.query);
    return [
      {
        id,
        fields: buckets.map(({ sourceField }) => sourceField),
        query: filter,
        toBody: ({ fromMs, toMs }) => {
          const within = { range: { '@timestamp': { gte: fromMs, lte: toMs, format: 'epoch_millis' } } };
          const aggs = buckets.reduceRight<Json | undefined>((below, column) => {
            const { operationType, sourceField: field, params } = column;
            const own =
              operationType === 'terms'
                ? { terms: { field, size: params.size, order: { _count: params.orderDirection } } }
                : {
                    date_histogram: {
                      ...{ field, fixed_interval: '1m', min_doc_count: 0 },
                      extended_bounds: { min: fromMs, max: toMs },
                    },
                  };
            return { chart: { ...own, ...(below === undefined ? {} : { aggs: below }) } };
          }, undefined);
          return { size: 0, track_total_hits: true, query: { bool: { filter: [filter, within] } }, aggs };
        },
      },
    ];
  });
