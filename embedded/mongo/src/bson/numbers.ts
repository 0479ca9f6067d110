import { Double, Int32, Long } from 'bson';
import { check } from './errors.js';
import { numericValue, toDouble, typeOf } from './values.js';

/** MongoDB's widening: int becomes long when it overflows, anything with a double is a double. Decimals are refused. */
export const sum = (left: unknown, right: unknown): unknown => {
  const kinds = [typeOf(left), typeOf(right)];
  check(!kinds.includes('decimal'), 'BadValue', 'arithmetic on Decimal128 is not supported');
  if (kinds.includes('double')) return new Double(toDouble(left) + toDouble(right));
  const [a, b] = [left, right].map((value) => BigInt(numericValue(value) as number | bigint)) as [bigint, bigint];
  const result = a + b;
  if (!kinds.includes('long') && result === BigInt.asIntN(32, result)) return new Int32(Number(result));
  check(result === BigInt.asIntN(64, result), 'BadValue', 'the result does not fit 64 bits');
  return Long.fromBigInt(result);
};
