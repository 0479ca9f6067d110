import fc from 'fast-check';
import { toLiteralPattern, toSearchKey, toSearchWords } from './domain.js';

test('a search key has neither case nor accents', () => {
  expect(toSearchKey('Café CRÈME')).toBe('cafe creme');
});

test('a search text becomes its different words', () => {
  expect(toSearchWords('  Green  tea\tGREEN ')).toEqual(['green', 'tea']);
  expect(toSearchWords('   ')).toEqual([]);
});

test('a search text of many words is cut, not refused', () => {
  expect(toSearchWords('a b c d e f g h i j k')).toHaveLength(8);
});

test('a literal pattern matches its own text and nothing else, whatever a stranger typed', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...'ab.*+?^$(){}[]|\\/-,1') });
  fc.assert(
    fc.property(hostile, hostile, (text, other) => {
      const pattern = new RegExp(toLiteralPattern(text));
      expect(pattern.test(other)).toBe(other.includes(text));
      expect(pattern.test(`x${text}y`)).toBe(true);
    }),
  );
});
