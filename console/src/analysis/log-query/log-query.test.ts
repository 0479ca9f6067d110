import fc from 'fast-check';
import { parseLogQuery } from './parse.js';
import { printLogQuery } from './print.js';
import { combine, type LogQuery, LogQueryError } from './syntax.js';
import { toElasticQuery } from './to-elastic.js';

const is = (field: string, value: string): LogQuery => ({ kind: 'is', field, value });
const text = (value: string): LogQuery => ({ kind: 'text', text: value, isPrefix: false });

describe('reading', () => {
  test.each<[string, LogQuery]>([
    ['', { kind: 'all' }],
    ['   ', { kind: 'all' }],
    ['log.level:error', is('log.level', 'error')],
    ['message:"payment was declined"', is('message', 'payment was declined')],
    ['message:"say \\"no\\" \\\\"', is('message', 'say "no" \\')],
    ['http.route:/internal/payments/:orderId', is('http.route', '/internal/payments/:orderId')],
    ['@timestamp:2026-11-22T18:01:53.683Z', is('@timestamp', '2026-11-22T18:01:53.683Z')],
    ['event.action:order.*', { kind: 'prefix', field: 'event.action', value: 'order.' }],
    ['event.action:*', { kind: 'exists', field: 'event.action' }],
    ['event.action:a\\*', is('event.action', 'a*')],
    ['_exists_:error.code', { kind: 'exists', field: 'error.code' }],
    ['declined', text('declined')],
    ['"was declined"', text('was declined')],
    ['declin*', { kind: 'text', text: 'declin', isPrefix: true }],
    ['18:01', text('18:01')],
    [
      'http.response.status_code:>=500',
      { kind: 'range', field: 'http.response.status_code', from: { value: '500', isIncluded: true } },
    ],
    ['a:<-5', { kind: 'range', field: 'a', to: { value: '-5', isIncluded: false } }],
    [
      'event.duration:[1 TO 5]',
      {
        kind: 'range',
        field: 'event.duration',
        from: { value: '1', isIncluded: true },
        to: { value: '5', isIncluded: true },
      },
    ],
    ['a:{1 TO *]', { kind: 'range', field: 'a', from: { value: '1', isIncluded: false } }],
    [
      'a:["x y" TO z}',
      { kind: 'range', field: 'a', from: { value: 'x y', isIncluded: true }, to: { value: 'z', isIncluded: false } },
    ],
    ['a:[* TO *]', { kind: 'exists', field: 'a' }],
    ['a:1 b:2', combine('and', [is('a', '1'), is('b', '2')])],
    ['a:1 OR b:2 AND c:3', combine('or', [is('a', '1'), combine('and', [is('b', '2'), is('c', '3')])])],
    ['(a:1 OR b:2) AND c:3', combine('and', [combine('or', [is('a', '1'), is('b', '2')]), is('c', '3')])],
    ['a:1 -b:2', combine('and', [is('a', '1'), { kind: 'not', part: is('b', '2') }])],
    ['NOT (a:1 b:2)', { kind: 'not', part: combine('and', [is('a', '1'), is('b', '2')]) }],
    ['log.level:(warn OR error)', combine('or', [is('log.level', 'warn'), is('log.level', 'error')])],
    ['a:1 and b', combine('and', [is('a', '1'), text('b')])],
    ['ANDROID "and"', combine('and', [text('ANDROID'), text('and')])],
  ])('%s', (line, query) => {
    expect(parseLogQuery(line)).toEqual(query);
  });

  test.each([
    ['a:', 2, 'A value is missing after a:'],
    ['a: b', 2, 'A value is missing after a:'],
    ['(a:1', 1, 'This parenthesis is not closed.'],
    ['a:1)', 4, 'This parenthesis was not opened.'],
    ['message:"open', 9, 'This quotation mark is not closed.'],
    ['a:*b', 3, 'A wildcard stands at the end only; \\* is an asterisk.'],
    ['abc x*y', 6, 'A wildcard stands at the end only; \\* is an asterisk.'],
    ['a:1 OR', 7, 'Something to search for is missing here.'],
    ['OR a:1', 1, 'OR needs something before it.'],
    ['a:1 AND AND b:1', 9, 'AND needs something before it.'],
    ['a:1 - b:2', 5, 'A minus stands directly before what it excludes.'],
    ['a:[1 5]', 3, 'A range is written [1 TO 5].'],
    ['a:[1 TO 5', 3, 'This range is not closed with ] or }.'],
    ['a:[5 TO 1]', 9, 'The range ends before it begins.'],
    ['a:>', 4, 'A value is missing here.'],
    ['()', 2, 'Something to search for is missing here.'],
    ['_exists_:a*', 10, '_exists_ takes the whole name of a field.'],
    ['('.repeat(20), 13, 'More than 12 levels of parentheses and NOT.'],
  ])('%s is refused, with the column', (line, column, message) => {
    const error = catchError(() => parseLogQuery(line));
    expect(error).toBeInstanceOf(LogQueryError);
    expect(error).toMatchObject({ message, column });
  });

  test('whatever is typed is read or refused, never anything else', () => {
    const pieces = fc.constantFrom(
      'a:',
      'b',
      '"',
      '(',
      ')',
      '[',
      ' TO ',
      ']',
      '*',
      '\\',
      '-',
      ' ',
      'OR',
      'AND',
      'NOT',
      '>=',
      '5',
      '{',
      '_exists_:',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
        ),
        (line) => {
          const error = catchError(() => parseLogQuery(line));
          if (error === undefined) return;
          expect(error).toBeInstanceOf(LogQueryError);
          const { column } = error as LogQueryError;
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(line.length + 1);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('writing', () => {
  test.each([
    ['a:1   b:2', 'a:1 AND b:2'],
    ['a:(x OR y) -c', '(a:x OR a:y) AND NOT c'],
    ['message:"two words"', 'message:"two words"'],
    ['a:{1 TO 2]', 'a:{1 TO 2]'],
    ['"OR"', '"OR"'],
  ])('%s becomes %s', (line, written) => {
    expect(printLogQuery(parseLogQuery(line))).toBe(written);
  });

  test('a query that is written and read again is the same query', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        expect(parseLogQuery(printLogQuery(query))).toEqual(query);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('in Elasticsearch’s language', () => {
  test.each<[string, object]>([
    ['', { match_all: {} }],
    ['log.level:error', { term: { 'log.level': 'error' } }],
    ['message:"was declined"', { match_phrase: { message: 'was declined' } }],
    ['message:Decl*', { prefix: { message: 'decl' } }],
    ['service.name:pay*', { prefix: { 'service.name': 'pay' } }],
    ['a:>=5', { range: { a: { gte: '5' } } }],
    ['a:{1 TO 5]', { range: { a: { gt: '1', lte: '5' } } }],
    ['event.duration:>250ms', { range: { 'event.duration': { gt: 250_000_000 } } }],
    ['_exists_:error.code', { exists: { field: 'error.code' } }],
    ['a:1 OR b:2', { bool: { should: [{ term: { a: '1' } }, { term: { b: '2' } }], minimum_should_match: 1 } }],
    ['a:1 -b:2', { bool: { filter: [{ term: { a: '1' } }], must_not: [{ term: { b: '2' } }] } }],
    ['NOT a:1', { bool: { must_not: [{ term: { a: '1' } }] } }],
    ['x<y "quo\\"te"', { bool: { filter: [queryString('"x<y"'), queryString('"quo\\"te"')] } }],
    ['G-2026*', queryString('G\\-2026*')],
  ])('%s', (line, query) => {
    expect(toElasticQuery(parseLogQuery(line))).toEqual(query);
  });
});

function queryString(query: string): object {
  return { query_string: { query, lenient: true } };
}

const catchError = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
};

const fields = fc.constantFrom('message', 'log.level', '@timestamp', 'glasshouse.order.number', 'x-y_z');
const values = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('/a/:b', 'AND', 'or', '-', '*', '>=5', '[1', 'a\\', 'TO'),
);
const bounds = fc.record({ value: values.filter((value) => value !== ''), isIncluded: fc.boolean() });

const anyQuery: fc.Arbitrary<LogQuery> = fc.letrec<{ query: LogQuery; leaf: LogQuery }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie('leaf'),
    fc.record({ kind: fc.constant('not' as const), part: tie('query') }),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('query'), { minLength: 2, maxLength: 4 }))
      .map(([kind, parts]) => combine(kind, parts)),
  ),
  leaf: fc.oneof(
    fc.record({ kind: fc.constant('is' as const), field: fields, value: values }),
    fc.record({ kind: fc.constant('prefix' as const), field: fields, value: values.filter((value) => value !== '') }),
    fc.record({ kind: fc.constant('exists' as const), field: values.filter((value) => value !== '') }),
    fc.record({ kind: fc.constant('text' as const), text: values, isPrefix: fc.boolean() }),
    fc
      .record({ field: fields, from: fc.option(bounds, { nil: undefined }), to: fc.option(bounds, { nil: undefined }) })
      .filter(({ from, to }) => (from ?? to) !== undefined && !(Number(from?.value) > Number(to?.value)))
      .map(({ field, from, to }): LogQuery => ({ kind: 'range', field, ...(from && { from }), ...(to && { to }) })),
  ),
})).query;
