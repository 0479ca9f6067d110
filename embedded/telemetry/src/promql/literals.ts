import type { Matcher } from '../store/metrics-labels.js';
import { PromqlError } from './types.js';

const bad = (message: string): PromqlError => new PromqlError('bad_data', `parse error: ${message}`);

/** Milliseconds of `1h30m`; a day has 24 hours, a year 365 days. */
export const parseDuration = (text: string): number => {
  const parts = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  const units = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
  const duration = units.reduce((sum, unit, index) => sum + unit * Number(parts?.[index + 1] ?? 0), 0);
  if (duration === 0) throw bad(`not a valid duration: ${JSON.stringify(text)}`);
  return duration;
};

/** As Go reads it: `0x1f`, `017` in base eight, `.5e3`, `Inf`, `NaN`. */
export const parseNumber = (text: string): number => {
  const value = Number(text.replace(/^0(?=[0-7]+$)/, '0o').replace(/^([-+]?)\s*inf$/i, '$1Infinity'));
  if (Number.isNaN(value) && !/^nan$/i.test(text)) throw bad(`not a number: ${JSON.stringify(text)}`);
  return value;
};

const escapes = /\\(?:x([0-7][\da-fA-F])|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]?))/g;

/** What a quoted text says, with Go's escapes; in backquotes nothing is escaped. */
export const parseText = (quoted: string): string => {
  const [quote = '', text] = [quoted[0], quoted.slice(1, -1)];
  if (quote === '`') return text;
  if (quoted.length < 2 || !quoted.endsWith(quote) || text.includes('\n')) throw bad('unterminated string');
  return text.replace(escapes, (found: string, byte?: string, short?: string, long?: string, char?: string) => {
    const known = `\x07\b\f\n\r\t\v\\${quote}`[`abfnrtv\\${quote}`.indexOf(char || '?')];
    const code = Number.parseInt(byte ?? short ?? long ?? '', 16);
    if (known === undefined && !(code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))) throw bad(`unknown ${found}`);
    return known ?? String.fromCodePoint(code);
  });
};

/** RE2's pattern for whole texts as JavaScript's. Throws on what the two would read differently. */
export const parsePattern = (pattern: string, errorType: PromqlError['errorType'] = 'bad_data'): RegExp => {
  const refuse = (what: string) =>
    new PromqlError(errorType, `${what} in the pattern ${JSON.stringify(pattern)} is not supported`);
  const [flags = '', body = pattern] = /^\(\?([is]+)\)([\s\S]*)$/.exec(pattern)?.slice(1) ?? [];
  const plain = body.replace(/\\([\s\S]?)/g, (found, char: string) => {
    if (!/[ -/:-@[-`{-~dDwWtnfrv]/.test(char)) throw refuse(found);
    return /[a-z]/i.test(char) ? found : `\\u{${char.charCodeAt(0).toString(16)}}`;
  });
  const unlike = /\[\^?\]|\[\^?\[:|\(\?[^:]|(?<!u)\{\d{4}/.exec(plain);
  if (unlike) throw refuse(unlike[0]);
  const any = flags.includes('s') ? '[\\s\\S]' : '[^\\n]';
  try {
    const source = plain.replace(/\[[^\]]*\]|\./g, (found) => (found === '.' ? any : found));
    return new RegExp(`^(?:${source})$`, flags.includes('i') ? 'iu' : 'u');
  } catch {
    throw refuse('something');
  }
};

export const createMatcher = (name: string, operator: string, value: string): Matcher => {
  if (operator === '=') return { name, exact: value, matches: (text) => text === value };
  if (operator === '!=') return { name, exact: undefined, matches: (text) => text !== value };
  const pattern = parsePattern(value);
  return { name, exact: undefined, matches: (text) => pattern.test(text) === (operator === '=~') };
};
