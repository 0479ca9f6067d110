import { type Bound, combine, type LogQuery, LogQueryError } from './syntax.js';

const maxLength = 4_000;
const maxDepth = 12;

const space = /\s+/y;
const fieldName = /([A-Za-z_@][\w@.-]*):/y;
const quoted = /"((?:\\.|[^"\\])*)"/suy;
const word = /(?:\\.|[^\s()"\\])+/suy;
const rangeBound = /(?:\\.|[^\s\]}"\\])+/suy;
const comparison = /(>=|<=|>|<)/y;
const connective = /(AND|OR|NOT)(?=[\s()]|$)/iy;

/**
 * Reads a query line: `field:value`, `field:"two words"`, `field:val*`, `field:>=5`, `field:[1 TO 5]`, `field:{1 TO 5}`,
 * `field:(a OR b)`, `_exists_:field`, free text, `AND`, `OR`, `NOT` in any case, `-` before a part, parentheses. Parts
 * without a word between them must all be true; `NOT` binds closest, then `AND`, then `OR`.
 * @throws LogQueryError that tells the column
 */
export const parseLogQuery = (line: string): LogQuery => {
  let at = 0;
  let depth = 0;

  const fail = (message: string, index = at): LogQueryError => new LogQueryError(message, index + 1);

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };

  const peek = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(line)?.[1]?.toUpperCase();
  };

  const isAtEnd = (): boolean => {
    take(space);
    return at >= line.length || line[at] === ')';
  };

  const parseOr = (field: string | undefined): LogQuery => {
    const parts = [parseAnd(field)];
    for (;;) {
      if (isAtEnd() || peek(connective) !== 'OR') return combine('or', parts);
      take(connective);
      parts.push(parseAnd(field));
    }
  };

  const parseAnd = (field: string | undefined): LogQuery => {
    const parts = [parseNot(field)];
    for (;;) {
      if (isAtEnd() || peek(connective) === 'OR') return combine('and', parts);
      if (peek(connective) === 'AND') take(connective);
      parts.push(parseNot(field));
    }
  };

  const parseNot = (field: string | undefined): LogQuery => {
    if (isAtEnd())
      throw fail(at === 0 ? 'There is nothing to search for.' : 'Something to search for is missing here.');
    const found = peek(connective);
    if (found === 'AND' || found === 'OR') throw fail(`${found} needs something before it.`);
    if (found === undefined && line[at] !== '-') return parsePart(field);
    if (found === undefined) at++;
    else take(connective);
    if (found === undefined && /\s|^$/.test(line[at] ?? ''))
      throw fail('A minus stands directly before what it excludes.', at - 1);
    return deeper(at, () => ({ kind: 'not', part: parseNot(field) }));
  };

  const deeper = (start: number, parse: () => LogQuery): LogQuery => {
    if (depth >= maxDepth) throw fail(`More than ${maxDepth} levels of parentheses and NOT.`, start);
    depth++;
    const parsed = parse();
    depth--;
    return parsed;
  };

  const parsePart = (outer: string | undefined): LogQuery => {
    if (line[at] === '(') return parseGroup(outer);
    const start = at;
    const field = outer === undefined ? take(fieldName)?.[1] : outer;
    if (field === undefined) return parseText();
    if (outer === undefined && /^\s|^$/.test(line.slice(at, at + 1)))
      throw fail(`A value is missing after ${field}:`, start + field.length);
    if (line[at] === '(') return parseGroup(field);
    return parseValue(field);
  };

  const parseGroup = (field: string | undefined): LogQuery => {
    const open = at++;
    const inner = deeper(open, () => parseOr(field));
    if (line[at] !== ')') throw fail('This parenthesis is not closed.', open);
    at++;
    return inner;
  };

  const parseText = (): LogQuery => {
    const { value, isPrefix } = parseWord();
    return { kind: 'text', text: value, isPrefix };
  };

  const parseExists = (): LogQuery => {
    const start = at;
    const { value, isPrefix } = parseWord();
    if (isPrefix || value === '') throw fail('_exists_ takes the whole name of a field.', start);
    return { kind: 'exists', field: value };
  };

  const parseValue = (field: string): LogQuery => {
    if (field === '_exists_') return parseExists();
    const operator = take(comparison)?.[1];
    if (operator !== undefined) {
      const { value, isPrefix } = parseWord();
      if (isPrefix) throw fail('A comparison takes a whole value, no wildcard.', at - 1);
      const bound = { value, isIncluded: operator.endsWith('=') };
      return { kind: 'range', field, ...(operator.startsWith('>') ? { from: bound } : { to: bound }) };
    }
    if (line[at] === '[' || line[at] === '{') return parseRange(field);
    const { value, isPrefix } = parseWord();
    if (!isPrefix) return { kind: 'is', field, value };
    return value === '' ? { kind: 'exists', field } : { kind: 'prefix', field, value };
  };

  /** Quoted, as it stands; bare, up to a space or parenthesis, with an asterisk at most at its end. */
  const parseWord = (): { value: string; isPrefix: boolean } => {
    const start = at;
    const text = take(quoted)?.[1];
    if (text !== undefined) return { value: withoutEscapes(text), isPrefix: false };
    if (line[at] === '"') throw fail('This quotation mark is not closed.');
    const bare = take(word)?.[0];
    if (bare === undefined)
      throw fail(
        line[at] === undefined
          ? 'A value is missing here.'
          : `${line[at]} was not expected here; put it in quotation marks.`,
      );
    const star = indexOfStar(bare);
    if (star >= 0 && star < bare.length - 1)
      throw fail('A wildcard stands at the end only; \\* is an asterisk.', start + star);
    return { value: withoutEscapes(star < 0 ? bare : bare.slice(0, -1)), isPrefix: star >= 0 };
  };

  const parseRange = (field: string): LogQuery => {
    const start = at;
    const isFromIncluded = line[at++] === '[';
    const from = parseBound(isFromIncluded, start);
    if (take(/\s+TO\s+/y) === undefined) throw fail('A range is written [1 TO 5].', start);
    const valueAt = at;
    const toValue = parseBound(true, start);
    take(space);
    const close = line[at];
    if (close !== ']' && close !== '}') throw fail('This range is not closed with ] or }.', start);
    at++;
    const to = toValue && { ...toValue, isIncluded: close === ']' };
    if (from === undefined && to === undefined) return { kind: 'exists', field };
    if (isBackwards(from, to)) throw fail('The range ends before it begins.', valueAt);
    return { kind: 'range', field, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  };

  const parseBound = (isIncluded: boolean, start: number): Bound | undefined => {
    take(space);
    const text = take(quoted)?.[1];
    if (text !== undefined) return { value: withoutEscapes(text), isIncluded };
    const bare = take(rangeBound)?.[0];
    if (bare === undefined) throw fail('A range is written [1 TO 5].', start);
    return bare === '*' ? undefined : { value: withoutEscapes(bare), isIncluded };
  };

  if (line.length > maxLength) throw fail(`A query has at most ${maxLength} characters.`, maxLength);
  if (isAtEnd() && at >= line.length) return { kind: 'all' };
  const parsed = parseOr(undefined);
  if (at < line.length) throw fail('This parenthesis was not opened.');
  return parsed;
};

const withoutEscapes = (text: string): string => text.replace(/\\(.)/gsu, '$1');

/** Of an asterisk without a backslash before it. */
const indexOfStar = (text: string): number => {
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '*') return index;
  }
  return -1;
};

const isBackwards = (from: Bound | undefined, to: Bound | undefined): boolean => {
  const [low, high] = [Number(from?.value || Number.NaN), Number(to?.value || Number.NaN)];
  return low > high;
};
