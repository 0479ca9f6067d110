import { idOf, sourceReader } from '../../store/logs.js';
import type { Scalar, Segment } from '../../store/segment.js';
import { parseAggregations } from './aggregations.js';
import { type Clause, combine, matchAll } from './clause.js';
import { parseDate } from './dates.js';
import { asInteger, ElasticError, isObject, type Json, onlyKeys, parsingError, unsupported } from './errors.js';
import { indexOf } from './indices.js';
import { parseQuery } from './query.js';
import { dateField, isText } from './tests.js';

const maxWindow = 10_000;

interface SortKey {
  field: string;
  isDescending: boolean;
  isMissingFirst: boolean;
}

interface Hit {
  segment: Segment;
  row: number;
  keys: (Scalar | undefined)[];
}

/**
 * Answers the body of `_search` over the segments, in Elasticsearch's shape without `took` and `_shards`. `within`
 * limits the rows to the indices asked for. Hits have no relevance: `_score` is 1, and without `sort` they come in the
 * order of arrival.
 */
export const search = (segments: readonly Segment[], body: Json, context: { within: Clause; now: number }): Json => {
  const known = [
    'query',
    'from',
    'size',
    'sort',
    'search_after',
    '_source',
    'track_total_hits',
    'aggs',
    'aggregations',
  ];
  onlyKeys(body, 'search', [...known, 'timeout', 'version', 'track_scores']);
  const { within, now } = context;
  const query = body.query === undefined ? matchAll : parseQuery(body.query, now);
  const clause = combine({ required: [within, query], optional: [], prohibited: [], minimum: 0 });
  const size = asInteger(body.size ?? 10, 'size');
  const from = asInteger(body.from ?? 0, 'from');
  if (from + size > maxWindow) {
    const reason = `Result window is too large, from + size must be less than or equal to: [${maxWindow}] but was [${from + size}].`;
    throw new ElasticError('illegal_argument_exception', reason);
  }
  const sort = parseSort(body.sort);
  const after = parseAfter(body.search_after, sort, from, now);
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

  const isSorted = body.sort !== undefined;
  const hits = top
    .sorted()
    .slice(from)
    .map(({ segment, row, keys }) => ({
      _index: indexOf(segment.times[row] ?? 0),
      _id: idOf(segment, row),
      _score: isSorted ? null : 1,
      ...(pick === undefined ? {} : { _source: pick(sourceReader(segment)(row)) }),
      ...(isSorted ? { sort: keys.map((key) => key ?? null) } : {}),
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

const parseSort = (sort: unknown): SortKey[] => {
  const list = sort === undefined ? [] : Array.isArray(sort) ? sort : [sort];
  return list.map((one: unknown) => {
    const [field, spec] = typeof one === 'string' ? [one, {}] : isObject(one) ? (Object.entries(one)[0] ?? []) : [];
    if (field === undefined) throw parsingError('[sort] malformed');
    const settings = isObject(spec) ? spec : { order: spec };
    onlyKeys(settings, 'sort', ['order', 'missing', 'unmapped_type', 'format']);
    if (field === '_score') throw unsupported('sorting by [_score]');
    if (isText(field)) throw unsupported(`sorting or aggregating by the text field [${field}]`);
    const { order = 'asc', missing = '_last', format } = settings;
    if (order !== 'asc' && order !== 'desc') throw parsingError(`[sort] unknown order [${order}]`);
    if (missing !== '_last' && missing !== '_first') throw unsupported(`[sort] missing [${missing}]`);
    if (format !== undefined && format !== 'epoch_millis') throw unsupported(`[sort] format [${format}]`);
    return {
      field: field === '_doc' ? '' : field,
      isDescending: order === 'desc',
      isMissingFirst: missing === '_first',
    };
  });
};

const parseAfter = (after: unknown, sort: SortKey[], from: number, now: number): Hit['keys'] | undefined => {
  if (after === undefined) return undefined;
  if (!Array.isArray(after) || after.length !== sort.length || sort.length === 0) {
    throw new ElasticError(
      'illegal_argument_exception',
      `search_after has ${Array.isArray(after) ? after.length : 0} value(s) but sort has ${sort.length}.`,
    );
  }
  if (from > 0)
    throw new ElasticError(
      'illegal_argument_exception',
      '[from] parameter must be set to 0 when [search_after] is used',
    );
  return after.map((value: unknown, index) => {
    if (value === null) return undefined;
    if (sort[index]?.field === dateField) return parseDate(value, now, false);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw parsingError('[search_after] malformed');
    return value;
  });
};

// Of several values the one that comes first in the order asked for.
const keyReader = (segment: Segment, { field, isDescending }: SortKey): ((row: number) => Scalar | undefined) => {
  if (field === '_doc') return (row) => segment.firstSequence + row;
  const read = segment.reader(field);
  return (row) => {
    const value = read(row);
    if (typeof value !== 'object' || value === null) return value;
    return value
      .filter((one) => one !== null)
      .sort(compareScalars)
      .at(isDescending ? -1 : 0);
  };
};

const rank = (value: Scalar): number => (typeof value === 'number' ? 0 : typeof value === 'boolean' ? 1 : 2);

const compareScalars = (a: Scalar, b: Scalar): number => {
  if (typeof a !== typeof b) return rank(a) - rank(b);
  return a === b || a === null || b === null ? 0 : a < b ? -1 : 1;
};

const compareKey = (a: Scalar | undefined, b: Scalar | undefined, key: SortKey): number => {
  if (a === b) return 0;
  if (a === undefined || a === null) return key.isMissingFirst ? -1 : 1;
  if (b === undefined || b === null) return key.isMissingFirst ? 1 : -1;
  return key.isDescending ? compareScalars(b, a) : compareScalars(a, b);
};

const compareKeys = (a: Hit['keys'], b: Hit['keys'], sort: readonly SortKey[]): number => {
  for (let index = 0; index < sort.length; index++) {
    const order = compareKey(a[index], b[index], sort[index] as SortKey);
    if (order !== 0) return order;
  }
  return 0;
};

const sequenceOf = ({ segment, row }: Hit): number => segment.firstSequence + row;

/** Keeps the first `count` hits in order; among equals those that arrived first. */
const createTop = (count: number, sort: readonly SortKey[]) => {
  const [first] = sort;
  const order = (a: Hit, b: Hit): number => compareKeys(a.keys, b.keys, sort) || sequenceOf(a) - sequenceOf(b);
  let kept: Hit[] = [];
  let worst: Hit | undefined;
  const cut = (): Hit[] => {
    kept = kept.sort(order).slice(0, count);
    worst = kept.length === count ? kept.at(-1) : undefined;
    return kept;
  };
  return {
    /** A cheap look before a hit is made: whether its first key alone keeps it out. */
    isBeyond: (key: Scalar | undefined): boolean =>
      worst !== undefined && first !== undefined && compareKey(key, worst.keys[0], first) > 0,
    add: (hit: Hit): void => {
      if (worst !== undefined && order(hit, worst) > 0) return;
      kept.push(hit);
      if (kept.length >= 2 * count + 64) cut();
    },
    sorted: cut,
  };
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
