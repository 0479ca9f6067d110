import type { Matcher } from '../store/metrics-labels.js';
import { PromqlError } from './types.js';

const bad = (message: string): PromqlError => new PromqlError('bad_data', message);

/** Milliseconds of `1h30m`; a day has 24 hours, a year 365 days. */
export const parseDuration = (text: string): number => {
  const parts = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  const units = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
  const duration = units.reduce((sum, unit, index) => sum + unit * Number(parts?.[index + 1] ?? 0), 0);
  if (duration === 0) throw bad(`not a valid duration string: ${JSON.stringify(text)}`);
  return duration;
};

/** As Go reads it: `-0x1f`, `017` in base eight, `.5e3`, `Inf`, `NaN`. */
export const parseNumber = (text: string): number => {
  const [, sign = '', digits = ''] = /^([-+]?)\s*(.*)$/.exec(text) ?? [];
  const special = /^inf$/i.test(digits) ? Number.POSITIVE_INFINITY : Number(digits);
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : special;
  if (Number.isNaN(value) && !/^nan$/i.test(digits)) throw bad(`error parsing number: ${JSON.stringify(text)}`);
  return sign === '-' ? -value : value;
};

const escape = /\\(?:x([0-7][\da-f])|u([\da-f]{4})|U([\da-f]{8})|([^]?))/gi;

/** What a quoted text says, with Go's escapes; in backquotes nothing is escaped. */
export const parseText = (quoted: string): string => {
  const text = quoted.slice(1, -1);
  const quote = quoted.at(-1);
  if (quoted[0] === '`') return text;
  if (text === '' ? quoted.length < 2 : quote !== quoted[0] || text.includes('\n'))
    throw bad('unterminated quoted string');
  return text.replace(escape, (found: string, byte: string, short: string, long: string, char: string) => {
    const place = `abfnrtv\\${quote}`.indexOf(char);
    const code = char === undefined ? Number.parseInt(byte ?? short ?? long, 16) : place;
    if (char === '' || code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      throw bad(`unknown escape sequence ${found}`);
    return char === undefined ? String.fromCodePoint(code) : (`\x07\b\f\n\r\t\v\\${quote}`[place] ?? '');
  });
};

// What RE2 has and JavaScript has not, or not the same: most escapes of letters, `[[:alpha:]]`, `[]]`, groups with names.
const unlike = /\\[^dDwWtnfrv\W_]|\[\^?\]|\[\^?\[:|\(\?[^:]|\{\d{4}/;

/** RE2's pattern for whole texts as JavaScript's. Throws on what the two would read differently. */
export const parsePattern = (pattern: string): RegExp => {
  const [, flags = '', body = ''] = /^(?:\(\?([is]+)\))?([^]*)$/.exec(pattern) ?? [];
  const plain = body.replace(/\\([\W_])/g, (_, char: string) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  const refused = unlike.exec(plain.replaceAll('\\u{', ''));
  if (refused) throw bad(`${refused[0]} in the pattern ${JSON.stringify(pattern)} is not supported`);
  const any = flags.includes('s') ? '[^]' : '[^\\n]';
  const source = plain.replace(/\[[^\]]*\]|\./g, (found) => (found === '.' ? any : found));
  try {
    return new RegExp(`^(?:${source})$`, flags.includes('i') ? 'iu' : 'u');
  } catch {
    throw bad(`error parsing regexp: ${JSON.stringify(pattern)}`);
  }
};

export const createMatcher = (name: string, operator: string, value: string): Matcher => {
  if (operator === '=') return { name, exact: value, matches: (text) => text === value };
  if (operator === '!=') return { name, exact: undefined, matches: (text) => text !== value };
  const pattern = parsePattern(value);
  return { name, exact: undefined, matches: (text) => pattern.test(text) === (operator === '=~') };
};
