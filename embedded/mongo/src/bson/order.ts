import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, ObjectId, Timestamp } from 'bson';
import { type Document, numericValue, typeOf, types } from './values.js';

/**
 * One definition of MongoDB's order of values: bytes whose memcmp order is the order of the values, across all types.
 * Indexes store these bytes, and the comparison below falls back on them, so that an index and a sort cannot disagree.
 * Every encoding is free of prefixes: parts of a compound key simply follow each other.
 */
export const writeKey = (value: unknown, out: number[]): void => {
  out.push(types[typeOf(value)].rank);
  writePayload(value, out);
};

export const toKey = (value: unknown): Buffer => {
  const out: number[] = [];
  writeKey(value, out);
  return Buffer.from(out);
};

const writePayload = (value: unknown, out: number[]): void => {
  switch (typeOf(value)) {
    case 'int':
    case 'double':
    case 'long':
    case 'decimal':
      return writeNumber(numericValue(value), out);
    case 'string':
      return writeText(value as string, out);
    case 'symbol':
      return writeText((value as BSONSymbol).value, out);
    case 'object':
      for (const [name, field] of Object.entries(value as Document)) {
        out.push(types[typeOf(field)].rank);
        writeText(name, out);
        writePayload(field, out);
      }
      out.push(0);
      return;
    case 'array':
      for (const item of value as unknown[]) writeKey(item, out);
      out.push(0);
      return;
    case 'binData': {
      const { buffer, position, sub_type: subType } = value as Binary;
      writeUint32(position, out);
      out.push(subType, ...buffer.subarray(0, position));
      return;
    }
    case 'objectId':
      out.push(...(value as ObjectId).id);
      return;
    case 'bool':
      out.push(value ? 1 : 0);
      return;
    case 'date': {
      const ms = (value as Date).getTime();
      writeUint32(Math.floor(ms / 2 ** 32) + 2 ** 31, out);
      writeUint32(ms >>> 0, out);
      return;
    }
    case 'timestamp':
      writeUint32((value as Timestamp).getHighBitsUnsigned(), out);
      writeUint32((value as Timestamp).getLowBitsUnsigned(), out);
      return;
    case 'regex':
      writeText((value as BSONRegExp).pattern, out);
      writeText((value as BSONRegExp).options, out);
      return;
    case 'javascript':
      return writeText((value as Code).code, out);
    case 'javascriptWithScope':
      writeText((value as Code).code, out);
      return writePayload((value as Code).scope, out);
    default:
      return;
  }
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

const numberClass = { nan: 0x00, negativeInfinity: 0x10, negative: 0x20, zero: 0x30, positive: 0x40, infinity: 0x50 };

/** Numbers of all four types as exact decimal digits, 0.d1d2d3... times ten to an exponent: 1, 1.0 and Long 1 are one key. */
const writeNumber = (value: number | bigint | Decimal128, out: number[]): void => {
  const { sign, digits, exponent } = toDecimal(value);
  if (digits === '') {
    out.push(exponent);
    return;
  }
  const flip = sign < 0 ? 0xff : 0;
  out.push(sign < 0 ? numberClass.negative : numberClass.positive);
  const biased = exponent + 0x4000;
  out.push((biased >> 8) ^ flip, (biased & 0xff) ^ flip);
  for (let i = 0; i < digits.length; i += 2) {
    out.push((Number(digits.slice(i, i + 2).padEnd(2, '0')) + 1) ^ flip);
  }
  out.push(flip);
};

interface Decimal {
  sign: number;
  /** Without leading and trailing zeros; empty for zero, infinities and NaN, whose class is then the exponent. */
  digits: string;
  exponent: number;
}

const toDecimal = (value: number | bigint | Decimal128): Decimal => {
  if (typeof value === 'object') {
    const text = value.toString();
    const parts = /^-?(\d+)(?:\.(\d+))?(?:E([+-]\d+))?$/.exec(text);
    if (parts === null) return toDecimal(Number(text));
    const [, whole = '', fraction = '', power = '0'] = parts;
    return normalized(text.startsWith('-') ? -1 : 1, whole + fraction, Number(power) - fraction.length);
  }
  if (typeof value === 'bigint') return normalized(value < 0n ? -1 : 1, (value < 0n ? -value : value).toString(), 0);
  const { nan, infinity, negativeInfinity } = numberClass;
  if (Number.isNaN(value)) return { sign: 1, digits: '', exponent: nan };
  if (!Number.isFinite(value)) return { sign: 1, digits: '', exponent: value > 0 ? infinity : negativeInfinity };
  const sign = value < 0 ? -1 : 1;
  const magnitude = Math.abs(value);
  if (Number.isSafeInteger(magnitude)) return normalized(sign, magnitude.toString(), 0);
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

const normalized = (sign: number, text: string, power: number): Decimal => {
  const digits = text.replace(/^0+/, '');
  if (digits === '') return { sign: 1, digits: '', exponent: numberClass.zero };
  return { sign, digits: digits.replace(/0+$/, ''), exponent: digits.length + power };
};

/** Code point order, which is the order of the UTF-8 bytes; plain `<` puts astral characters before U+E000. */
const compareText = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i += 1) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return a >= 0xd800 && b >= 0xd800 ? ((a + 0x2000) & 0xffff) - ((b + 0x2000) & 0xffff) : a - b;
  }
  return left.length - right.length;
};

/** Negative, zero or positive; a missing value counts as null, as in a sort. */
export const compareValues = (left: unknown, right: unknown): number => {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  const leftType = typeOf(left);
  const rightType = typeOf(right);
  const byRank = types[leftType].rank - types[rightType].rank;
  if (byRank !== 0) return byRank;
  if (leftType === 'date') return (left as Date).getTime() - (right as Date).getTime();
  if (types[leftType].rank === types.int.rank && leftType !== 'decimal' && rightType !== 'decimal') {
    const a = numericValue(left) as number | bigint;
    const b = numericValue(right) as number | bigint;
    if (a < b) return -1;
    if (a > b) return 1;
    // biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are the same number
    if (a == b) return 0;
    return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  }
  return Buffer.compare(toKey(left), toKey(right));
};

export const areEqual = (left: unknown, right: unknown): boolean => compareValues(left, right) === 0;
