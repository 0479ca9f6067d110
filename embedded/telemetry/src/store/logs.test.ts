import { createLogStore, idOf, sourceReader } from './logs.js';

const create = (maxBytes = 2 ** 28) => {
  const errors: string[] = [];
  return { errors, logs: createLogStore({ maxBytes, onError: (traceId) => errors.push(traceId) }) };
};
const first = (record: object, time = 0) => {
  const { logs } = create();
  logs.add(record, time);
  const segment = logs.segments[0];
  if (segment === undefined) throw new Error('not stored');
  return { time: segment.times[0], source: sourceReader(segment)(0), id: idOf(segment, 0) };
};

it('takes the time of the record, in whatever form, and shows it as it was sent', () => {
  const time = Date.parse('2026-11-22T12:00:00.000Z');
  for (const sent of ['2026-11-22T12:00:00.000Z', '2026-11-22T13:00:00+01:00', time]) {
    expect(first({ '@timestamp': sent })).toMatchObject({ time, source: { '@timestamp': sent } });
  }
  expect(first({ '@timestamp': 'soon' }, 5)).toMatchObject({ time: 5, source: { '@timestamp': 'soon' } });
  expect(first({}, time)).toMatchObject({ time, source: { '@timestamp': '2026-11-22T12:00:00.000Z' }, id: '0' });
});

it('puts nested objects under dotted names', () => {
  expect(first({ '@timestamp': 0, http: { request: { method: 'GET' } }, list: [1, 'a', null] }).source).toEqual({
    '@timestamp': 0,
    'http.request.method': 'GET',
    list: [1, 'a', null],
  });
});

it.each<[string, object]>([
  ['objects in a list', { a: [{}] }],
  ['binary', { a: new Uint8Array(1) }],
  ['a key that would change the object', JSON.parse('{"__proto__":{"x":1}}')],
  ['more than 256 fields', Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`f${index}`, 1]))],
])('refuses %s', (_, record) => {
  const { logs } = create();
  expect(logs.add(record, 0)).toBe('refused');
  expect(logs.stats()).toMatchObject({ received: 1, refused: 1, held: 0 });
});

it('tells the traces of error records', () => {
  const { logs, errors } = create();
  logs.add({ 'log.level': 'error', 'trace.id': 'a' }, 0);
  logs.add({ 'log.level': 'info', 'trace.id': 'b' }, 0);
  logs.add({ 'log.level': 'error' }, 0);
  expect(errors).toEqual(['a']);
});

it('keeps the bound in bytes, the oldest out first, and may be told an evicted record again', () => {
  const { logs } = create(2_000_000);
  for (let index = 0; index < 30_000; index++)
    logs.add({ 'event.id': `${index}`, message: 'x'.repeat(index % 100) }, index);
  const { bytes, held, evicted, received } = logs.stats();
  expect(bytes).toBeLessThan(2_400_000);
  expect([received, held + evicted]).toEqual([30_000, 30_000]);
  expect(logs.segments[0]?.times[0]).toBe(evicted);
  expect([logs.has('29999'), logs.has('0')]).toEqual([true, false]);
  expect(logs.add({ 'event.id': '0' }, 0)).toBe('stored');
});

it('keeps the bound when records are large or have ever other fields', () => {
  const { logs } = create(4_000_000);
  for (let index = 0; index < 300; index++) logs.add({ message: 'x'.repeat(100_000) + index }, index);
  expect(logs.stats().bytes).toBeLessThan(4_500_000);
  for (let index = 0; index < 3_000; index++) logs.add({ [`field${index}`]: index, [`other${index}`]: 'x' }, index);
  expect(logs.stats().bytes).toBeLessThan(8_500_000);
  expect(logs.stats().held).toBeGreaterThan(100);
});
