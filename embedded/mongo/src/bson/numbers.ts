import { Double, Int32, Long } from 'bson';
import { MongoError } from '../commands/errors.js';
import { isNumber, numericValue, typeOf } from './values.js';

type Arithmetic = 'add' | 'multiply';

const exact: Readonly<Record<Arithmetic, (left: bigint, right: bigint) => bigint>> = {
  add: (left, right) => left + right,
  multiply: (left, right) => left * right,
};
const rounded: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  add: (left, right) => left + right,
  multiply: (left, right) => left * right,
};

/** MongoDB's widening: int becomes long when it overflows, anything with a double is a double. Decimals are refused. */
export const calculate = (operation: Arithmetic, left: unknown, right: unknown): unknown => {
  const kinds = [typeOf(left), typeOf(right)];
  if (!isNumber(left) || !isNumber(right))
    throw new MongoError('TypeMismatch', `cannot ${operation} non-numeric values`);
  if (kinds.includes('decimal')) {
    throw new MongoError('BadValue', 'arithmetic on Decimal128 is not supported by the embedded document store');
  }
  if (kinds.includes('double')) return new Double(rounded[operation](toDouble(left), toDouble(right)));
  const result = exact[operation](
    BigInt(numericValue(left) as number | bigint),
    BigInt(numericValue(right) as number | bigint),
  );
  if (!kinds.includes('long') && result === BigInt.asIntN(32, result)) return new Int32(Number(result));
  if (result !== BigInt.asIntN(64, result))
    throw new MongoError('BadValue', `Failed to ${operation}: the result does not fit 64 bits`);
  return Long.fromBigInt(result);
};

export const toDouble = (value: unknown): number => Number(numericValue(value).toString());

/** A number that JavaScript computed, as the type that MongoDB would answer for a whole number. */
export const toWhole = (value: number): Int32 | Long =>
  value === (value | 0) ? new Int32(value) : Long.fromNumber(value);
