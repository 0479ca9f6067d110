import type { Scalar, Value } from '../../store/segment.js';
import {
  type Aggregator,
  type Bucket,
  type Budget,
  type Create,
  createBuckets,
  createBudget,
  filled,
  inOrder,
  toBucket,
} from './buckets.js';
import { asInteger, asObject, illegalArgument, type Json, onlyKeys, parsingError, unsupported } from './errors.js';
import { dateField, fieldTypes, isText } from './field-types.js';

const maxDepth = 2;

/** `aggs` of a search: date_histogram, terms, min, max, avg; buckets may hold aggregations in turn, one level down. */
export const parseAggregations = (body: unknown): Aggregator | undefined =>
  body === undefined ? undefined : parseLevel(body, createBudget(), 1)();

const parseLevel = (body: unknown, budget: Budget, depth: number): Create => {
  const creates = Object.entries(asObject(body, 'aggs')).map(([name, spec]): [string, Create] => {
    const rule = `Invalid aggregation name [${name}]. Aggregation names can contain any character except '[', ']', and '>'`;
    if (/[[\]>]/.test(name)) throw parsingError(rule);
    const { aggs, aggregations, meta, ...rest } = asObject(spec, name);
    const [entry, ...others] = Object.entries(rest);
    if (entry === undefined || others.length > 0) throw parsingError(`[${name}] needs exactly one aggregation type`);
    const nested = aggs ?? aggregations;
    if (nested !== undefined && depth >= maxDepth) throw unsupported('an aggregation nested deeper than one level');
    const [type, settings] = entry;
    const create = Object.hasOwn(types, type) ? types[type] : undefined;
    if (create === undefined) throw parsingError(`Unknown aggregation type [${type}]`);
    const below = nested === undefined ? undefined : parseLevel(nested, budget, depth + 1);
    return [name, withMeta(create(asObject(settings, type), below, budget), meta)];
  });
  return () => {
    const all = creates.map(([name, create]): [string, Aggregator] => [name, create()]);
    return {
      visit: (segment) => {
        const visits = all.map(([, aggregator]) => aggregator.visit(segment));
        return (row) => {
          for (const visit of visits) visit(row);
        };
      },
      result: () => Object.fromEntries(all.map(([name, aggregator]) => [name, aggregator.result()])),
    };
  };
};

/** What was sent along comes back. */
const withMeta = (create: Create, meta: unknown): Create => {
  if (meta === undefined) return create;
  return () => {
    const { visit, result } = create();
    return { visit, result: () => ({ meta, ...result() }) };
  };
};

type Type = (settings: Json, below: Create | undefined, budget: Budget) => Create;

const fieldOf = (settings: Json, type: string): string => {
  if (typeof settings.field !== 'string') throw parsingError(`[${type}] needs a [field]`);
  if (isText(settings.field)) throw unsupported(`sorting or aggregating by the text field [${settings.field}]`);
  return settings.field;
};

/** The values of a field that are there. */
const present = (value: Value | undefined): readonly Scalar[] =>
  (Array.isArray(value) ? value : [value ?? null]).filter((one) => one !== null);

const dateHistogram: Type = (settings, below, budget) => {
  onlyKeys(settings, 'date_histogram', ['field', 'fixed_interval', 'min_doc_count', 'extended_bounds']);
  const field = fieldOf(settings, 'date_histogram');
  if (field !== dateField) throw unsupported(`[date_histogram] on another field than [${dateField}]`);
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(String(settings.fixed_interval)) ?? [];
  const interval = Number(amount) * ({ ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit ?? ''] ?? Number.NaN);
  if (!(interval > 0)) throw illegalArgument('[date_histogram] needs a [fixed_interval] such as 30s');
  const minimum = asInteger(settings.min_doc_count ?? 0, 'min_doc_count');
  const { min, max } = asObject(settings.extended_bounds ?? {}, 'extended_bounds');
  const edges = [min, max].filter((edge) => edge !== undefined);
  const isReadable = edges.every((edge) => typeof edge === 'number');
  if (!isReadable) throw unsupported('[extended_bounds] other than epoch milliseconds');
  if (Number(min) > Number(max)) {
    throw illegalArgument(`[extended_bounds.min][${min}] cannot be greater than [extended_bounds.max][${max}]`);
  }
  const floor = (time: number): number => Math.floor(time / interval) * interval;
  const create = (key: number): Bucket => ({ key, count: 0, below: below?.(), visitBelow: undefined });
  const grid = { interval, edges: edges.map((edge) => floor(Number(edge))), create, budget };
  return () => {
    const buckets = createBuckets(below, budget);
    return {
      visit: (segment) => {
        const add = buckets.visit(segment);
        let bucket: Bucket | undefined;
        return (row) => {
          const key = floor(segment.times[row] ?? 0);
          // Neighbours mostly share a bucket.
          if (bucket?.key !== key) bucket = buckets.find(key);
          add(bucket, row);
        };
      },
      result: () => {
        const found = buckets.all().filter(({ count }) => count >= minimum);
        return { buckets: inOrder(minimum > 0 ? found : filled(found, grid)) };
      },
    };
  };
};

const terms: Type = (settings, below, budget) => {
  onlyKeys(settings, 'terms', ['field', 'size', 'order', 'min_doc_count']);
  const field = fieldOf(settings, 'terms');
  const size = asInteger(settings.size ?? 10, 'size');
  if (size === 0) throw illegalArgument('[size] must be greater than 0. Found [0] in [terms]');
  const minimum = asInteger(settings.min_doc_count ?? 1, 'min_doc_count');
  if (minimum === 0) throw unsupported('[terms] min_doc_count [0]');
  const [by, direction] = Object.entries(asObject(settings.order ?? { _count: 'desc' }, 'order'))[0] ?? [];
  if ((by !== '_count' && by !== '_key') || (direction !== 'asc' && direction !== 'desc')) {
    throw unsupported(`[terms] order [${JSON.stringify(settings.order)}]`);
  }
  const sign = direction === 'desc' ? -1 : 1;
  const byKey = (a: Bucket, b: Bucket): number => ((a.key ?? '') < (b.key ?? '') ? -1 : a.key === b.key ? 0 : 1);
  const order = (a: Bucket, b: Bucket): number =>
    by === '_key' ? sign * byKey(a, b) : sign * (a.count - b.count) || byKey(a, b);
  return () => {
    const buckets = createBuckets(below, budget);
    return {
      visit: (segment) => {
        const add = buckets.visit(segment);
        const read = segment.reader(field);
        const places = segment.places(field);
        const bucketsAt: Bucket[][] = [];
        const find = (row: number): Bucket[] => [...new Set(present(read(row)))].map(buckets.find);
        const findByPlace = (place: number, row: number): Bucket[] => {
          const known = bucketsAt[place] ?? find(row);
          bucketsAt[place] = known;
          return known;
        };
        return (row) => {
          for (const bucket of places === undefined ? find(row) : findByPlace(places[row] ?? 0, row)) add(bucket, row);
        };
      },
      result: () => {
        const sorted = buckets
          .all()
          .filter(({ count }) => count >= minimum)
          .sort(order);
        return {
          doc_count_error_upper_bound: 0,
          sum_other_doc_count: sorted.slice(size).reduce((sum, { count }) => sum + count, 0),
          buckets: sorted.slice(0, size).map((bucket) => toBucket(bucket, field === dateField)),
        };
      },
    };
  };
};

const metric =
  (name: string, conclude: (sum: number, count: number, min: number, max: number) => number): Type =>
  (settings, below) => {
    onlyKeys(settings, name, ['field']);
    const field = fieldOf(settings, name);
    if (below !== undefined)
      throw parsingError(`Aggregator [${name}] of type [${name}] cannot accept sub-aggregations`);
    return () => {
      let sum = 0;
      let count = 0;
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      return {
        visit: (segment) => {
          const read = segment.reader(field);
          return (row) => {
            for (const value of present(read(row))) {
              if (typeof value === 'string') {
                throw illegalArgument(`Field [${field}] of type [keyword] is not supported for aggregation [${name}]`);
              }
              const amount = Number(value);
              sum += amount;
              count++;
              min = Math.min(min, amount);
              max = Math.max(max, amount);
            }
          };
        },
        result: () => {
          if (count === 0) return { value: null };
          const value = conclude(sum, count, min, max);
          if (fieldTypes.get(field) === 'boolean') return { value, value_as_string: String(value !== 0) };
          return { value, ...(field === dateField ? { value_as_string: new Date(value).toISOString() } : {}) };
        },
      };
    };
  };

const types: Readonly<Record<string, Type>> = {
  date_histogram: dateHistogram,
  terms,
  min: metric('min', (_sum, _count, min) => min),
  max: metric('max', (_sum, _count, _min, max) => max),
  avg: metric('avg', (sum, count) => sum / count),
};
