import fc from 'fast-check';
import { createMatcher, parseDuration, parseNumber, parseText } from './literals.js';

it.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1y2w3d4h5m6s7ms', 31_536_000_000 + 2 * 604_800_000 + 3 * 86_400_000 + 4 * 3_600_000 + 306_007],
])('the duration %s is %d ms', (text, expected) => expect(parseDuration(text)).toBe(expected));

it.each(['', '0', '0s', '5', 'm', '1.5h', '1m1h', '-5m', '5m '])('%j is no duration', (text) =>
  expect(() => parseDuration(text)).toThrow('not a valid duration'),
);

it.each([
  ['0x1F', 31],
  ['017', 15],
  ['08', 8],
  ['.5e3', 500],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['nAn', Number.NaN],
])('the number %s is %d', (text, expected) => expect(parseNumber(text)).toBe(expected));

it.each(['1h', '0x', 'ten', '1_000'])('%s is no number', (text) =>
  expect(() => parseNumber(text)).toThrow('not a number'),
);

it.each([
  ['"a\\"b\\\\\\n\\u00e9"', 'a"b\\\n\u00e9'],
  ["'say \"it\\'s\"'", 'say "it\'s"'],
  ["'it\\'s'", "it's"],
  ['`\\d`', '\\d'],
  ['""', ''],
])('the text %s is unquoted', (quoted, expected) => expect(parseText(quoted)).toBe(expected));

it.each(['"\\q"', '"\\\'"', '"a\nb"', '"a', '"', '"\\ud800"', '"\\U00110000"', '"\\x80"', '"a\\"'])(
  '%j is no text',
  (quoted) => expect(() => parseText(quoted)).toThrow('parse error'),
);

const matches = (pattern: string, text: string): boolean => createMatcher('x', '=~', pattern).matches(text);

it.each([
  ['2..', '200', '1200'],
  ['a|bc', 'bc', 'abc'],
  ['(?i)get', 'GeT', 'gets'],
  ['.', '\u{1FAD6}', '\n'],
  ['(?s).', '\n', ''],
  ['\\d{3}', '404', '\u0664\u0660\u0664'],
  ['[[:alpha:]]+', 'abc', 'ab1'],
  ['/api/[^/]+', '/api/x', '/api/x/y'],
])('the pattern %j fits %j and not %j', (pattern, fits, not) => {
  expect([matches(pattern, fits), matches(pattern, not)]).toEqual([true, false]);
});

it.each(['(?=a)', '(?<!a)b', '\\1', 'a{1001}', 'a**', '(', 'a\\', '\\\u00e9'])('%s is no pattern of RE2', (pattern) =>
  expect(() => createMatcher('x', '=~', pattern)).toThrow('error parsing regexp'),
);

it('takes no longer for a pattern that is made to be slow', () => {
  // With backtracking this would not end.
  expect(matches('(a+)+b', 'a'.repeat(10_000))).toBe(false);
});

it('a pattern of any text with its signs escaped fits this text alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
      const pattern = text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
      expect([matches(pattern, text), matches(pattern, other)]).toEqual([true, text === other]);
    }),
  );
});

it.each([
  ['=', 'a', [true, false, false]],
  ['!=', 'a', [false, true, true]],
  ['=~', 'a|', [true, false, true]],
  ['!~', 'a|', [false, true, false]],
])('the matcher %s %j', (operator, value, expected) => {
  const { matches } = createMatcher('x', operator, value);
  expect(['a', 'ab', ''].map(matches)).toEqual(expected);
});
