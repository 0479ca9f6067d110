import { createContext, Script } from 'node:vm';
import { BSONRegExp } from 'bson';
import { check, MongoError } from './errors.js';

/** How long one text may be searched. A search that backtracks without end would stop every other client. */
const searchTimeoutMs = 100;

export const isRegex = (value: unknown): value is BSONRegExp => value instanceof BSONRegExp;

/** MongoDB speaks PCRE: what means the same in JavaScript is translated, anything else is refused (51091). */
export const compileRegex = ({ pattern, options }: BSONRegExp): ((text: string) => boolean) => {
  check(/^[ims]*$/.test(options), 'Location51091', `the regex options '${options}' are not supported`);
  const foreign = /\(\?(?![:=!]|<[=!]|<[A-Za-z])|\[\^?\]|\[\[[:.=]|\[[^\]]*\\S|\\[^dDwWsSbBntrfx1-9\W_]|\\$/;
  const isKnown = !foreign.test(pattern);
  check(isKnown, 'Location51091', 'inline options, classes or escapes of the regular expression are not supported');
  const expression = toExpression(translate(pattern, options), options.includes('i') ? 'iu' : 'u');
  // Only a repetition can make a search go back again and again.
  if (!/[*+?{]/.test(pattern.replaceAll(/\\[\s\S]/g, ''))) return (text) => expression.test(text);
  const search = { expression, text: '' };
  const context = createContext(search);
  const script = new Script('expression.test(text)');
  return (text) => {
    search.text = text;
    try {
      return script.runInContext(context, { timeout: searchTimeoutMs }) as boolean;
    } catch {
      throw new MongoError('Location51156', `Regular expression needs more than ${searchTimeoutMs} ms for one text`);
    }
  };
};

const toExpression = (source: string, flags: string): RegExp => {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new MongoError('Location51091', `Regular expression is invalid: ${(error as Error).message}`);
  }
};

/** Token by token: an escape, a class or a character. A dot, an anchor and a space mean a little less in JavaScript. */
const translate = (pattern: string, options: string): string => {
  const outsideClass: Readonly<Record<string, string>> = {
    '.': options.includes('s') ? '[\\s\\S]' : '[^\\n]',
    '^': options.includes('m') ? '(?<![^\\n])' : '^',
    $: options.includes('m') ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))',
    '\\s': '[ \\t-\\r]',
    '\\S': '[^ \\t-\\r]',
  };
  return pattern.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/gu, (token) => {
    if (!token.startsWith('[') || token.length === 1) return outsideClass[token] ?? plainEscape(token);
    return token.replace(/\\[\s\S]/gu, (pair) => (pair === '\\s' ? ' \\t-\\r' : plainEscape(pair)));
  });
};

/** PCRE lets any punctuation be escaped; JavaScript only what has a meaning. */
const plainEscape = (token: string): string => {
  if (token === '\\-') return '\\x2d';
  return /^\\[^\w^$\\.*+?()[\]{}|/]$/u.test(token) ? token.slice(1) : token === '\\_' ? '_' : token;
};
