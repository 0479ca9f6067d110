import { idOf, sourceReader } from '../../store/logs.js';
import type { Segment } from '../../store/segment.js';
import { parseAggregations } from './aggregations.js';
import { type Clause, combine, matchAll } from './clause.js';
import { asInteger, illegalArgument, isObject, type Json, onlyKeys, parsingError } from './errors.js';
import { dateField } from './field-types.js';
import { indexOf } from './indices.js';
import { parseQuery } from './query.js';
import { checkSorted, compareKeys, createTop, keyReader, parseAfter, parseSort, toSortValue } from './sort.js';

const maxWindow = 10_000;
const pageKeys = ['from', 'size', 'sort', 'search_after', '_source', 'track_total_hits', 'timeout'];

/**
 * Answers the body of `_search` over the segments, in Elasticsearch's shape without `took` and `_shards`. `within`
 * limits the rows to the indices asked for. Hits have no relevance: `_score` is 1, and without `sort` they come in the
 * order of arrival.
 */
export const search = (segments: readonly Segment[], body: Json, context: { within: Clause; now: number }): Json => {
  onlyKeys(body, 'search', ['query', 'aggs', 'aggregations', ...pageKeys]);
  const { within, now } = context;
  const query = body.query === undefined ? matchAll : parseQuery(body.query, now);
  const clause = combine({ required: [within, query], optional: [], prohibited: [], minimum: 0 });
  const size = asInteger(body.size ?? 10, 'size');
  const from = asInteger(body.from ?? 0, 'from');
  if (from + size > maxWindow) {
    const rule = `from + size must be less than or equal to: [${maxWindow}]`;
    throw illegalArgument(`Result window is too large, ${rule} but was [${from + size}].`);
  }
  const sort = parseSort(body.sort);
  checkSorted(sort, segments);
  const after = parseAfter(body.search_after, { sort, from, now });
  const pick = parseSource(body._source);
  const aggregation = parseAggregations(body.aggs ?? body.aggregations);
  const top = createTop(from + size, sort);
  let total = 0;

  // Newest first, if that is the order asked for: then nearly everything after the first page is passed over quickly.
  const isReverse = sort[0]?.field === dateField && sort[0].isDescending;
  for (const segment of isReverse ? segments.toReversed() : segments) {
    const mask = clause(segment);
    const aggregate = aggregation?.visit(segment);
    const read = sort.map((key) => keyReader(segment, key));
    for (let index = 0; index < mask.length; index++) {
      const row = isReverse ? mask.length - 1 - index : index;
      if (mask[row] !== 1) continue;
      total++;
      aggregate?.(row);
      if (from + size === 0 || top.isBeyond(read[0]?.(row))) continue;
      const keys = read.map((key) => key(row));
      if (after === undefined || compareKeys(keys, after, sort) > 0) top.add({ segment, row, keys });
    }
  }

  const isSorted = sort.length > 0;
  const hits = top
    .sorted()
    .slice(from)
    .map(({ segment, row, keys }) => ({
      _index: indexOf(segment.times[row] ?? 0),
      _id: idOf(segment, row),
      _score: isSorted ? null : 1,
      ...(pick === undefined ? {} : { _source: pick(sourceReader(segment)(row)) }),
      ...(isSorted ? { sort: sort.map((key, index) => toSortValue(keys[index], key)) } : {}),
    }));
  const counted = countUpTo(body.track_total_hits);
  const value = Math.min(total, counted);
  return {
    hits: {
      ...(counted < 0 ? {} : { total: { value, relation: value < total ? 'gte' : 'eq' } }),
      max_score: isSorted || hits.length === 0 ? null : 1,
      hits,
    },
    ...(aggregation === undefined ? {} : { aggregations: aggregation.result() }),
  };
};

// -1: not told at all.
const countUpTo = (value: unknown = maxWindow): number => {
  if (typeof value === 'boolean') return value ? Number.POSITIVE_INFINITY : -1;
  return asInteger(value, 'track_total_hits');
};

const parseSource = (spec: unknown = true): ((source: Json) => Json) | undefined => {
  if (spec === true) return (source) => source;
  if (spec === false) return undefined;
  const settings = isObject(spec) ? spec : { includes: spec };
  onlyKeys(settings, '_source', ['includes', 'excludes', 'include', 'exclude']);
  const includes = patterns(settings.includes ?? settings.include);
  const excludes = patterns(settings.excludes ?? settings.exclude);
  const isPicked = (name: string): boolean =>
    (includes.length === 0 || includes.some((one) => one.test(name))) && !excludes.some((one) => one.test(name));
  return (source) => Object.fromEntries(Object.entries(source).filter(([name]) => isPicked(name)));
};

// A name stands for itself and for everything below it.
const patterns = (names: unknown = []): RegExp[] =>
  (Array.isArray(names) ? names : [names]).map((name) => {
    if (typeof name !== 'string') throw parsingError('[_source] malformed');
    const source = name.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replace(/\*+/g, '.*');
    return new RegExp(`^${source}(\\..*)?$`);
  });
