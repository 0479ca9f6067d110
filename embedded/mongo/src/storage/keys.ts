import { writeKey } from '../bson/order.js';
import type { KeyPattern } from '../query/sort.js';

/** The first byte of a key says what it leads to; ids and records follow as big-endian numbers. */
const area = { catalog: 1, record: 2, index: 3, session: 4 };

const idBytes = 5;
const recordBytes = 6;
/** Longer index keys are refused as MongoDB before 4.2 did (17280); lmdb itself allows 1,978 bytes. */
export const maxIndexKeyBytes = 1900;

const prefixed = (kind: number, id: number, ...rest: readonly Uint8Array[]): Buffer => {
  const head = Buffer.alloc(idBytes);
  head[0] = kind;
  head.writeUInt32BE(id, 1);
  return rest.length === 0 ? head : Buffer.concat([head, ...rest]);
};

/** A record's number, as it ends a record key and as an index entry holds it. */
export const toRecordBytes = (record: number): Buffer => {
  const bytes = Buffer.alloc(recordBytes);
  bytes.writeUIntBE(record, 0, recordBytes);
  return bytes;
};
export const recordOf = (bytes: Buffer): number => bytes.readUIntBE(bytes.length - recordBytes, recordBytes);

export const catalogKey = (namespace: string): Buffer =>
  Buffer.concat([Buffer.from([area.catalog]), Buffer.from(namespace)]);
export const namespaceOf = (catalogEntry: Buffer): string => catalogEntry.toString('utf8', 1);
export const sessionKey = (id: Uint8Array): Buffer => Buffer.concat([Buffer.from([area.session]), id]);
export const recordKey = (collection: number, record: number): Buffer =>
  prefixed(area.record, collection, toRecordBytes(record));

/** In a unique index a value is one key, which can be looked up; otherwise the record tells equal values apart. */
export const indexKey = ({ id, isUnique }: { id: number; isUnique: boolean }, value: Buffer, record: number): Buffer =>
  prefixed(area.index, id, value, isUnique ? Buffer.alloc(1) : toRecordBytes(record));

/** Half open: from start, before end. */
export interface KeyRange {
  start: Buffer;
  end: Buffer;
  /** The only key that the range can hold. */
  point?: Buffer;
}

/** The first key after every key that begins with this prefix. */
const after = (prefix: Buffer): Buffer => {
  const end = Buffer.from(prefix);
  let last = end.length - 1;
  while (last > 0 && end[last] === 0xff) last -= 1;
  end[last] = (end[last] ?? 0) + 1;
  return end.subarray(0, last + 1);
};

const beginningWith = (prefix: Buffer): KeyRange => ({ start: prefix, end: after(prefix) });

export const catalogRange = (): KeyRange => beginningWith(Buffer.from([area.catalog]));
export const sessionRange = (): KeyRange => beginningWith(Buffer.from([area.session]));
export const recordRange = (collection: number): KeyRange => beginningWith(prefixed(area.record, collection));
export const indexRange = (index: number): KeyRange => beginningWith(prefixed(area.index, index));
const valueRange = (index: number, value: Buffer): KeyRange => beginningWith(prefixed(area.index, index, value));

/** The bytes of a compound value; a descending field is inverted, which reverses its order. */
export const toIndexValue = (values: readonly unknown[], pattern: KeyPattern): Buffer => {
  const out: number[] = [];
  for (const [i, value] of values.entries()) {
    const from = out.length;
    writeKey(value, out);
    if (pattern[i]?.[1] === -1) for (let j = from; j < out.length; j += 1) out[j] = 0xff - (out[j] as number);
  }
  return Buffer.from(out);
};

interface Bound {
  value: unknown;
  isInclusive: boolean;
}

/** A range of one type: without a bound it ends where the rank byte of that type does. */
export interface Bounds {
  rank: number;
  low?: Bound | undefined;
  high?: Bound | undefined;
}

/** The keys whose first fields equal these values and whose next field lies between the bounds, in index order. */
export const boundedRange = (
  { id, pattern, isUnique }: { id: number; pattern: KeyPattern; isUnique: boolean },
  equal: readonly unknown[],
  bounds?: Bounds,
): KeyRange => {
  const prefix = toIndexValue(equal, pattern);
  if (isUnique && equal.length === pattern.length)
    return { ...valueRange(id, prefix), point: indexKey({ id, isUnique }, prefix, 0) };
  if (bounds === undefined) return valueRange(id, prefix);
  const isDescending = pattern[equal.length]?.[1] === -1;
  const edge = (bound: Bound, goesPast: boolean): Buffer => {
    const { start, end } = valueRange(id, toIndexValue([...equal, bound.value], pattern));
    return goesPast ? end : start;
  };
  const all = valueRange(id, Buffer.concat([prefix, Buffer.from([isDescending ? 0xff - bounds.rank : bounds.rank])]));
  const [first, last] = isDescending ? [bounds.high, bounds.low] : [bounds.low, bounds.high];
  return {
    start: first === undefined ? all.start : edge(first, !first.isInclusive),
    end: last === undefined ? all.end : edge(last, last.isInclusive),
  };
};
