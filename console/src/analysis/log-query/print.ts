import type { Bound, LogQuery } from './syntax.js';

/** Writes a query so that reading it gives the same query again. */
export const printLogQuery = (query: LogQuery): string => print(query, 'or');

/** `within`: what may stand there without parentheses. */
const print = (query: LogQuery, within: 'or' | 'and' | 'not'): string => {
  switch (query.kind) {
    case 'all':
      return '';
    case 'or':
      return inParentheses(query.parts.map((part) => print(part, 'and')).join(' OR '), within !== 'or');
    case 'and':
      return inParentheses(query.parts.map((part) => print(part, 'not')).join(' AND '), within === 'not');
    case 'not':
      return `NOT ${print(query.part, 'not')}`;
    case 'is':
      return `${query.field}:${toValue(query.value)}`;
    case 'prefix':
      return `${query.field}:${toPrefix(query.value)}`;
    case 'exists':
      return `_exists_:${toValue(query.field)}`;
    case 'range':
      return `${query.field}:${toRange(query)}`;
    case 'text':
      return query.isPrefix ? toPrefix(query.text) : toText(query.text);
  }
};

const inParentheses = (text: string, isNeeded: boolean): string => (isNeeded ? `(${text})` : text);

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

// Slashes and colons may stand bare in a value, since routes and times have them.
const toValue = (value: string): string => (/^[\p{L}\p{N}_/.@+:,;=%#$&'-]+$/u.test(value) ? value : quote(value));

const toText = (text: string): string =>
  /^(?!AND$|OR$|NOT$)[\p{L}\p{N}_/.@+][\p{L}\p{N}_/.@+-]*$/iu.test(text) ? text : quote(text);

const toPrefix = (value: string): string => `${value.replace(/[^\p{L}\p{N}_/.@]/gu, '\\$&')}*`;

const toRange = ({ from, to }: { readonly from?: Bound; readonly to?: Bound }): string => {
  if (to === undefined) return `${from?.isIncluded ? '>=' : '>'}${toValue(from?.value ?? '')}`;
  if (from === undefined) return `${to.isIncluded ? '<=' : '<'}${toValue(to.value)}`;
  const [open, close] = [from.isIncluded ? '[' : '{', to.isIncluded ? ']' : '}'];
  return `${open}${toBound(from.value)} TO ${toBound(to.value)}${close}`;
};

const toBound = (value: string): string => (/^[\p{L}\p{N}_/.:+-]+$/u.test(value) ? value : quote(value));
