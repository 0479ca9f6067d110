import { writeKey } from '../bson/order.js';
import type { KeyPattern } from '../query/sort.js';

/** The first byte of a key says what it leads to; ids and records follow as big-endian numbers. */
const area = { catalog: 1, record: 2, index: 3, session: 4 };

const idBytes = 5;
const recordBytes = 6;
/** Longer index keys are refused as MongoDB before 4.2 did (17280); lmdb itself allows 1,978 bytes. */
export const maxIndexKeyBytes = 1900;

const prefixed = (kind: number, id: number, rest: Uint8Array = Buffer.alloc(0), record?: number): Buffer => {
  const key = Buffer.alloc(idBytes + rest.length + (record === undefined ? 0 : recordBytes));
  key[0] = kind;
  key.writeUInt32BE(id, 1);
  key.set(rest, idBytes);
  if (record !== undefined) key.writeUIntBE(record, idBytes + rest.length, recordBytes);
  return key;
};

export const catalogKey = (namespace: string): Buffer =>
  Buffer.concat([Buffer.from([area.catalog]), Buffer.from(namespace)]);
export const namespaceOf = (catalogEntry: Buffer): string => catalogEntry.toString('utf8', 1);
export const sessionKey = (id: Uint8Array): Buffer => Buffer.concat([Buffer.from([area.session]), id]);
export const recordKey = (collection: number, record: number): Buffer =>
  prefixed(area.record, collection, undefined, record);
export const indexKey = (index: number, value: Buffer, record: number): Buffer =>
  prefixed(area.index, index, value, record);

/** The record that a record key or an index key ends with. */
export const recordOf = (key: Buffer): number => key.readUIntBE(key.length - recordBytes, recordBytes);
/** The value within an index key. */
export const indexedValue = (key: Buffer): Buffer => key.subarray(idBytes, key.length - recordBytes);

/** Half open: from start, before end. */
export interface KeyRange {
  start: Buffer;
  end: Buffer;
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
export const valueRange = (index: number, value: Buffer): KeyRange => beginningWith(prefixed(area.index, index, value));

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
  { id, pattern }: { id: number; pattern: KeyPattern },
  equal: readonly unknown[],
  bounds?: Bounds,
): KeyRange => {
  const prefix = toIndexValue(equal, pattern);
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
