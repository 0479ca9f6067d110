import type { Query } from '../../queries/elasticsearch.js';
import type { Bound, LogQuery } from './syntax.js';

/** Fields that are searched by words; every other one holds its value as a whole (`keyword`, a number, a date). */
const textFields: ReadonlySet<string> = new Set(['message', 'error.message', 'error.stack_trace']);

/** In Elasticsearch's Query DSL, without relevance: a line matches or does not. */
export const toElasticQuery = (query: LogQuery): Query => {
  switch (query.kind) {
    case 'all':
      return { match_all: {} };
    case 'or':
      return { bool: { should: query.parts.map(toElasticQuery), minimum_should_match: 1 } };
    case 'and': {
      const excluded = query.parts.flatMap((part) => (part.kind === 'not' ? [toElasticQuery(part.part)] : []));
      const required = query.parts.filter(({ kind }) => kind !== 'not').map(toElasticQuery);
      return { bool: { filter: required, ...(excluded.length === 0 ? {} : { must_not: excluded }) } };
    }
    case 'not':
      return { bool: { must_not: [toElasticQuery(query.part)] } };
    case 'is':
      return textFields.has(query.field)
        ? { match_phrase: { [query.field]: query.value } }
        : { term: { [query.field]: toStored(query.field, query.value) } };
    case 'prefix':
      // A text is kept as words in small letters, and a prefix is compared as it is.
      return { prefix: { [query.field]: textFields.has(query.field) ? query.value.toLowerCase() : query.value } };
    case 'exists':
      return { exists: { field: query.field } };
    case 'range':
      return {
        range: { [query.field]: { ...toLimit(query.field, 'g', query.from), ...toLimit(query.field, 'l', query.to) } },
      };
    case 'text':
      return { query_string: { query: toLucene(query.text, query.isPrefix), lenient: true } };
  }
};

const toLimit = (field: string, side: 'g' | 'l', bound: Bound | undefined): Record<string, string | number> =>
  bound === undefined ? {} : { [`${side}t${bound.isIncluded ? 'e' : ''}`]: toStored(field, bound.value) };

const nanosecondsPer: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10 };

/** Durations are kept in nanoseconds and written as `250ms`. */
const toStored = (field: string, value: string): string | number => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m)$/.exec(value) ?? [];
  return field === 'event.duration' && amount !== undefined
    ? Math.round(Number(amount) * (nanosecondsPer[unit] ?? 1))
    : value;
};

// Outside of quotation marks < and > cannot be escaped, only left out.
const toLucene = (text: string, isPrefix: boolean): string =>
  isPrefix
    ? `${text
        .replace(/[<>]/g, ' ')
        .trim()
        .replace(/[^\p{L}\p{N}_]/gu, '\\$&')}*`
    : `"${text.replace(/["\\]/g, '\\$&')}"`;
