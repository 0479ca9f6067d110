import type { Scalar } from '../../store/segment.js';
import { parseDate } from './dates.js';
import { illegalArgument, queryShardError, unsupported } from './errors.js';
import { dateField, type FieldType, fieldTypes, isText } from './field-types.js';

export type Test = (value: Scalar) => boolean;
export interface Bounds {
  gt?: unknown;
  gte?: unknown;
  lt?: unknown;
  lte?: unknown;
}

// Words as Lucene's standard tokenizer cuts them (Unicode UAX 29), in small letters; each ideograph is a word of its own,
// and so is each emoji with what is joined to it.
const word =
  /\p{RI}{1,2}|\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*|[\p{Script=Han}\p{Script=Hiragana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}])[\p{L}\p{N}\p{M}_]|(?<=\p{L})[.:'’](?=\p{L})|(?<=\p{N})[.,;'](?=\p{N}))+/gu;
export const wordsOf = (text: string): string[] => text.toLowerCase().match(word) ?? [];

/** The value as it stands: a word of a text, a whole keyword, a number, a date. */
export const equals = (field: string, value: unknown, now: number): Test => {
  if (typeof value === 'object') throw illegalArgument(`[${field}] cannot be compared with an object or null`);
  if (field === dateField) {
    const from = parseDate(value, now, false);
    const to = parseDate(value, now, true);
    return (time) => Number(time) >= from && Number(time) <= to;
  }
  const text = String(value);
  if (isText(field)) {
    const isWord = text !== '' && wordsOf(text).join() === text;
    return isWord ? (stored) => hasWord(stored, text) : () => false;
  }
  checkForm(field, text);
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return (stored) => {
    if (typeof stored === 'string') return stored === text;
    return typeof stored === 'number' ? stored === number : stored !== null && String(stored) === text;
  };
};

/** Whether a field of this type can have such a value; a field that no type is known of can have any. */
const checkForm = (field: string, text: string): void => {
  const type = fieldTypes.get(field);
  if (type === 'long' && (text.trim() === '' || Number.isNaN(Number(text)))) {
    throw queryShardError(`failed to create query: For input string: "${text}"`);
  }
  if (type === 'boolean' && text !== 'true' && text !== 'false') {
    throw queryShardError(`failed to create query: Can't parse boolean value [${text}], expected [true] or [false]`);
  }
};

// What an ASCII character beside some letters says of them. Those that may stand within a word, and all others beyond
// ASCII, say nothing: then the text is cut into words, which costs a hundred times as much.
const isInside = (char: string): boolean => /[a-z0-9_]/.test(char);
const isBeyondAscii = (char: string): boolean => char > '\u007f';
const isUnclear = (char: string): boolean => isBeyondAscii(char) || ".:,;'".includes(char);

/** Whether these letters stand by themselves in a text, both in small letters; undefined if that is not plain to see. */
const standsAlone = (lower: string, letters: string): boolean | undefined => {
  if ([...letters].some(isBeyondAscii)) return undefined;
  for (let at = lower.indexOf(letters); at >= 0; at = lower.indexOf(letters, at + 1)) {
    const neighbours = [lower[at - 1], lower[at + letters.length]].filter((char) => char !== undefined);
    if (neighbours.some(isUnclear)) return undefined;
    if (!neighbours.some(isInside)) return true;
  }
  return false;
};

const hasWord = (stored: Scalar, text: string): boolean => {
  if (typeof stored !== 'string') return false;
  const lower = stored.toLowerCase();
  return lower.includes(text) && (standsAlone(lower, text) ?? wordsOf(stored).includes(text));
};

/** Any or all of the words of a text; on other fields the same as `equals`. */
export const matches = (field: string, query: unknown, operator: 'and' | 'or', now: number): Test => {
  if (!isText(field)) return equals(field, query, now);
  const words = wordsOf(String(query));
  if (words.length === 0) return () => false;
  return operator === 'and'
    ? (stored) => words.every((one) => hasWord(stored, one))
    : (stored) => words.some((one) => hasWord(stored, one));
};

/** The words of a text, one after the other; on other fields the same as `equals`. */
export const hasPhrase = (field: string, query: unknown, now: number): Test => {
  if (!isText(field)) return equals(field, query, now);
  const words = wordsOf(String(query));
  return (stored) => {
    if (typeof stored !== 'string' || words.length === 0) return false;
    if (standsAlone(stored.toLowerCase(), words.join(' ')) === true) return true;
    if (!words.every((one) => hasWord(stored, one))) return false;
    const present = wordsOf(stored);
    return present.some((_, at) => words.every((one, offset) => present[at + offset] === one));
  };
};

export const hasPrefix = (field: string, prefix: string): Test => onWords(field, (text) => text.startsWith(prefix));

/** `*` any characters; a backslash takes the next character as it is. */
export const hasPattern = (field: string, pattern: string): Test => {
  const pieces = [''];
  for (const [, escaped, plain = ''] of pattern.matchAll(/\\(.)|(.)/gs)) {
    if (plain === '*') pieces.push('');
    else pieces[pieces.length - 1] += escaped ?? plain;
  }
  return onWords(field, (text) => fitsPieces(pieces, text));
};

// Not a regular expression: one with many stars takes for ever on a long text.
const fitsPieces = ([first = '', ...others]: readonly string[], text: string): boolean => {
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
};

const textual: readonly FieldType[] = ['keyword', 'text'];

const onWords = (field: string, test: (text: string) => boolean): Test => {
  const type = fieldTypes.get(field);
  if (type !== undefined && !textual.includes(type)) {
    const rule = 'Can only use prefix and wildcard queries on keyword, text and wildcard fields';
    throw queryShardError(`${rule} - not on [${field}] which is of type [${type}]`);
  }
  if (isText(field)) return (stored) => typeof stored === 'string' && wordsOf(stored).some(test);
  return (stored) => typeof stored === 'string' && test(stored);
};

export const exists: Test = (stored) => stored !== null;

export const inRange = (field: string, bounds: Bounds, now: number): Test => {
  const { gt, gte, lt, lte } = bounds;
  if (field === dateField) {
    const above = gt == null ? Number.NEGATIVE_INFINITY : parseDate(gt, now, true);
    const from = gte == null ? Number.NEGATIVE_INFINITY : parseDate(gte, now, false);
    const below = lt == null ? Number.POSITIVE_INFINITY : parseDate(lt, now, false);
    const to = lte == null ? Number.POSITIVE_INFINITY : parseDate(lte, now, true);
    return (value) => {
      const time = Number(value);
      return time > above && time >= from && time < below && time <= to;
    };
  }
  if (isText(field)) throw unsupported(`a range on the text field [${field}]`);
  const tests = [
    compare(field, gt, (order) => order > 0),
    compare(field, gte, (order) => order >= 0),
    compare(field, lt, (order) => order < 0),
    compare(field, lte, (order) => order <= 0),
  ];
  return (value) => value !== null && tests.every((test) => test(value));
};

// Numbers compare with numbers, keywords with text; whatever cannot be compared is outside.
const compare = (field: string, bound: unknown, accept: (order: number) => boolean): Test => {
  if (bound == null) return () => true;
  if (typeof bound !== 'string' && typeof bound !== 'number') throw illegalArgument(`[${field}] has a bad range bound`);
  const text = String(bound);
  if (text.startsWith('now') || text.includes('||')) throw unsupported(`date math on [${field}]`);
  checkForm(field, text);
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return (value) => {
    if (typeof value === 'number') return accept(value - number);
    return typeof value === 'string' && accept(value < text ? -1 : value > text ? 1 : 0);
  };
};
