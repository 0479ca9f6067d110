import {
  Binary,
  BSONRegExp,
  type BSONSymbol,
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
import { numbers, values } from '../testing/values.js';
import { areEqual, compareValues, toCompoundKey, toKey } from './order.js';
import { type Document, type TypeName, typeOf } from './values.js';

const sign = (order: number): number => Math.sign(order);

/** A number as an exact fraction, by another way than the keys take: a double through its binary digits. */
const toFraction = (value: unknown): { numerator: bigint; denominator: bigint } => {
  if (value instanceof Long) return { numerator: value.toBigInt(), denominator: 1n };
  if (value instanceof Int32) return { numerator: BigInt(value.value), denominator: 1n };
  if (value instanceof Double) {
    let { value: scaled } = value;
    let denominator = 1n;
    while (!Number.isInteger(scaled)) {
      scaled *= 2;
      denominator *= 2n;
    }
    return { numerator: BigInt(scaled), denominator };
  }
  const [digits = '', power = '0'] = String(value).split('E');
  const fraction = digits.split('.')[1]?.length ?? 0;
  const exponent = BigInt(power) - BigInt(fraction);
  const whole = BigInt(digits.replace('.', ''));
  return exponent < 0n
    ? { numerator: whole, denominator: 10n ** -exponent }
    : { numerator: whole * 10n ** exponent, denominator: 1n };
};

const compareNumbers = (left: unknown, right: unknown): number => {
  const [a, b] = [Number(String(left)), Number(String(right))];
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  if (Math.abs(a) === Infinity || Math.abs(b) === Infinity) return a === b ? 0 : a < b ? -1 : 1;
  const [p, q] = [toFraction(left), toFraction(right)];
  const [x, y] = [p.numerator * q.denominator, q.numerator * p.denominator];
  return x < y ? -1 : x > y ? 1 : 0;
};

const order: TypeName[][] = [
  ['minKey'],
  ['null'],
  ['int', 'long', 'double', 'decimal'],
  ['string', 'symbol'],
  ['object'],
  ['array'],
  ['binData'],
  ['objectId'],
  ['bool'],
  ['date'],
  ['timestamp'],
  ['regex'],
  ['javascript'],
  ['maxKey'],
];
const rank = (value: unknown): number => order.findIndex((names) => names.includes(typeOf(value)));

const compareLists = <T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): number => {
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const result = compare(left[i] as T, right[i] as T);
    if (result !== 0) return result;
  }
  return left.length - right.length;
};

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : String((value as BSONSymbol | Code as { value?: string }).value ?? (value as Code).code);

/** MongoDB's rules written down plainly, type by type. */
const model = (left: unknown, right: unknown): number => {
  const byRank = rank(left) - rank(right);
  if (byRank !== 0) return byRank;
  const name = order[rank(left)]?.[0];
  if (name === 'int') return compareNumbers(left, right);
  if (name === 'string' || name === 'javascript')
    return Buffer.compare(Buffer.from(textOf(left)), Buffer.from(textOf(right)));
  if (name === 'array') return compareLists(left as unknown[], right as unknown[], model);
  if (name === 'object') {
    const entries = (value: unknown) => Object.entries(value as Document);
    return compareLists(entries(left), entries(right), (a, b) => {
      if (rank(a[1]) !== rank(b[1])) return rank(a[1]) - rank(b[1]);
      return a[0] === b[0] ? model(a[1], b[1]) : a[0] < b[0] ? -1 : 1;
    });
  }
  if (name === 'bool') return Number(left) - Number(right);
  if (name === 'date') return (left as Date).getTime() - (right as Date).getTime();
  if (name === 'objectId')
    return (left as ObjectId).toHexString() < (right as ObjectId).toHexString()
      ? -1
      : Number(!(left as ObjectId).equals(right as ObjectId));
  if (name === 'timestamp') return (left as Timestamp).compare(right as Timestamp);
  if (name === 'binData') {
    const [a, b] = [left as Binary, right as Binary];
    return a.length() - b.length() || Buffer.compare(a.value(), b.value());
  }
  if (name === 'regex') {
    const [a, b] = [left as BSONRegExp, right as BSONRegExp];
    return Buffer.compare(Buffer.from(a.pattern), Buffer.from(b.pattern));
  }
  return 0;
};

const runs = { numRuns: 1000 };

test('key bytes sort as MongoDB sorts the values, for all types', () => {
  fc.assert(
    fc.property(values, values, (a, b) => sign(Buffer.compare(toKey(a), toKey(b))) === sign(model(a, b))),
    runs,
  );
});

test('key bytes sort as the numbers do, exactly, across all number types', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => sign(Buffer.compare(toKey(a), toKey(b))) === sign(compareNumbers(a, b))),
    runs,
  );
});

test('the comparison agrees with the key bytes', () => {
  fc.assert(
    fc.property(values, values, (a, b) => sign(compareValues(a, b)) === sign(Buffer.compare(toKey(a), toKey(b)))),
    runs,
  );
  fc.assert(
    fc.property(numbers, numbers, (a, b) => sign(compareValues(a, b)) === sign(Buffer.compare(toKey(a), toKey(b)))),
    runs,
  );
});

test('compound keys sort field by field, descending fields the other way', () => {
  const parts = [{ direction: 1 as const }, { direction: -1 as const }];
  fc.assert(
    fc.property(values, values, values, values, (a, b, c, d) => {
      const expected = sign(model(a, c)) || -sign(model(b, d));
      return sign(Buffer.compare(toCompoundKey([a, b], parts), toCompoundKey([c, d], parts))) === expected;
    }),
    runs,
  );
});

test('the types stand in MongoDB order', () => {
  const sorted = [
    ...[new MinKey(), null, new Double(Number.NaN), new Double(-1e308), new Int32(-1), new Double(-0.5), new Double(0)],
    ...[
      new Double(5e-324),
      Decimal128.fromString('0.1'),
      new Double(0.1),
      new Int32(1),
      Long.MAX_VALUE,
      new Double(Infinity),
    ],
    ...[
      '',
      'a',
      'a\0',
      'ab',
      'b',
      '\uffff',
      '\u{1f600}',
      {},
      { a: 1 },
      { a: 'x' },
      [],
      [1],
      new Binary(Buffer.from('b')),
    ],
    ...[new Binary(Buffer.from('aa')), new ObjectId('0'.repeat(24)), false, true, new Date(-1), new Date(0)],
    ...[new Timestamp({ t: 1, i: 0 }), new BSONRegExp('a'), new Code('a'), new Code('a', { b: 1 }), new MaxKey()],
  ];
  for (const [i, value] of sorted.entries()) {
    expect([i, areEqual(value, value)]).toEqual([i, true]);
    if (i > 0) expect([i, sign(compareValues(sorted[i - 1], value))]).toEqual([i, -1]);
  }
});
