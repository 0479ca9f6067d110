import fc from 'fast-check';
import { hasPhrase, matches, wordsOf } from './comparisons.js';

const text = fc.string({ unit: fc.constantFrom(...'abB5_.:,; -日ß’é'), maxLength: 12 });

it('a word is found exactly where the text, cut into words, has it', () => {
  fc.assert(
    fc.property(text, text, (stored, query) => {
      const words = wordsOf(query);
      const present = wordsOf(stored);
      const isExpected = words.length > 0 && words.every((one) => present.includes(one));
      expect(matches('message', query, 'and', 0)(stored)).toBe(isExpected);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['🫖 tea', ['🫖', 'tea']],
  ['👩‍🚀👍🏽', ['👩‍🚀', '👍🏽']],
  ['Ada’s 1,250.75 ms', ['ada’s', '1,250.75', 'ms']],
  ['在庫 ひと', ['在', '庫', 'ひ', 'と']],
])('%s is cut as Lucene cuts it', (stored, words) => {
  expect(wordsOf(stored)).toEqual(words);
});

it('a phrase is found exactly where its words stand one after the other', () => {
  fc.assert(
    fc.property(text, text, (stored, query) => {
      const words = wordsOf(query).join(' ');
      const present = ` ${wordsOf(stored).join(' ')} `;
      expect(hasPhrase('message', query, 0)(stored)).toBe(words !== '' && present.includes(` ${words} `));
    }),
    { numRuns: 2_000 },
  );
});
