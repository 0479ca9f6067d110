import { toCompoundKey } from '../bson/order.js';
import type { Index } from './collections.js';

/** Half open: from start, before end. A point is the only key that the range can hold. */
export type KeyRange = { start: Buffer; end: Buffer; point?: Buffer };
const areas = { catalog: 1, record: 2, index: 3, session: 4 };

/** Records have numbers of six bytes, with which a record's key ends, and which an index entry holds. */
export const toRecordBytes = (record: number): Buffer => Buffer.from(record.toString(16).padStart(12, '0'), 'hex');
export const recordOf = (bytes: Buffer): number => bytes.readUIntBE(bytes.length - 6, 6);

/** A key: what it leads to, then, where there are several, the number of the collection or index, then its own bytes. */
export const keyOf = (area: keyof typeof areas, ...parts: readonly (number | Uint8Array)[]): Buffer => {
  const toBytes = (part: number | Uint8Array) => (typeof part === 'number' ? toRecordBytes(part).subarray(2) : part);
  return Buffer.concat([Buffer.of(areas[area]), ...parts.map(toBytes)]);
};

/** Every key that begins with these bytes. */
export const rangeOf = (prefix: Buffer): KeyRange => {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  const end = Buffer.from(prefix.subarray(0, last + 1));
  end[last] = (end[last] ?? 0) + 1;
  return { start: prefix, end };
};

type Bound = { value: unknown; isInclusive: boolean } | undefined;
/** A range of one type: without a bound it ends where the rank byte of that type does. */
export type Bounds = { rank: number; low: Bound; high: Bound };

/** The entries whose first fields equal these values and whose next field lies between the bounds, in index order. */
export const indexRange = ({ id, pattern, isUnique }: Index, equal: readonly unknown[], bounds?: Bounds): KeyRange => {
  const startingWith = (...values: unknown[]) => rangeOf(keyOf('index', id, toCompoundKey(values, pattern)));
  const all = startingWith(...equal);
  if (isUnique && equal.length === pattern.length) return { ...all, point: Buffer.concat([all.start, Buffer.of(0)]) };
  if (bounds === undefined) return all;
  const isDescending = pattern[equal.length]?.direction === -1;
  const ofType = rangeOf(Buffer.concat([all.start, Buffer.of(isDescending ? 0xff - bounds.rank : bounds.rank)]));
  const at = (bound: Bound): KeyRange => (bound === undefined ? ofType : startingWith(...equal, bound.value));
  const [first, last] = isDescending ? [bounds.high, bounds.low] : [bounds.low, bounds.high];
  // A bound that is not included is passed over; at a missing one the range of the type begins and ends.
  const start = at(first)[first?.isInclusive === false ? 'end' : 'start'];
  return { start, end: at(last)[last?.isInclusive === false ? 'start' : 'end'] };
};
