import { type Clause, combine, matchAll, where } from './clause.js';
import { equals, exists, hasPhrase, hasPrefix, inRange, matches } from './comparisons.js';
import { asObject, isObject, type Json, onlyKeys, parsingError, unsupported } from './errors.js';
import { parseQueryString } from './query-string.js';

const maxDepth = 30;

/** Compiles a query of the Query DSL. `now` in epoch milliseconds. */
export const parseQuery = (query: unknown, now: number, depth = 0): Clause => {
  const [name, body] = onlyEntry(asObject(query, 'query'), 'query');
  const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  if (parse === undefined) throw parsingError(`unknown query [${name}]`);
  if (depth > maxDepth) throw parsingError(`The nested depth of the query exceeds the maximum of ${maxDepth}`);
  return parse(body, now, depth);
};

type Parser = (body: unknown, now: number, depth: number) => Clause;

const onlyEntry = (object: Json, name: string): [string, unknown] => {
  const entries = Object.entries(object);
  const [entry] = entries;
  if (entry === undefined) throw parsingError(`[${name}] malformed, no field or query name found`);
  if (entries.length > 1) throw parsingError(`[${name}] malformed, expected [END_OBJECT] but found [FIELD_NAME]`);
  return entry;
};

// `{field: value}` or `{field: {<key>: value, ...options}}`.
const fieldAnd = (body: unknown, name: string, key: string, options: readonly string[]) => {
  const [field, spec] = onlyEntry(asObject(body, name), name);
  const settings: Json = isObject(spec) ? spec : { [key]: spec };
  onlyKeys(settings, name, [key, 'boost', ...options]);
  const value = settings[key];
  if (value === undefined || value === null) throw parsingError(`[${name}] requires [${key}] for [${field}]`);
  if (Array.isArray(value)) throw parsingError(`[${name}] query doesn't support multiple values`);
  return { field, value, settings };
};

const parsers: Readonly<Record<string, Parser>> = {
  match_all: (body) => {
    onlyKeys(asObject(body, 'match_all'), 'match_all', ['boost']);
    return matchAll;
  },
  match_none: () => (segment) => new Uint8Array(segment.rows),
  term: (body, now) => {
    const { field, value } = fieldAnd(body, 'term', 'value', []);
    return where(field, equals(field, value, now));
  },
  terms: (body, now) => {
    const { boost: _, ...rest } = asObject(body, 'terms');
    const [field, values] = onlyEntry(rest, 'terms');
    if (!Array.isArray(values)) throw unsupported('a terms lookup');
    const tests = values.map((value) => equals(field, value, now));
    return where(field, (stored) => tests.some((test) => test(stored)));
  },
  match: (body, now) => {
    const { field, value, settings } = fieldAnd(body, 'match', 'query', ['operator']);
    return where(field, matches(field, value, operatorOf(settings.operator), now));
  },
  match_phrase: (body, now) => {
    const { field, value } = fieldAnd(body, 'match_phrase', 'query', []);
    return where(field, hasPhrase(field, value, now));
  },
  prefix: (body) => {
    const { field, value } = fieldAnd(body, 'prefix', 'value', []);
    return where(field, hasPrefix(field, String(value)));
  },
  exists: (body) => {
    const { field, ...rest } = asObject(body, 'exists');
    onlyKeys(rest, 'exists', ['boost']);
    if (typeof field !== 'string') throw parsingError('[exists] must be provided with a [field]');
    return where(field, exists);
  },
  range: (body, now) => {
    const [field, spec] = onlyEntry(asObject(body, 'range'), 'range');
    const bounds = asObject(spec, 'range');
    onlyKeys(bounds, 'range', ['gt', 'gte', 'lt', 'lte', 'boost', 'format']);
    const formats = ['strict_date_optional_time', 'epoch_millis', 'strict_date_optional_time||epoch_millis'];
    if (bounds.format !== undefined && !formats.includes(String(bounds.format))) {
      throw unsupported(`the date format [${bounds.format}]`);
    }
    return where(field, inRange(field, bounds, now));
  },
  query_string: (body, now) => {
    const settings = asObject(body, 'query_string');
    const known = ['query', 'default_field', 'default_operator', 'analyze_wildcard', 'lenient', 'boost'];
    onlyKeys(settings, 'query_string', known);
    if (typeof settings.query !== 'string') throw parsingError('[query_string] must be provided with a [query]');
    const field = settings.default_field;
    const defaultField = field === undefined || field === '*' ? undefined : String(field);
    const operator = operatorOf(settings.default_operator);
    // Who asks all fields expects that some of them cannot hold the value.
    const isLenient = settings.lenient === undefined ? defaultField === undefined : String(settings.lenient) === 'true';
    return parseQueryString(settings.query, { defaultField, operator, isLenient, now });
  },
  bool: (body, now, depth) => parseBool(asObject(body, 'bool'), now, depth),
};

const operatorOf = (value: unknown = 'or'): 'and' | 'or' => {
  const operator = String(value).toLowerCase();
  if (operator !== 'and' && operator !== 'or') throw parsingError(`unknown operator [${operator}]`);
  return operator;
};

const parseBool = (body: Json, now: number, depth: number): Clause => {
  onlyKeys(body, 'bool', ['must', 'filter', 'should', 'must_not', 'minimum_should_match', 'boost']);
  const clauses = (key: string): Clause[] => {
    const value = body[key] ?? [];
    return (Array.isArray(value) ? value : [value]).map((one) => parseQuery(one, now, depth + 1));
  };
  const required = [...clauses('must'), ...clauses('filter')];
  const optional = clauses('should');
  const fallback = required.length === 0 && optional.length > 0 ? 1 : 0;
  // Where nothing else is required one of them is, whatever the minimum says; beside prohibitions alone it says
  // nothing.
  const asked = Math.max(fallback, minimumOf(body.minimum_should_match, optional.length) ?? fallback);
  const minimum = required.length + optional.length === 0 ? 0 : asked;
  return combine({ required, optional, prohibited: clauses('must_not'), minimum });
};

// https://www.elastic.co/guide/en/elasticsearch/reference/current/query-dsl-minimum-should-match.html, without combinations.
const minimumOf = (value: unknown, count: number): number | undefined => {
  if (value === undefined) return undefined;
  const [, amount, percent] = /^(-?\d+)(%?)$/.exec(String(value)) ?? [];
  if (amount === undefined) throw unsupported(`minimum_should_match [${value}]`);
  const wanted = percent ? Math.trunc((count * Number(amount)) / 100) : Number(amount);
  return Math.max(0, wanted < 0 ? count + wanted : wanted);
};
