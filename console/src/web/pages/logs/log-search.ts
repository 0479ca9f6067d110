import { chooseInterval, toBars } from '../../../analysis/log-histogram.js';
import type { LogLine } from '../../../analysis/log-line.js';
import type { LogQuery } from '../../../analysis/log-query/syntax.js';
import { toElasticQuery } from '../../../analysis/log-query/to-elastic.js';
import { newestFirst, oldestFirst, type Query, type SearchAnswer } from '../../../queries/elasticsearch.js';
import { backends } from '../../shell/backends.js';

export interface TimeSpan {
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
}

/** The fields whose most frequent values stand beside the lines. */
const facetFields = ['service.name', 'log.level', 'event.action', 'http.route', 'error.code'] as const;

export const pageSize = 100;
const facetSize = 12;

const within = (query: LogQuery, { startMs, endMs }: TimeSpan): Query => ({
  bool: {
    filter: [toElasticQuery(query), { range: { '@timestamp': { gte: Math.floor(startMs), lte: Math.ceil(endMs) } } }],
  },
});

/** How many lines there are by time, level and facet. */
export const loadOverview = async (query: LogQuery, span: TimeSpan, signal: AbortSignal) => {
  const intervalMs = chooseInterval(span.startMs, span.endMs);
  const terms = facetFields.map((field) => [field, { terms: { field, size: facetSize } }] as const);
  const histogram = {
    date_histogram: { field: '@timestamp', fixed_interval: `${intervalMs}ms`, min_doc_count: 1 },
    aggs: { levels: { terms: { field: 'log.level', size: 8 } } },
  };
  const answer = await backends.elasticsearch.search(
    { query: within(query, span), size: 0, track_total_hits: true, aggs: { ...Object.fromEntries(terms), histogram } },
    { signal },
  );
  return {
    total: answer.total,
    bars: toBars(answer.aggregations.histogram?.buckets ?? [], { ...span, intervalMs }),
    intervalMs,
    facets: facetFields.map((field) => ({ field, values: toFacetValues(answer, field) })),
  };
};

export type Overview = Awaited<ReturnType<typeof loadOverview>>;

const toFacetValues = ({ aggregations }: SearchAnswer, field: string) => {
  const { buckets = [], sum_other_doc_count: rest = 0 } = aggregations[field] ?? {};
  return { rest, values: buckets.map(({ key, doc_count: count }) => ({ value: String(key), count })) };
};

/** A page of lines, the newest first; the one after another page if that page's last line is given. */
export const loadPage = async (query: LogQuery, span: TimeSpan, after: LogLine | undefined, signal: AbortSignal) => {
  const position = after === undefined ? {} : { search_after: after.cursor };
  const body = { query: within(query, span), size: pageSize, sort: newestFirst, track_total_hits: false, ...position };
  return (await backends.elasticsearch.search(body, { signal })).lines;
};

const tailPageSize = 500;
const maxTailPages = 4;

export interface NewerLines {
  readonly lines: readonly LogLine[];
  /** There are more behind this position: the next look goes on there. */
  readonly goOn: LogLine['cursor'] | undefined;
}

/** The lines behind a position, in several pages where they are many. */
export const loadNewer = async (
  query: LogQuery,
  cursor: LogLine['cursor'],
  signal: AbortSignal,
): Promise<NewerLines> => {
  const all: LogLine[] = [];
  let after = cursor;
  for (let page = 0; page < maxTailPages; page++) {
    const body = { query: toElasticQuery(query), size: tailPageSize, sort: oldestFirst, search_after: after };
    const { lines } = await backends.elasticsearch.search({ ...body, track_total_hits: false }, { signal });
    all.push(...lines);
    const last = lines.at(-1);
    if (last === undefined || lines.length < tailPageSize) return { lines: all, goOn: undefined };
    after = last.cursor;
  }
  return { lines: all, goOn: after };
};
