import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';
import fc from 'fast-check';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'é', '\uffff', '\u{1f600}'), maxLength: 4 });

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.integer({ min: -40, max: 40 }))
  .map(([digits, power]) => Decimal128.fromString(`${digits}E${power}`));

/** Numbers of all types, close together so that equal ones of other types are met. */
export const numbers: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((value) => new Int32(value)),
  fc.integer({ min: -3, max: 3 }).map((value) => new Double(value)),
  fc.integer({ min: -3, max: 3 }).map((value) => Long.fromNumber(value)),
  fc.integer({ min: -30, max: 30 }).map((value) => Decimal128.fromString(`${value}E-1`)),
  fc.double().map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.integer({ min: -5, max: 5 }).map((value) => Long.fromBigInt(2n ** 53n + BigInt(value))),
  fc.constantFrom(new Double(2 ** 53), new Double(-0), new Double(Number.NaN), new Double(Number.NEGATIVE_INFINITY)),
  fc.constantFrom(Decimal128.fromString('NaN'), Decimal128.fromString('Infinity'), Decimal128.fromString('-0')),
  decimal,
);

const scalars: fc.Arbitrary<unknown> = fc.oneof(
  numbers,
  text,
  text.map((value) => new BSONSymbol(value)),
  fc.constantFrom(null, true, false, new MinKey(), new MaxKey()),
  fc.integer({ min: -5, max: 5 }).map((value) => new Date(value * 2 ** 31)),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((value) => new ObjectId(value)),
  fc.uint8Array({ maxLength: 3 }).map((value) => new Binary(value, 0)),
  fc.tuple(fc.nat(9), fc.nat(9)).map(([t, i]) => new Timestamp({ t, i })),
  text.map((value) => new BSONRegExp(value.replaceAll('\0', ''), 'i')),
  text.map((value) => new Code(value)),
);

/** Any value that a document may hold, nested a little. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
