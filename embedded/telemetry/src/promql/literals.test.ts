import fc from 'fast-check';
import { createMatcher, parseDuration, parseNumber, parsePattern, parseText } from './literals.js';

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
  ['"a\\"b\\\\\\n\\x41\\u00e9\\U0001FAD6"', 'a"b\\\nA\u00e9\u{1FAD6}'],
  ["'it\\'s'", "it's"],
  ['`\\d`', '\\d'],
  ['""', ''],
])('the text %s is unquoted', (quoted, expected) => expect(parseText(quoted)).toBe(expected));

it.each(['"\\q"', '"\\\'"', '"a\nb"', '"a', '"', '"\\ud800"', '"\\U00110000"', '"\\x80"', '"a\\"'])(
  '%j is no text',
  (quoted) => expect(() => parseText(quoted)).toThrow('parse error'),
);

describe('a pattern', () => {
  it.each([
    ['2..', '200', '1200'],
    ['a|bc', 'bc', 'abc'],
    ['(?i)get', 'GeT', 'gets'],
    ['.', '\u{1FAD6}', '\n'],
    ['(?s).', '\n', ''],
    ['[.]x\\.\\-\\/', '.x.-/', 'axb-/'],
    ['\\d{3}', '404', '٤٠٤'],
    ['(a|b)+?c*', 'abc', 'cab'],
    ['/api/[^/]+', '/api/x', '/api/x/y'],
    ['a\u2028?', 'a\u2028', 'b'],
  ])('%j fits %j and not %j', (pattern, fits, not) => {
    expect([parsePattern(pattern).test(fits), parsePattern(pattern).test(not)]).toEqual([true, false]);
  });

  it.each([
    '(?=a)',
    '(?<!a)b',
    '(?P<x>a)',
    '(?<x>a)',
    'a(?i)b',
    '(?m)a',
    '\\1',
    '\\pL',
    '\\bx',
    '\\s',
    '\\Aa',
    '[[:alpha:]]',
    '[]a]',
    '[^]a]',
    'a{1001}',
    'a**',
    '(',
    'a\\',
    '\\x41',
    '\\é',
    '(?U)a',
  ])('%s is refused, not guessed', (pattern) => expect(() => parsePattern(pattern)).toThrow('is not supported'));

  it('of any text with its signs escaped fits this text alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
        const pattern = parsePattern(text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'));
        expect([pattern.test(text), pattern.test(other)]).toEqual([true, text === other]);
      }),
    );
  });
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
