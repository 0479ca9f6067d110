import { BSONRegExp } from 'bson';
import { MongoError } from '../commands/errors.js';

export const isRegex = (value: unknown): value is BSONRegExp => value instanceof BSONRegExp;

export interface CompiledRegex {
  expression: RegExp;
  source: string;
  flags: string;
}

/** MongoDB speaks PCRE; what means the same in JavaScript is translated, anything else is refused (51091). */
export const compileRegex = (operand: unknown, options: unknown): CompiledRegex => {
  if (typeof operand !== 'string' && !isRegex(operand)) throw new MongoError('BadValue', '$regex has to be a string');
  if (options !== undefined && typeof options !== 'string')
    throw new MongoError('BadValue', '$options has to be a string');
  const source = isRegex(operand) ? operand.pattern : operand;
  const own = isRegex(operand) ? operand.options : '';
  if (own !== '' && options !== undefined)
    throw new MongoError('Location51091', 'options set in both $regex and $options');
  const flags = [...(options ?? own)].sort().join('');
  if (!/^[imsu]*$/.test(flags)) throw new MongoError('Location51091', `regex options '${flags}' are not supported`);
  try {
    const expression = new RegExp(translate(source, flags), flags.includes('i') ? 'iu' : 'u');
    return { expression, source, flags };
  } catch (error) {
    if (error instanceof MongoError) throw error;
    throw new MongoError(
      'Location51091',
      `Regular expression is invalid or not supported: ${(error as Error).message}`,
    );
  }
};

const outsideClass = (flags: string): Readonly<Record<string, string>> => ({
  '.': flags.includes('s') ? '[\\s\\S]' : '[^\\n]',
  '^': flags.includes('m') ? '(?<![^\\n])' : '^',
  $: flags.includes('m') ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))',
  '\\s': '[ \\t-\\r]',
  '\\S': '[^ \\t-\\r]',
});

/** Token by token: an escape, a class or a single character. Punctuation may be escaped freely in PCRE, not so here. */
const translate = (source: string, flags: string): string => {
  const table = outsideClass(flags);
  if (/\(\?(?![:=!]|<[=!]|<[A-Za-z])|\[\[[:.=]/.test(source)) {
    throw new MongoError('Location51091', 'Regular expression is not supported: inline options or POSIX classes');
  }
  return source.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/gu, (token) => {
    if (token.startsWith('[') && token.length > 1) return translateClass(token);
    return table[token] ?? translateEscape(token);
  });
};

const translateClass = (token: string): string => {
  if (/^\[\^?\]/.test(token))
    throw new MongoError('Location51091', 'Regular expression is not supported: ] first in a class');
  return token.replace(/\\[\s\S]/gu, (pair) => {
    if (pair === '\\s') return ' \\t-\\r';
    if (pair === '\\S') throw new MongoError('Location51091', 'Regular expression is not supported: \\S in a class');
    return translateEscape(pair);
  });
};

const translateEscape = (token: string): string => {
  if (!token.startsWith('\\') || token.length === 1) return token;
  const character = token.slice(1);
  if (/[A-Za-z0-9]/.test(character)) {
    if (!/[dDwWbBntrfx1-9]/.test(character)) {
      throw new MongoError('Location51091', `Regular expression is not supported: \\${character}`);
    }
    return token;
  }
  return /[\^$\\.*+?()[\]{}|/-]/.test(character) && character !== '-' ? token : character === '-' ? '\\x2d' : character;
};
