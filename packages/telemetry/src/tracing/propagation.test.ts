import fc from 'fast-check';
import { extract, inject, parseTraceparent, toTraceparent } from './propagation.js';

const hex = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((digits) => /[^0]/.test(digits));
const reference = fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean() });

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const sampled = { traceId, spanId, sampled: true };
const unsampled = { traceId, spanId, sampled: false };

describe('propagation', () => {
  it('reads back what it wrote, from each family of headers alone', () => {
    fc.assert(
      fc.property(reference, (span) => {
        const { traceparent, b3, 'uber-trace-id': uber, ...multi } = inject(span);
        for (const headers of [{ traceparent }, { b3 }, { 'uber-trace-id': uber }, multi]) {
          expect(extract(headers)).toEqual(span);
        }
        expect(parseTraceparent(toTraceparent(span))).toEqual(span);
      }),
    );
  });

  it('never throws, and gives only well-formed ids, whatever the headers say', () => {
    const names = [
      'traceparent',
      'tracestate',
      'baggage',
      'b3',
      'x-b3-traceid',
      'x-b3-spanid',
      'x-b3-sampled',
      'uber-trace-id',
    ];
    const almost = fc.stringMatching(/^[0-9a-fA-F]{0,34}[-:]?[0-9a-f]{0,34}[-:][0-9a-f]{0,18}[-:][0-9a-f]{0,3}$/);
    const value = fc.oneof(fc.string(), almost, fc.array(almost, { maxLength: 2 }), fc.constant(undefined));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (headers) => {
        const found = extract(headers);
        if (found === undefined) return;
        expect(found.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
        expect(found.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a later version with more in it', { traceparent: `01-${traceId}-${spanId}-01-more` }, sampled],
    ['an unsampled traceparent', { traceparent: `00-${traceId}-${spanId}-00` }, unsampled],
    ['flags it does not know', { traceparent: `00-${traceId}-${spanId}-03` }, sampled],
    [
      'a short B3 trace id',
      { b3: `a3ce929d0e0e4736-${spanId}-1` },
      { ...sampled, traceId: '0000000000000000a3ce929d0e0e4736' },
    ],
    ['B3 with a parent', { b3: `${traceId}-${spanId}-1-05e3ac9a4f6e3b90` }, sampled],
    ['B3 without a decision', { b3: `${traceId}-${spanId}` }, sampled],
    ['B3 debug', { b3: `${traceId}-${spanId}-d` }, sampled],
    ['B3 multi with false', { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': 'false' }, unsampled],
    [
      'B3 multi debug',
      { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '0', 'x-b3-flags': '1' },
      sampled,
    ],
    [
      'an encoded uber-trace-id without leading zeros',
      { 'uber-trace-id': `${traceId}%3Af067aa0ba902b7%3A0%3A1` },
      sampled,
    ],
    [
      'traceparent before the others',
      { traceparent: `00-${traceId}-${spanId}-01`, b3: `${spanId}${spanId}-${spanId}-0` },
      sampled,
    ],
    ['b3 when the traceparent is malformed', { traceparent: '00-xyz', b3: `${traceId}-${spanId}-1` }, sampled],
  ])('reads %s', (_what, headers, expected) => {
    expect(extract(headers)).toEqual(expected);
  });

  it.each([
    ['version ff', { traceparent: `ff-${traceId}-${spanId}-01` }],
    ['capital letters in a traceparent', { traceparent: `00-${traceId.toUpperCase()}-${spanId}-01` }],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-${spanId}-01` }],
    ['a span id of zeros', { b3: `${traceId}-${'0'.repeat(16)}-1` }],
    ['more in version 00', { traceparent: `00-${traceId}-${spanId}-01-more` }],
    ['two traceparents', { traceparent: [`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`] }],
    ['half of B3 multi', { 'x-b3-traceid': traceId }],
    ['a refusal only', { b3: '0' }],
    ['a Jaeger debug id', { 'jaeger-debug-id': 'x', 'uberctx-a': 'b' }],
  ])('takes %s for absent', (_what, headers) => {
    expect(extract(headers)).toBeUndefined();
  });

  it('hands tracestate and baggage on untouched, unless they are too long or not printable', () => {
    const traceparent = `00-${traceId}-${spanId}-01`;
    const found = extract({ traceparent, tracestate: ['a=1', 'b=2'], baggage: 'tenant=blue' });
    expect(found).toMatchObject({ tracestate: 'a=1,b=2', baggage: 'tenant=blue' });
    expect(found && inject(found)).toMatchObject({ tracestate: 'a=1,b=2', baggage: 'tenant=blue' });
    const refused = extract({ traceparent, tracestate: `a=${'x'.repeat(600)}`, baggage: 'a=\u0007' });
    expect(refused).toEqual(sampled);
  });
});
