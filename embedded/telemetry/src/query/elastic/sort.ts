import type { Scalar, Segment } from '../../store/segment.js';
import { parseDate } from './dates.js';
import { illegalArgument, isObject, onlyKeys, parsingError, queryShardError, unsupported } from './errors.js';
import { dateField, type FieldType, fieldTypes, isText } from './field-types.js';

export interface SortKey {
  field: string;
  isDescending: boolean;
  isMissingFirst: boolean;
  /** Undefined: what its values are. */
  type: FieldType | undefined;
}

export interface Hit {
  segment: Segment;
  row: number;
  keys: readonly (Scalar | undefined)[];
}

export const parseSort = (sort: unknown): SortKey[] => {
  const list = sort === undefined ? [] : Array.isArray(sort) ? sort : [sort];
  return list.map((one: unknown) => {
    const [field, spec] = typeof one === 'string' ? [one, {}] : isObject(one) ? (Object.entries(one)[0] ?? []) : [];
    if (field === undefined) throw parsingError('[sort] malformed');
    const settings = isObject(spec) ? spec : { order: spec };
    onlyKeys(settings, 'sort', ['order', 'missing', 'unmapped_type', 'format']);
    if (field === '_score') throw unsupported('sorting by [_score]');
    if (isText(field)) throw unsupported(`sorting or aggregating by the text field [${field}]`);
    const { order = 'asc', missing = '_last', format = 'epoch_millis' } = settings;
    if (order !== 'asc' && order !== 'desc') throw parsingError(`[sort] unknown order [${order}]`);
    if (missing !== '_last' && missing !== '_first') throw unsupported(`[sort] missing [${missing}]`);
    if (format !== 'epoch_millis') throw unsupported(`[sort] format [${format}]`);
    const type = fieldTypes.get(field) ?? (settings.unmapped_type as FieldType | undefined);
    return { field, isDescending: order === 'desc', isMissingFirst: missing === '_first', type };
  });
};

/** Refuses a field that no type is known of and no document has. */
export const checkSorted = (sort: readonly SortKey[], segments: readonly Segment[]): void => {
  const unknown = sort.find(
    ({ field, type }) =>
      type === undefined && field !== '_doc' && !segments.some(({ fields }) => [...fields].includes(field)),
  );
  if (unknown !== undefined) throw queryShardError(`No mapping found for [${unknown.field}] in order to sort on`);
};

const longEdge = 2 ** 63;

/** As a hit tells it: numbers and booleans that are missing stand at the edge of what a `long` holds. */
export const toSortValue = (value: Scalar | undefined, key: SortKey): Scalar => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value !== undefined && value !== null) return value;
  if (key.type !== 'long' && key.type !== 'boolean') return null;
  return key.isMissingFirst === key.isDescending ? longEdge : -longEdge;
};

/** `search_after` as the keys of the last hit of the page before. */
export const parseAfter = (
  after: unknown,
  context: { sort: readonly SortKey[]; from: number; now: number },
): Hit['keys'] | undefined => {
  const { sort, from, now } = context;
  if (after === undefined) return undefined;
  const values: unknown[] = Array.isArray(after) ? after : [];
  if (values.length !== sort.length || sort.length === 0) {
    throw illegalArgument(`search_after has ${values.length} value(s) but sort has ${sort.length}.`);
  }
  if (from > 0) throw illegalArgument('[from] parameter must be set to 0 when [search_after] is used');
  return values.map((value, index) => {
    if (value === null || Math.abs(Number(value)) === longEdge) return undefined;
    if (sort[index]?.type === 'boolean' && typeof value === 'number') return value !== 0;
    if (sort[index]?.field === dateField) return parseDate(value, now, false);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    throw parsingError('[search_after] malformed');
  });
};

/** Reads what a hit is sorted by: of several values the one that comes first in the order asked for. */
export const keyReader = (segment: Segment, key: SortKey): ((row: number) => Scalar | undefined) => {
  if (key.field === '_doc') return (row) => segment.firstSequence + row;
  const read = segment.reader(key.field);
  return (row) => {
    const value = read(row);
    if (typeof value !== 'object' || value === null) return value;
    const present = value.filter((one) => one !== null).sort(compareScalars);
    return present.at(key.isDescending ? -1 : 0);
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

export const compareKeys = (a: Hit['keys'], b: Hit['keys'], sort: readonly SortKey[]): number => {
  for (let index = 0; index < sort.length; index++) {
    const order = compareKey(a[index], b[index], sort[index] as SortKey);
    if (order !== 0) return order;
  }
  return 0;
};

const sequenceOf = ({ segment, row }: Hit): number => segment.firstSequence + row;

/** Keeps the first `count` hits in order; among equals those that arrived first. */
export const createTop = (count: number, sort: readonly SortKey[]) => {
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
