import {
  Binary,
  BSONRegExp,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from './case.js';

/** One value of each kind that both servers store, by the name that cases use for it. */
export const values: Readonly<Record<string, unknown>> = {
  null: null,
  'int 0': new Int32(0),
  'int 1': new Int32(1),
  'int 2': new Int32(2),
  'long 1': Long.fromNumber(1),
  'long 2^53+1': Long.fromString('9007199254740993'),
  'double 1.0': new Double(1),
  'double 1.5': new Double(1.5),
  'double -1.0': new Double(-1),
  'empty string': '',
  'string a': 'a',
  'string b': 'b',
  'string A': 'A',
  'string ä': 'ä',
  'empty document': {},
  '{b: 1}': { b: new Int32(1) },
  '{b: 2}': { b: new Int32(2) },
  '{b: null}': { b: null },
  '{c: 1}': { c: new Int32(1) },
  '{b: 1, c: 1}': { b: new Int32(1), c: new Int32(1) },
  '{c: 1, b: 1}': { c: new Int32(1), b: new Int32(1) },
  '[]': [],
  '[1]': [new Int32(1)],
  '[1, 2]': [new Int32(1), new Int32(2)],
  '[2, 1]': [new Int32(2), new Int32(1)],
  '[null]': [null],
  '[a]': ['a'],
  '[{b: 1}]': [{ b: new Int32(1) }],
  '[{b: 2}, {b: 1}]': [{ b: new Int32(2) }, { b: new Int32(1) }],
  '[{b: [1]}]': [{ b: [new Int32(1)] }],
  binary: new Binary(Buffer.from([1, 2]), 0),
  'object id': new ObjectId('000000000000000000000001'),
  false: false,
  true: true,
  'date 0': new Date(0),
  'date 1': new Date('2026-01-02T03:04:05.006Z'),
  timestamp: new Timestamp({ t: 5, i: 6 }),
  regex: new BSONRegExp('^a', 'i'),
};

/** Those that FerretDB does not store or changes: each has cases of its own. */
export const rareValues: Readonly<Record<string, unknown>> = {
  NaN: new Double(Number.NaN),
  Infinity: new Double(Number.POSITIVE_INFINITY),
  '[[1]]': [[new Int32(1)]],
  'min key': new MinKey(),
  'max key': new MaxKey(),
  decimal: Decimal128.fromString('1.10'),
  'decimal NaN': Decimal128.fromString('NaN'),
  'double -0.0': new Double(-0),
  'uuid binary': new Binary(Buffer.alloc(16, 7), 4),
  'regex with options': new BSONRegExp('a', 'im'),
  'date before 1970': new Date(-1),
  'long minimum': Long.MIN_VALUE,
  'array in array in array': [[['a']]],
  'empty name': { '': new Int32(1) },
  'name with a dollar': { $a: new Int32(1) },
  'name with a dot': { 'a.b': new Int32(1) },
};

/** A document for each value, named after it, and one without. */
export const documents: readonly Document[] = [
  { _id: 'missing' },
  ...Object.entries(values).map(([name, v]) => ({ _id: name, v })),
];

export const picked = (...names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(names.map((name) => [name, values[name]]));
