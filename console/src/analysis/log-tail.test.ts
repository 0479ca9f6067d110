import fc from 'fast-check';
import { addLines, noLines, tailCursor } from './log-tail.js';
import { line } from './testing/evidence.js';

const factsOf = (lines: readonly { fact: string }[]): string[] => lines.map(({ fact }) => fact);

test('new lines stand first, each once, and late ones at their place', () => {
  const first = addLines(noLines, [line({ at: 1, fact: 'a' }), line({ at: 5, fact: 'b' })], 10);
  const then = addLines(
    first,
    [line({ at: 5, fact: 'b' }), line({ at: 3, fact: 'late' }), line({ at: 9, fact: 'c' })],
    10,
  );
  expect(factsOf(then.lines)).toEqual(['c', 'b', 'late', 'a']);
  expect(addLines(then, [line({ at: 9, fact: 'c' })], 10)).toBe(then);
});

test('the oldest go where there are too many, and are counted', () => {
  const held = addLines(
    noLines,
    [1, 2, 3, 4, 5].map((at) => line({ at, fact: `${at}` })),
    3,
  );
  expect(factsOf(held.lines)).toEqual(['5', '4', '3']);
  expect(held.dropped).toBe(2);
});

test('in whatever batches lines arrive, the same are held', () => {
  const ats = fc.uniqueArray(fc.nat(500), { maxLength: 60 });
  fc.assert(
    fc.property(ats, fc.integer({ min: 1, max: 20 }), (all, size) => {
      const lines = all.map((at) => line({ at, fact: `${at}` }));
      let held = noLines;
      for (let from = 0; from < lines.length; from += size)
        held = addLines(held, lines.slice(from, from + size), 1_000);
      expect(held.lines).toEqual(addLines(noLines, lines, 1_000).lines);
      expect(held.lines.length).toBe(all.length);
    }),
  );
});

test('the next look begins some seconds before the newest line, and never in the future', () => {
  const newest = line({ at: 10_000 });
  expect(tailCursor({ lines: [newest], dropped: 0 }, newest.atMs + 500, 5_000)).toEqual([newest.atMs - 5_000, '']);
  expect(tailCursor({ lines: [newest], dropped: 0 }, newest.atMs - 90_000, 5_000)).toEqual([newest.atMs - 95_000, '']);
  expect(tailCursor(noLines, 100_000, 5_000)).toEqual([95_000, '']);
});
