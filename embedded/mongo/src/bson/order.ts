import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, ObjectId, Timestamp } from 'bson';
import { type Document, numericValue, rankOf, ranks, type TypeName, typeOf } from './values.js';

/**
 * One definition of MongoDB's order of values: bytes whose memcmp order is the order of the values, across all types.
 * Indexes store these bytes, and the comparison below falls back on them, so that an index and a sort cannot disagree.
 * Every encoding is free of prefixes: parts of a compound key simply follow each other.
 */
const writeKey = (value: unknown, out: number[]): void => {
  out.push(rankOf(value));
  writePayload(value, out);
};

export const toKey = (value: unknown): Buffer => {
  const out: number[] = [];
  writeKey(value, out);
  return Buffer.from(out);
};

const writeUint32 = (value: number, out: number[]): void => {
  out.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
};

/** UTF-8 with 0x00 written as 0x00 0xff, ended by 0x00 0x00: a text sorts before every longer one. */
const writeText = (text: string, out: number[]): void => {
  for (const byte of Buffer.from(text)) {
    out.push(byte);
    if (byte === 0) out.push(0xff);
  }
  out.push(0, 0);
};

const writeNumeric = (value: unknown, out: number[]): void => writeNumber(toDecimal(numericValue(value)), out);

const writers: Readonly<Partial<Record<TypeName, (value: never, out: number[]) => void>>> = {
  int: writeNumeric,
  double: writeNumeric,
  long: writeNumeric,
  decimal: writeNumeric,
  string: writeText,
  symbol: ({ value }: BSONSymbol, out) => writeText(value, out),
  object: (value: Document, out) => {
    for (const [name, field] of Object.entries(value)) {
      out.push(rankOf(field));
      writeText(name, out);
      writePayload(field, out);
    }
    out.push(0);
  },
  array: (value: readonly unknown[], out) => {
    for (const item of value) writeKey(item, out);
    out.push(0);
  },
  binData: ({ buffer, position, sub_type: subType }: Binary, out) => {
    writeUint32(position, out);
    out.push(subType);
    for (const byte of buffer.subarray(0, position)) out.push(byte);
  },
  objectId: ({ id }: ObjectId, out) => void out.push(...id),
  bool: (value: boolean, out) => void out.push(Number(value)),
  date: (value: Date, out) => {
    writeUint32(Math.floor(value.getTime() / 2 ** 32) + 2 ** 31, out);
    writeUint32(value.getTime() >>> 0, out);
  },
  timestamp: (value: Timestamp, out) => {
    writeUint32(value.getHighBitsUnsigned(), out);
    writeUint32(value.getLowBitsUnsigned(), out);
  },
  regex: ({ pattern, options }: BSONRegExp, out) => {
    writeText(pattern, out);
    writeText(options, out);
  },
  javascript: ({ code }: Code, out) => writeText(code, out),
  javascriptWithScope: ({ code, scope }: Code, out) => {
    writeText(code, out);
    writePayload(scope, out);
  },
};

const writePayload = (value: unknown, out: number[]): void => writers[typeOf(value)]?.(value as never, out);

/** 0.d1d2d3... times ten to the exponent, without leading and trailing zeros; without digits the exponent is a class. */
interface Decimal {
  sign: number;
  digits: string;
  exponent: number;
}

const numberClass = { nan: 0x00, negativeInfinity: 0x10, negative: 0x20, zero: 0x30, positive: 0x40, infinity: 0x50 };

/** Numbers of all four types as their exact decimal digits: 1, 1.0 and Long 1 are one key. */
const writeNumber = ({ sign, digits, exponent }: Decimal, out: number[]): void => {
  if (digits === '') {
    out.push(exponent);
    return;
  }
  const flip = sign < 0 ? 0xff : 0;
  const biased = exponent + 0x4000;
  out.push(sign < 0 ? numberClass.negative : numberClass.positive, (biased >> 8) ^ flip, (biased & 0xff) ^ flip);
  for (let i = 0; i < digits.length; i += 2) out.push((Number(digits.slice(i, i + 2).padEnd(2, '0')) + 1) ^ flip);
  out.push(flip);
};

const normalized = (sign: number, text: string, power: number): Decimal => {
  const digits = text.replace(/^0+/, '');
  if (digits === '') return { sign: 1, digits: '', exponent: numberClass.zero };
  return { sign, digits: digits.replace(/0+$/, ''), exponent: digits.length + power };
};

const toDecimal = (value: number | bigint | Decimal128): Decimal => {
  if (typeof value === 'bigint') return normalized(value < 0n ? -1 : 1, value.toString().replace('-', ''), 0);
  if (typeof value === 'number') return doubleToDecimal(value);
  const text = value.toString();
  const parts = /^-?(\d+)(?:\.(\d+))?(?:E([+-]\d+))?$/.exec(text);
  if (parts === null) return doubleToDecimal(Number(text));
  const [, whole = '', fraction = '', power = '0'] = parts;
  return normalized(text.startsWith('-') ? -1 : 1, whole + fraction, Number(power) - fraction.length);
};

const doubleToDecimal = (value: number): Decimal => {
  const { nan, infinity, negativeInfinity } = numberClass;
  if (Number.isNaN(value)) return { sign: 1, digits: '', exponent: nan };
  if (!Number.isFinite(value)) return { sign: 1, digits: '', exponent: value > 0 ? infinity : negativeInfinity };
  const sign = value < 0 ? -1 : 1;
  const magnitude = Math.abs(value);
  if (Number.isInteger(magnitude)) return normalized(sign, BigInt(magnitude).toString(), 0);
  // A double is a whole number m divided by 2^k, and m / 2^k = m * 5^k / 10^k: its decimal digits are finite.
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, magnitude);
  const biased = bits.getUint16(0) >> 4;
  const fraction = bits.getBigUint64(0) & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const power = 1075 - Math.max(biased, 1);
  return normalized(sign, (mantissa * 5n ** BigInt(power)).toString(), -power);
};

/** Negative, zero or positive; a missing value counts as null, as in a sort. */
export const compareValues = (left: unknown, right: unknown): number => {
  // The order of UTF-8 bytes is that of code points; plain `<` would put astral characters before U+E000.
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  const [leftType, rightType] = [typeOf(left), typeOf(right)];
  const byRank = ranks[leftType] - ranks[rightType];
  if (byRank !== 0) return byRank;
  if (leftType === 'date') return (left as Date).getTime() - (right as Date).getTime();
  if (ranks[leftType] !== ranks.int || leftType === 'decimal' || rightType === 'decimal') {
    return Buffer.compare(toKey(left), toKey(right));
  }
  const [a, b] = [numericValue(left), numericValue(right)] as [number | bigint, number | bigint];
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
};

export const areEqual = (left: unknown, right: unknown): boolean =>
  typeof left === 'string' && typeof right === 'string' ? left === right : compareValues(left, right) === 0;

/** The bytes of a compound key; a descending part is inverted, which reverses its order. */
export const toCompoundKey = (values: readonly unknown[], parts: readonly { direction: 1 | -1 }[]): Buffer => {
  const inverted = (key: Buffer) => key.map((byte) => 0xff - byte);
  return Buffer.concat(values.map((value, i) => (parts[i]?.direction === -1 ? inverted(toKey(value)) : toKey(value))));
};
