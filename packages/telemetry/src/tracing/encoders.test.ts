import fc from 'fast-check';
import type { SpanRecord } from '../types.js';
import { createJaegerBatchDecoder, decodeZipkinV2 } from '../wire.js';
import { createJaegerEncoder } from './jaeger-encoder.js';
import { createOtlpEncoder } from './otlp-encoder.js';
import type { SpanEncoder } from './span-encoder.js';
import { createZipkinEncoder } from './zipkin-encoder.js';

const identity = { service: 'order', version: '1.2.3', instanceId: 'one' };
const frame = (encoder: SpanEncoder, spans: readonly SpanRecord[]) =>
  encoder.frameBatch(spans.map((span) => encoder.encodeSpan(span)));
const frameJson = (encoder: SpanEncoder, spans: readonly SpanRecord[]): unknown =>
  JSON.parse(frame(encoder, spans).toString());

const hex = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((digits) => /[^0]/.test(digits));
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ maxLength: 500 }));
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
const tags = fc.dictionary(text, fc.oneof(text, fc.maxSafeInteger(), double, fc.boolean()), { noNullPrototype: true });
const micros = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const span: fc.Arbitrary<SpanRecord> = fc.record(
  {
    service: fc.constant('order'),
    name: text,
    traceId: hex(32),
    spanId: hex(16),
    parentId: hex(16),
    followsFrom: fc.array(
      fc.tuple(hex(32), hex(16)).map(([traceId, spanId]) => `${traceId}:${spanId}`),
      { minLength: 1, maxLength: 3 },
    ),
    startedAt: micros,
    durationUs: micros,
    tags,
    logs: fc.array(fc.record({ at: micros, fields: tags }), { maxLength: 3 }),
  },
  { requiredKeys: ['service', 'name', 'traceId', 'spanId', 'startedAt', 'durationUs', 'tags', 'logs'] },
);

const example: SpanRecord = {
  service: 'order',
  name: 'GET product',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentId: '05e3ac9a4f6e3b90',
  followsFrom: ['a3ce929d0e0e4736a3ce929d0e0e4736:05e3ac9a4f6e3b91'],
  startedAt: 1_700_000_000_000_001,
  durationUs: 1_500,
  tags: { 'span.kind': 'client', 'peer.service': 'product', 'http.status_code': 503, error: true, ratio: 0.5 },
  logs: [{ at: 1_700_000_000_000_900, fields: { event: 'retry', attempt: 1 } }],
};

describe('Jaeger encoder', () => {
  it("writes what Jaeger's own IDL reads, for any span", () => {
    const encoder = createJaegerEncoder(identity);
    const decode = createJaegerBatchDecoder();
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), (spans) => {
        const processTags = { 'service.version': identity.version, 'service.instance.id': identity.instanceId };
        expect(decode(frame(encoder, spans))).toEqual(spans.map((each) => ({ ...each, processTags })));
      }),
    );
  });

  it('states the status of an answer that is a refusal and no failure, or Jaeger would take it for one', () => {
    const encoder = createJaegerEncoder(identity);
    const refused = { 'span.kind': 'client', 'http.status_code': 404 };
    const failed = { ...refused, error: true };
    const fine = { ...refused, 'http.status_code': 200 };
    const sent = [refused, failed, fine].map((tags) => ({ ...example, tags }));
    const tags = createJaegerBatchDecoder()(frame(encoder, sent)).map((received) => received.tags);
    expect(tags).toEqual([{ ...refused, 'otel.status_code': 'UNSET' }, failed, fine]);
  });

  it('lets the decoder refuse what is no batch', () => {
    const decode = createJaegerBatchDecoder();
    const whole = frame(createJaegerEncoder(identity), [example]);
    for (const wrong of [Buffer.from('{}'), Buffer.alloc(0), whole.subarray(0, whole.length - 20)]) {
      expect(() => decode(wrong)).toThrow();
    }
  });
});

describe('Zipkin encoder', () => {
  it('names the endpoints and keeps ids, times, tags and events', () => {
    const json = frameJson(createZipkinEncoder(), [example]);
    expect(json).toEqual([
      {
        traceId: example.traceId,
        id: example.spanId,
        parentId: example.parentId,
        name: 'GET product',
        kind: 'CLIENT',
        timestamp: 1_700_000_000_000_001,
        duration: 1_500,
        localEndpoint: { serviceName: 'order' },
        remoteEndpoint: { serviceName: 'product' },
        tags: { 'http.status_code': '503', ratio: '0.5', error: 'true' },
        annotations: [{ timestamp: 1_700_000_000_000_900, value: '{"event":"retry","attempt":1}' }],
      },
    ]);
    const { followsFrom: _, ...rest } = example;
    expect(decodeZipkinV2(json)).toEqual([
      {
        ...rest,
        tags: {
          'span.kind': 'client',
          'peer.service': 'product',
          'http.status_code': '503',
          ratio: '0.5',
          error: 'true',
        },
        logs: [{ at: 1_700_000_000_000_900, fields: { event: 'retry', attempt: '1' } }],
      },
    ]);
  });

  it('does not mark a span that has error=false', () => {
    const [json] = frameJson(createZipkinEncoder(), [{ ...example, tags: { error: false } }]) as [{ tags: object }];
    expect(json.tags).toEqual({});
  });

  it('lets the decoder take short ids and plain annotations, and refuse the rest', () => {
    const minimal = {
      traceId: 'a3ce929d0e0e4736',
      id: '05e3ac9a4f6e3b90',
      annotations: [{ timestamp: 5, value: 'cs' }],
    };
    expect(decodeZipkinV2([minimal])).toMatchObject([
      { traceId: '0000000000000000a3ce929d0e0e4736', service: 'unknown', logs: [{ at: 5, fields: { event: 'cs' } }] },
    ]);
    const wrong = [
      {},
      [null],
      [{ traceId: 'x', id: 'y' }],
      [{ ...minimal, timestamp: 'now' }],
      [{ ...minimal, tags: [] }],
    ];
    for (const json of wrong) expect(() => decodeZipkinV2(json)).toThrow(TypeError);
  });
});

describe('OTLP encoder', () => {
  it('writes one resource with its spans, links and status', () => {
    const json = frameJson(createOtlpEncoder(identity), [example, { ...example, tags: {}, logs: [] }]);
    expect(json).toMatchObject({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'order' } },
              { key: 'service.version', value: { stringValue: '1.2.3' } },
              { key: 'service.instance.id', value: { stringValue: 'one' } },
            ],
          },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: example.traceId,
                  spanId: example.spanId,
                  parentSpanId: example.parentId,
                  kind: 3,
                  startTimeUnixNano: '1700000000000001000',
                  endTimeUnixNano: '1700000000001501000',
                  attributes: expect.arrayContaining([
                    { key: 'http.status_code', value: { intValue: '503' } },
                    { key: 'ratio', value: { doubleValue: 0.5 } },
                  ]),
                  events: [{ name: 'retry', attributes: [{ key: 'attempt', value: { intValue: '1' } }] }],
                  links: [{ traceId: 'a3ce929d0e0e4736a3ce929d0e0e4736', spanId: '05e3ac9a4f6e3b91' }],
                  status: { code: 2 },
                },
                { kind: 1, status: {} },
              ],
            },
          ],
        },
      ],
    });
  });
});
