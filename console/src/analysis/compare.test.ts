import fc from 'fast-check';
import { compareTraces } from './compare.js';
import { anyTrace, span, traceOf } from './testing/traces.js';

const verdicts = (...traces: Parameters<typeof compareTraces>): string[] =>
  compareTraces(...traces).map(({ name, depth, verdict }) => `${'  '.repeat(depth)}${name} ${verdict}`);

test('tells what was added, is missing, got slower or faster, each at its place', () => {
  const a = traceOf(
    span('root', { takes: 100 }),
    span('first', { parent: 'root', at: 10, takes: 10 }),
    span('gone', { parent: 'root', at: 30, takes: 5 }),
    span('quick', { parent: 'root', at: 40, takes: 20 }),
    span('last', { parent: 'root', at: 70, takes: 10 }),
  );
  const b = traceOf(
    span('root', { takes: 101 }),
    span('first', { parent: 'root', at: 10, takes: 30 }),
    span('inside', { parent: 'first', at: 11, takes: 5 }),
    span('quick', { parent: 'root', at: 42, takes: 4 }),
    span('new', { parent: 'root', at: 50, takes: 5 }),
    span('last', { parent: 'root', at: 70, takes: 11 }),
  );
  expect(verdicts(a, b)).toEqual([
    'root same',
    '  first slower',
    '    inside added',
    '  gone missing',
    '  quick faster',
    '  new added',
    '  last same',
  ]);
});

test('calls of one name below one caller are compared as one, with how many they were and how many failed', () => {
  const calls = (count: number, failures: number) =>
    Array.from({ length: count }, (_, index) =>
      span(`call ${index}`, {
        parent: 'root',
        name: 'PUT payment',
        at: index * 10,
        takes: 5,
        isError: index < failures,
      }),
    );
  const [, row] = compareTraces(
    traceOf(span('root', { takes: 100 }), ...calls(1, 0)),
    traceOf(span('root', { takes: 100 }), ...calls(3, 2)),
  );
  expect(row).toMatchObject({
    verdict: 'slower',
    a: { count: 1, us: 5_000, errors: 0 },
    b: { count: 3, us: 15_000, errors: 2 },
  });
});

test('a trace does not differ from itself, and of two each one’s additions are the other’s losses', () => {
  fc.assert(
    fc.property(anyTrace, anyTrace, (a, b) => {
      expect(compareTraces(a, a).every(({ verdict }) => verdict === 'same')).toBe(true);
      const opposite = { added: 'missing', missing: 'added', slower: 'faster', faster: 'slower', same: 'same' };
      const there = new Map(compareTraces(a, b).map(({ key, verdict }) => [key, verdict]));
      const back = new Map(compareTraces(b, a).map(({ key, verdict }) => [key, opposite[verdict]]));
      expect(back).toEqual(there);
      expect(compareTraces(a, b).reduce((sum, row) => sum + (row.b?.count ?? 0), 0)).toBe(b.spans.length);
    }),
  );
});
