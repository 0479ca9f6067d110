import { RE2JS } from 're2js';
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

/** What a quoted text says, with those of Go's escapes that JSON has, too; in backquotes nothing is escaped. */
export const parseText = (quoted: string): string => {
  const text = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return text;
  const inDouble = quoted.startsWith('"') ? quoted : `"${text.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`;
  try {
    // Half a character, that JSON lets through, is none in Go.
    if (!/\\ud[89a-f]/i.test(quoted)) return String(JSON.parse(inDouble));
    throw new SyntaxError('half a character');
  } catch {
    throw bad(`${quoted} is not terminated, or has an escape that is not supported`);
  }
};

export const createMatcher = (name: string, operator: string, value: string): Matcher => {
  if (operator === '=') return { name, exact: value, matches: (text) => text === value };
  if (operator === '!=') return { name, exact: undefined, matches: (text) => text !== value };
  const pattern = compile(value);
  const known = new Map<string, boolean>();
  const matches = (text: string): boolean => {
    if (!known.has(text)) known.set(text, pattern.matches(text) === (operator === '=~'));
    return known.get(text) === true;
  };
  return { name, exact: undefined, matches };
};

const compile = (pattern: string): RE2JS => {
  try {
    return RE2JS.compile(`^(?:${pattern})$`);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'invalid regular expression');
  }
};
