import { anywhere, type Clause, combine, matchAll, where } from './clause.js';
import { type Bounds, equals, exists, hasPattern, hasPhrase, inRange, matches, type Test } from './comparisons.js';
import { ElasticError, illegalArgument, unsupported } from './errors.js';
import { dateField, isText } from './field-types.js';

export interface QueryStringOptions {
  /** Undefined: every field. */
  defaultField: string | undefined;
  operator: 'and' | 'or';
  /** A value that a field cannot have matches nothing, instead of being an error. */
  isLenient: boolean;
  now: number;
}

const maxDepth = 30;
const maxLength = 32_000;
const term = /(?:\\.|[^\s+\-!():^[\]"{}~\\/])(?:\\.|[^\s!():^[\]"{}~\\/])*/suy;
const quoted = /"((?:\\.|[^"\\])*)"/suy;
const range = /([[{])\s*("(?:\\.|[^"\\])*"|[^\s\]}]+)\s+TO\s+("(?:\\.|[^"\\])*"|[^\s\]}]+)\s*([\]}])/suy;
const comparison = /(>=|<=|>|<)\s*((?:\\.|[^\s()"[\]{}\\])+)/suy;
const conjunction = /(AND|OR)(?=[\s(])\s*|(&&|\|\|)\s*/y;
/** What a word is not one of several side by side before. */
const binding = /[:~^*]|(AND|OR)(?=[\s(])|&&|\|\|/y;

/**
 * Compiles Lucene's classic query syntax as Elasticsearch's query_string reads it: field:value, quotes, AND OR NOT + - !,
 * groups, ranges, wildcards, _exists_. Fuzziness, proximity, boosts and regular expressions are refused.
 * AND and OR have no precedence but Lucene's: `a OR b AND c` requires b and c, and a is optional.
 */
export const parseQueryString = (query: string, options: QueryStringOptions): Clause => {
  const { now } = options;
  if (query.length > maxLength) throw illegalArgument(`Query string length exceeds max allowed length ${maxLength}`);
  let at = 0;

  const fail = (why: string): ElasticError =>
    new ElasticError('query_shard_exception', `Failed to parse query [${query}]: ${why}`);

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };

  const onFields = (field: string | undefined, testOf: (field: string) => Test): Clause => {
    if (field !== undefined) return where(field, options.isLenient ? unlessUnfit(() => testOf(field)) : testOf(field));
    const tests = new Map<string, Test>();
    return anywhere((name) => {
      const test = tests.get(name) ?? lenient(() => testOf(name));
      tests.set(name, test);
      return test;
    }, dateField);
  };

  const parseGroup = (field: string | undefined, depth: number): Clause => {
    if (depth > maxDepth) throw fail('too many parentheses');
    const clauses: { occur: 'must' | 'should' | 'not'; clause: Clause }[] = [];
    for (;;) {
      take(/\s+/y);
      if (at >= query.length || query[at] === ')') break;
      const joint = take(conjunction)?.[0].trim();
      const isAnd = joint === 'AND' || joint === '&&';
      if (joint !== undefined && clauses.length === 0) throw fail(`${joint} has nothing before it`);
      const modifier = take(/NOT(?=[\s(])\s*|[+\-!]\s*/y)?.[0].trim();
      const isNot = modifier !== undefined && modifier !== '+';
      const last = clauses.at(-1);
      if (last !== undefined && last.occur !== 'not' && isAnd) last.occur = 'must';
      if (last !== undefined && last.occur !== 'not' && joint && !isAnd && options.operator === 'and')
        last.occur = 'should';
      const isRequired = options.operator === 'and' ? joint === undefined || isAnd : modifier === '+' || isAnd;
      const words = joint === undefined && modifier === undefined ? takeWords() : undefined;
      const clause = words === undefined ? parseClause(field, depth) : onFields(field, (name) => ofText(name, words));
      clauses.push({ occur: isNot ? 'not' : isRequired ? 'must' : 'should', clause });
    }
    if (clauses.length === 0) throw fail('it is empty');
    const of = (occur: string): Clause[] => clauses.filter((one) => one.occur === occur).map((one) => one.clause);
    const required = of('must');
    const optional = of('should');
    // Only prohibitions: everything else, as Elasticsearch completes such a query.
    const minimum = required.length === 0 && optional.length > 0 ? 1 : 0;
    return combine({ required, optional, prohibited: of('not'), minimum });
  };

  /** Words side by side are one text: a keyword is compared with the whole of it, spaces included. */
  const takeWords = (): string | undefined => {
    const start = at;
    const words: string[] = [];
    for (let before = at; ; before = at) {
      const text = take(term)?.[0] ?? '*';
      take(/\s+/y);
      binding.lastIndex = at;
      if (/[*?]/.test(unescapedOf(text)) || /^(AND|OR|NOT|&&|\|\|)$/.test(text) || binding.test(query)) {
        at = before;
        break;
      }
      words.push(text);
    }
    if (words.length > 1) return withoutEscapes(words.join(' '));
    at = start;
    return undefined;
  };

  const ofText = (field: string, text: string): Test =>
    isText(field) ? matches(field, text, options.operator, now) : equals(field, text, now);

  const parseClause = (outer: string | undefined, depth: number): Clause => {
    const start = at;
    const name = take(term)?.[0];
    take(/\s+/y);
    const isField = name !== undefined && query[at] === ':';
    at = isField ? at + 1 : start;
    take(/\s+/y);
    const field = isField && name !== '*' ? withoutEscapes(name) : isField ? undefined : outer;
    // Elasticsearch takes an asterisk for a pattern there even behind a backslash.
    if (isField && name !== '*' && /[*?]/.test(name)) throw unsupported('a wildcard in a field name');
    if (query[at] === '(') {
      at++;
      const group = parseGroup(field, depth + 1);
      if (query[at] !== ')') throw fail('a parenthesis is not closed');
      at++;
      return refuseSuffix(group);
    }
    return refuseSuffix(parseValue(field));
  };

  const refuseSuffix = (clause: Clause): Clause => {
    if (query[at] === '~') throw unsupported('query_string: fuzziness and proximity [~]');
    if (query[at] === '^') throw unsupported('query_string: a boost [^]');
    return clause;
  };

  const parseValue = (field: string | undefined): Clause => {
    const phrase = take(quoted)?.[1];
    if (phrase !== undefined) return onFields(field, (name) => hasPhrase(name, withoutEscapes(phrase), now));
    const compared = field === undefined ? undefined : take(comparison);
    if (field !== undefined && compared !== undefined) {
      const key = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' }[compared[1] ?? ''] ?? 'gt';
      return onFields(field, (name) => inRange(name, { [key]: unquote(compared[2]) }, now));
    }
    const between = take(range);
    if (between !== undefined) {
      if (field === undefined) throw unsupported('query_string: a range without a field');
      const [, open, from, to, close] = between;
      const bounds: Bounds = { [open === '[' ? 'gte' : 'gt']: bound(from), [close === ']' ? 'lte' : 'lt']: bound(to) };
      return onFields(field, (name) => inRange(name, bounds, now));
    }
    if (query[at] === '/') throw unsupported('query_string: a regular expression [/] (quote or escape a slash)');
    const text = take(term)?.[0];
    if (text === undefined || /^(AND|OR|NOT)$/.test(text))
      throw fail(`unexpected ${text ?? query[at] ?? 'end'} at ${at}`);
    if (field === '_exists_') return where(withoutEscapes(text), exists);
    if (text === '*') return field === undefined ? matchAll : where(field, exists);
    if (unescapedOf(text).includes('?')) throw unsupported('query_string: the wildcard [?]');
    if (unescapedOf(text).includes('*')) {
      return onFields(field, (name) => hasPattern(name, isText(name) ? text.toLowerCase() : text));
    }
    const value = withoutEscapes(text);
    return onFields(field, (name) => ofText(name, value));
  };

  const clause = parseGroup(options.defaultField, 0);
  if (at < query.length) throw fail('a parenthesis was not opened');
  return clause;
};

// Over all fields, one that cannot be compared with the text just does not match.
const lenient = (build: () => Test): Test => {
  try {
    return build();
  } catch {
    return () => false;
  }
};

// What this backend cannot do is refused all the same.
const unlessUnfit = (build: () => Test): Test => {
  try {
    return build();
  } catch (error) {
    if (error instanceof ElasticError && unfit.includes(error.type)) return () => false;
    throw error;
  }
};
const unfit = ['query_shard_exception', 'parse_exception'];

/** What stands in a text without a backslash before it. */
const unescapedOf = (text: string): string => text.replace(/\\./gs, '');
const withoutEscapes = (text: string): string => text.replace(/\\(.)/gs, '$1');
const unquote = (text = ''): string => withoutEscapes(text.startsWith('"') ? text.slice(1, -1) : text);
const bound = (text = ''): string | undefined => (text === '*' ? undefined : unquote(text));
