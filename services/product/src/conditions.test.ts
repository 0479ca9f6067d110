import { isNotModified, parseIfMatch, requireIfMatch, toEtag } from './conditions.js';

describe('If-Match', () => {
  test.each([
    ['a strong tag', '"7"', [7]],
    ['a list', '"7", "8"', [7, 8]],
    ['a list with empty elements', ', "7",, "8" ,', [7, 8]],
    ['a star', '*', 'any'],
    ['a star with white space', ' * ', 'any'],
    ['a weak tag, which matches nothing', 'W/"7"', []],
    ['a weak tag beside a strong one', 'W/"7", "8"', [8]],
    ['a tag with a comma in it', '"7,8"', []],
    ['somebody else’s tag', '"abc"', []],
    ['an empty tag', '""', []],
    ['a tag that only looks like a version', '"007"', []],
    ['a number too large to be a version', `"${'9'.repeat(30)}"`, []],
  ])('reads %s', (_what, header, expected) => {
    expect(parseIfMatch(header)).toEqual(expected);
  });

  test.each(['7', '"7', '7"', '"7" "8"', 'w/"7"', '*, "7"', '', '"a b"x', '"\u0001"'])(
    'refuses %j, since a guarded write must not guess',
    (header) => {
      expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );

  test('is required where a write could overwrite somebody’s work', () => {
    expect(() => requireIfMatch(undefined)).toThrow(expect.objectContaining({ status: 428 }));
    expect(requireIfMatch('"7"')).toEqual([7]);
  });

  test('takes a long hostile header in no time, whatever it nearly is', () => {
    const header = `${'"a",'.repeat(20_000)}"`;
    expect(() => parseIfMatch(header)).toThrow();
  });
});

describe('If-None-Match', () => {
  test.each([
    ['"7"', true],
    ['W/"7"', true],
    ['"6", W/"7"', true],
    ['*', true],
    ['"8"', false],
    ['"6", "8"', false],
    ['"07"', false],
    ['7', false],
    ['', false],
    [undefined, false],
  ])('%j says for version 7: not modified is %s', (header, expected) => {
    expect(isNotModified(header, 7)).toBe(expected);
  });

  test('recognises the tag that was given out', () => {
    expect(isNotModified(toEtag(12), 12)).toBe(true);
  });
});
