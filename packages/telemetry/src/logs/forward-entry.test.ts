import fc from 'fast-check';
import { MsgpackReader } from '../testing/msgpack.js';
import { createEntryEncoder } from './forward-entry.js';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ maxLength: 400 }));
const value = fc.oneof(text, fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const record = fc.dictionary(text, value, { maxKeys: 40, noNullPrototype: true });

describe('forward entry', () => {
  it('survives the way to Fluentd, whatever the record says', () => {
    const encode = createEntryEncoder();
    fc.assert(
      fc.property(record, fc.integer({ min: 0, max: 4_000_000_000_000 }), (given, at) => {
        const reader = new MsgpackReader(encode(at, given));
        const [time, decoded] = reader.read() as [unknown, unknown];
        expect(decoded).toEqual(given);
        expect(time).toEqual({ type: 0, seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 });
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it('carries long texts and more fields than fit the short forms', () => {
    const long = 'é'.repeat(3_000);
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`field.${index}`, index]));
    const given = { ...wide, long };
    const [, decoded] = new MsgpackReader(createEntryEncoder()(0, given)).read() as [unknown, unknown];
    expect(decoded).toEqual(given);
  });
});
