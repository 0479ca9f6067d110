import { BSONRegExp } from 'bson';
import { check, MongoError } from '../bson/errors.js';

export const isRegex = (value: unknown): value is BSONRegExp => value instanceof BSONRegExp;

export interface CompiledRegex {
  expression: RegExp;
  source: string;
  flags: string;
}

/** MongoDB speaks PCRE; what means the same in JavaScript is translated, anything else is refused (51091). */
export const compileRegex = (operand: unknown, options: unknown): CompiledRegex => {
  check(typeof operand === 'string' || isRegex(operand), 'BadValue', '$regex has to be a string');
  check(options === undefined || typeof options === 'string', 'BadValue', '$options has to be a string');
  const { pattern: source, options: own } = isRegex(operand) ? operand : { pattern: operand, options: '' };
  check(own === '' || options === undefined, 'Location51091', 'options set in both $regex and $options');
  const flags = [...(options ?? own)].sort().join('');
  check(/^[imsu]*$/.test(flags), 'Location51091', `regex options '${flags}' are not supported`);
  const isForeign = /\(\?(?![:=!]|<[=!]|<[A-Za-z])|\[\^?\]|\[\[[:.=]|\[[^\]]*\\S|\\[^dDwWsSbBntrfx1-9\W_]|\\$/.test(
    source,
  );
  check(
    !isForeign,
    'Location51091',
    'the regular expression has inline options, classes or escapes that are not supported',
  );
  try {
    return { expression: new RegExp(translate(source, flags), flags.includes('i') ? 'iu' : 'u'), source, flags };
  } catch (error) {
    throw new MongoError('Location51091', `Regular expression is invalid: ${(error as Error).message}`);
  }
};

/** Token by token: an escape, a class or a character. A dot, an anchor and a space mean a little less in JavaScript. */
const translate = (source: string, flags: string): string => {
  const outsideClass: Readonly<Record<string, string>> = {
    '.': flags.includes('s') ? '[\\s\\S]' : '[^\\n]',
    '^': flags.includes('m') ? '(?<![^\\n])' : '^',
    $: flags.includes('m') ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))',
    '\\s': '[ \\t-\\r]',
    '\\S': '[^ \\t-\\r]',
  };
  return source.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/gu, (token) => {
    if (!token.startsWith('[') || token.length === 1) return outsideClass[token] ?? plainEscape(token);
    return token.replace(/\\[\s\S]/gu, (pair) => (pair === '\\s' ? ' \\t-\\r' : plainEscape(pair)));
  });
};

/** PCRE lets any punctuation be escaped; JavaScript only what has a meaning. */
const plainEscape = (token: string): string => {
  if (token === '\\-') return '\\x2d';
  return /^\\[^\w^$\\.*+?()[\]{}|/]$/u.test(token) ? token.slice(1) : token === '\\_' ? '_' : token;
};
