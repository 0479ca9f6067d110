import { writeKey } from '../query/order.js';
import type { KeyPattern } from '../query/sort.js';

/** The first byte of a key says what it leads to; what follows sorts as numbers do. */
const area = { catalog: 1, record: 2, index: 3, session: 4 };

const recordBytes = 8;
/** Longer index keys are refused as MongoDB before 4.2 did (17280); lmdb itself allows 1,978 bytes. */
export const maxIndexKeyBytes = 1900;

const prefixed = (kind: number, id: number, extra: number): Buffer => {
  const key = Buffer.alloc(5 + extra);
  key[0] = kind;
  key.writeUInt32BE(id, 1);
  return key;
};

export const catalogKey = (namespace: string): Buffer =>
  Buffer.concat([Buffer.from([area.catalog]), Buffer.from(namespace)]);
export const sessionKey = (id: Buffer): Buffer => Buffer.concat([Buffer.from([area.session]), id]);

export const recordKey = (collection: number, record: number): Buffer => {
  const key = prefixed(area.record, collection, recordBytes);
  key.writeUIntBE(record, 7, 6);
  return key;
};

/** The record that a record key or an index key ends with. */
export const recordOf = (key: Buffer): number => key.readUIntBE(key.length - 6, 6);

export const indexKey = (index: number, value: Buffer, record: number): Buffer => {
  const tail = Buffer.alloc(recordBytes);
  tail.writeUIntBE(record, 2, 6);
  return Buffer.concat([prefixed(area.index, index, 0), value, tail]);
};

/** Half open: from start, before end. */
export interface KeyRange {
  start: Buffer;
  end: Buffer;
}

/** The first key after every key that begins with this prefix. */
const after = (prefix: Buffer): Buffer => {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i -= 1) {
    if (end[i] !== 0xff) {
      end[i] = (end[i] as number) + 1;
      return end.subarray(0, i + 1);
    }
  }
  return end;
};

const beginningWith = (prefix: Buffer): KeyRange => ({ start: prefix, end: after(prefix) });

export const catalogRange = (): KeyRange => beginningWith(Buffer.from([area.catalog]));
export const sessionRange = (): KeyRange => beginningWith(Buffer.from([area.session]));
export const recordRange = (collection: number): KeyRange => beginningWith(prefixed(area.record, collection, 0));
export const indexRange = (index: number): KeyRange => beginningWith(prefixed(area.index, index, 0));

export const namespaceOf = (catalogEntry: Buffer): string => catalogEntry.subarray(1).toString();

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

export interface Bound {
  value: unknown;
  inclusive: boolean;
}

/** The keys whose first fields equal these values and whose next field lies between the bounds, in index order. */
export const boundedRange = (
  index: number,
  pattern: KeyPattern,
  equal: readonly unknown[],
  bounds: { low?: Bound | undefined; high?: Bound | undefined; rank?: number | undefined },
): KeyRange => {
  const head = prefixed(area.index, index, 0);
  const prefix = Buffer.concat([head, toIndexValue(equal, pattern)]);
  const descending = pattern[equal.length]?.[1] === -1;
  const edge = (bound: Bound): Buffer => Buffer.concat([head, toIndexValue([...equal, bound.value], pattern)]);
  // A range never leaves the type of its operand: without a bound it ends where that type's rank byte does.
  const all = beginningWith(
    bounds.rank === undefined
      ? prefix
      : Buffer.concat([prefix, Buffer.from([descending ? 0xff - bounds.rank : bounds.rank])]),
  );
  const [first, last] = descending ? [bounds.high, bounds.low] : [bounds.low, bounds.high];
  return {
    start: first === undefined ? all.start : first.inclusive ? edge(first) : after(edge(first)),
    end: last === undefined ? all.end : last.inclusive ? after(edge(last)) : edge(last),
  };
};
