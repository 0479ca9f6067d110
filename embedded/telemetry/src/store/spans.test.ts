import type { SpanRecord } from '@glasshouse/telemetry/wire';
import fc from 'fast-check';
import { createSpanStore } from './spans.js';

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
const span = (trace: number, id: number, more: Partial<SpanRecord> = {}): SpanRecord => ({
  service: 'order',
  name: 'POST /api/orders',
  traceId: hex(trace, 32),
  spanId: hex(id, 16),
  startedAt: 1_000_000 + id,
  durationUs: 500,
  tags: { 'span.kind': 'server' },
  logs: [],
  ...more,
});
const everything = { service: 'order', tags: {}, start: 0, end: Number.MAX_SAFE_INTEGER, limit: 1_000 };
const createStore = (referenced: ReadonlySet<string> = new Set(), maxBytes = 2 ** 28) =>
  createSpanStore({ maxBytes, referenced: () => (id) => referenced.has(id) });

it('gives back a span as it came', () => {
  const store = createStore();
  const full = span(1, 2, {
    parentId: hex(1, 16),
    followsFrom: [`${hex(9, 32)}:${hex(8, 16)}`],
    tags: { 'span.kind': 'client', 'http.status_code': 200, error: true, ratio: 0.5 },
    logs: [{ at: 5, fields: { event: 'error', message: 'x' } }],
  });
  store.add(full);
  expect(store.traces([full.traceId]).get(full.traceId)).toEqual([full]);
});

it('counts a span that is sent again and holds it once', () => {
  const store = createStore();
  for (const one of [span(1, 1), span(1, 2), span(1, 1), span(2, 1)]) store.add(one);
  expect(store.stats()).toMatchObject({ received: 4, duplicate: 1, held: 3 });
  expect(store.traces([hex(1, 32)]).get(hex(1, 32))).toHaveLength(2);
});

it('gives back any spans, ordered by their start, each once', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const tags = fc.dictionary(fc.stringMatching(/^[a-z.]{1,6}$/), value, { maxKeys: 5 });
  fc.assert(
    fc.property(fc.array(tags, { maxLength: 20 }), (all) => {
      const store = createStore();
      const spans = all.map((one, index) => span(1, index, { tags: one, parentId: undefined, followsFrom: undefined }));
      for (const one of [...spans].reverse()) store.add(one);
      for (const one of spans) store.add(one);
      expect(store.traces([hex(1, 32)]).get(hex(1, 32)) ?? []).toEqual(spans);
    }),
  );
});

describe('find', () => {
  const store = createStore();
  store.add(span(1, 10, { durationUs: 100, tags: { 'http.status_code': 200 } }));
  store.add(span(2, 20, { durationUs: 200, name: 'GET /api/orders', tags: { 'http.status_code': 500, error: true } }));
  store.add(span(3, 30, { durationUs: 300, logs: [{ at: 1, fields: { 'error.code': 'timeout' } }] }));
  store.add(span(3, 31, { service: 'payment', name: 'charge', tags: { 'http.status_code': 500 } }));
  const find = (query: Partial<Parameters<typeof store.find>[0]>) =>
    store.find({ ...everything, ...query }).map((spans) => Number(spans[0]?.traceId));

  it.each<[string, Parameters<typeof find>[0], number[]]>([
    ['the latest trace first', {}, [3, 2, 1]],
    ['no more than the limit', { limit: 1 }, [3]],
    ['by service', { service: 'payment' }, [3]],
    ['by operation', { name: 'GET /api/orders' }, [2]],
    ['by duration', { minDurationUs: 150, maxDurationUs: 250 }, [2]],
    ['by time', { start: 1_000_010, end: 1_000_020 }, [2, 1]],
    ['by a tag, compared as text', { tags: { 'http.status_code': '500' } }, [2]],
    ['by several tags of one span', { tags: { 'http.status_code': '500', error: 'true' } }, [2]],
    ['by a field of a log', { tags: { 'error.code': 'timeout' } }, [3]],
    ['nothing', { service: 'nobody' }, []],
  ])('%s', (_, query, expected) => {
    expect(find(query)).toEqual(expected);
  });

  it('tells services and operations', () => {
    expect(store.services()).toEqual(['order', 'payment']);
    expect(store.operations('payment')).toEqual([{ name: 'charge', spanKind: '' }]);
  });
});

it('counts the calls between services, each once', () => {
  const store = createStore();
  store.add(span(1, 1, { service: 'gateway' }));
  for (let again = 0; again < 2; again++) store.add(span(1, 2, { service: 'order', parentId: hex(1, 16) }));
  store.add(span(1, 3, { service: 'order', parentId: hex(2, 16) }));
  store.add(span(1, 4, { service: 'payment', parentId: hex(3, 16) }));
  expect(store.dependencies(0, 2_000_000)).toEqual([
    { parent: 'gateway', child: 'order', callCount: 1 },
    { parent: 'order', child: 'payment', callCount: 1 },
  ]);
  expect(store.dependencies(0, 10)).toEqual([]);
});

describe('when the room is full', () => {
  const fill = (referenced: ReadonlySet<string>, traces: number, spansPerTrace = 3) => {
    const store = createStore(referenced, 1_000_000);
    let id = 0;
    for (let trace = 1; trace <= traces; trace++) {
      for (let index = 0; index < spansPerTrace; index++) store.add(span(trace, ++id));
    }
    return store;
  };
  const heldOf = (store: ReturnType<typeof fill>) => store.find({ ...everything, limit: 1e6 });

  it('the oldest traces go first, each as a whole, and the bound holds', () => {
    const store = fill(new Set(), 8_000);
    const held = heldOf(store);
    expect(held.every((spans) => spans.length === 3)).toBe(true);
    const ids = held.map((spans) => Number.parseInt(spans[0]?.traceId ?? '', 16));
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => 8_000 - index));
    const { bytes, received, evicted, held: count } = store.stats();
    expect(bytes).toBeLessThan(1_100_000);
    expect([received, received - evicted, count]).toEqual([24_000, ids.length * 3, ids.length * 3]);
  });

  it('a trace that something refers to is kept longest, as a whole', () => {
    const referenced = new Set([hex(5, 32), hex(700, 32)]);
    const store = fill(referenced, 8_000);
    const kept = store.traces([...referenced, hex(6, 32)]);
    expect([...kept.values()].map((spans) => spans.length)).toEqual([3, 3]);
    expect(store.stats().held).toBe(heldOf(store).flat().length);
  });

  it('even if everything is referred to, the bound holds and the oldest go first', () => {
    const all = new Set(Array.from({ length: 8_000 }, (_, index) => hex(index + 1, 32)));
    const store = fill(all, 8_000);
    const held = heldOf(store);
    expect(store.stats().bytes).toBeLessThan(1_100_000);
    expect(held.every((spans) => spans.length === 3)).toBe(true);
    expect(store.traces([hex(1, 32)]).size).toBe(0);
    expect(store.traces([hex(8_000, 32)]).size).toBe(1);
  });
});
