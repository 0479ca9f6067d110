import { Double, Int32, Long } from 'bson';
import { check } from './errors.js';
import { numericValue, toDouble, typeOf } from './values.js';

const add = (left: bigint, right: bigint): bigint => left + right;
const multiply = (left: bigint, right: bigint): bigint => left * right;

/** MongoDB's widening: int becomes long when it overflows, anything with a double is a double. Decimals are refused. */
const calculate = (
  left: unknown,
  right: unknown,
  double: (a: number, b: number) => number,
  exact: typeof add,
): unknown => {
  const kinds = [typeOf(left), typeOf(right)];
  check(
    !kinds.includes('decimal'),
    'BadValue',
    'arithmetic on Decimal128 is not supported by the embedded document store',
  );
  if (kinds.includes('double')) return new Double(double(toDouble(left), toDouble(right)));
  const [a, b] = [left, right].map((value) => BigInt(numericValue(value) as number | bigint)) as [bigint, bigint];
  const result = exact(a, b);
  if (!kinds.includes('long') && result === BigInt.asIntN(32, result)) return new Int32(Number(result));
  check(
    result === BigInt.asIntN(64, result),
    'BadValue',
    'Failed to apply the arithmetic: the result does not fit 64 bits',
  );
  return Long.fromBigInt(result);
};

export const sum = (left: unknown, right: unknown): unknown => calculate(left, right, (a, b) => a + b, add);
export const product = (left: unknown, right: unknown): unknown => calculate(left, right, (a, b) => a * b, multiply);
