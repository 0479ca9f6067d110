import { toVisibleText } from './visible-text.js';

test.each([
  ['plain text, Ünïcödé, 日本語, 👍', 'plain text, Ünïcödé, 日本語, 👍'],
  ['<b>markup</b> & more', '<b>markup</b> & more'],
  ['a\u0000b\u001b[31mred', 'a␀b␛[31mred'],
  ['line\nbreak\ttab', 'line␊break␉tab'],
  ['\u202etxt.exe', '⟨U+202E⟩txt.exe'],
  ['zero\u200bwidth\ufeff', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
  ['\u2028separator', '⟨U+2028⟩separator'],
  ['half\ud800', 'half⟨U+D800⟩'],
])('%j is shown as %s', (text, shown) => {
  expect(toVisibleText(text)).toBe(shown);
});

test('lines and tabs stay if asked for, and nothing else does', () => {
  expect(toVisibleText('a\n\tb\r\u202e', { keepLines: true })).toBe('a\n\tb␍⟨U+202E⟩');
});
