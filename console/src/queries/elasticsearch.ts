import { type LogLine, toLogLine } from '../analysis/log-line.js';
import { type RequestOptions, requestJson } from './request-json.js';

/** The body of `_search`, in the part of Elasticsearch's language that the embedded backend speaks, too. */
export interface SearchBody {
  readonly query?: Query;
  readonly size?: number;
  readonly sort?: readonly Readonly<Record<string, unknown>>[];
  readonly search_after?: LogLine['cursor'];
  readonly aggs?: Readonly<Record<string, unknown>>;
  readonly track_total_hits?: boolean | number;
}

/** A query of the Query DSL: one name and its settings. */
export type Query = Readonly<Record<string, unknown>>;

export interface Bucket {
  readonly key: string | number;
  readonly key_as_string?: string;
  readonly doc_count: number;
  /** Aggregations within the bucket, by their names. */
  readonly [name: string]: unknown;
}

export interface SearchAnswer {
  readonly total: number;
  /** False: there are more than that. */
  readonly isTotalExact: boolean;
  readonly lines: LogLine[];
  /** By the names of the request. */
  readonly aggregations: Readonly<
    Record<
      string,
      { readonly buckets?: readonly Bucket[]; readonly value?: number | null; readonly sum_other_doc_count?: number }
    >
  >;
}

export interface ElasticsearchClient {
  search(body: SearchBody, options?: RequestOptions): Promise<SearchAnswer>;
  count(query: Query, options?: RequestOptions): Promise<number>;
}

interface RawAnswer {
  readonly hits: {
    readonly total?: { readonly value: number; readonly relation: string };
    readonly hits: readonly { readonly _id: string; readonly _source?: unknown; readonly sort?: unknown }[];
  };
  readonly aggregations?: SearchAnswer['aggregations'];
}

/** Newest first; the record's own id makes the order of lines of the same millisecond the same in every search. */
export const newestFirst = [
  { '@timestamp': { order: 'desc' } },
  { 'event.id': { order: 'desc', unmapped_type: 'keyword' } },
];
export const oldestFirst = [
  { '@timestamp': { order: 'asc' } },
  { 'event.id': { order: 'asc', unmapped_type: 'keyword' } },
];

/**
 * Elasticsearch's search API over the log records.
 * @param baseUrl what stands before the index, such as `http://127.0.0.1:9200`
 */
export const createElasticsearchClient = (baseUrl: string): ElasticsearchClient => {
  const post = (path: string, body: unknown, options?: RequestOptions): Promise<unknown> =>
    requestJson('elasticsearch', `${baseUrl}/glasshouse-logs-*/${path}`, { ...options, body });
  return {
    async search(body, options) {
      const { hits, aggregations = {} } = (await post('_search', body, options)) as RawAnswer;
      return {
        total: hits.total?.value ?? hits.hits.length,
        isTotalExact: hits.total?.relation !== 'gte',
        lines: hits.hits.map(toLogLine),
        aggregations,
      };
    },
    async count(query, options) {
      return ((await post('_count', { query }, options)) as { readonly count: number }).count;
    },
  };
};
