import fc from 'fast-check';
import { segmentsOf } from '../../testing/documents.js';
import { matchAll } from './clause.js';
import { ElasticError, type Json } from './errors.js';
import { search } from './search.js';

const now = Date.parse('2026-11-22T12:00:00.000Z');
type Document = Record<string, unknown>;

const run = (documents: readonly object[], body: Json) =>
  search(segmentsOf(documents), body, { within: matchAll, now }) as unknown as {
    hits: { total: { value: number; relation: string }; hits: { _id: string; _source: Document; sort?: unknown[] }[] };
  };
const idsOf = (documents: readonly object[], query: unknown): string[] =>
  run(documents, { query, size: 1_000 }).hits.hits.map(({ _id }) => _id);

const logs = [
  {
    'event.id': 'a',
    '@timestamp': '2026-11-22T11:59:00.000Z',
    'log.level': 'info',
    message: 'Order placed by a customer',
    'http.response.status_code': 201,
    'trace.id': 't1',
  },
  {
    'event.id': 'b',
    '@timestamp': '2026-11-22T11:50:00.000Z',
    'log.level': 'error',
    message: 'The payment was refused: card declined',
    'http.response.status_code': 503,
    'error.code': 'card_declined',
  },
  {
    'event.id': 'c',
    '@timestamp': '2026-11-21T12:00:00.000Z',
    'log.level': 'warn',
    message: 'Placed an order.v2 again',
    'http.response.status_code': 200,
    cached: true,
    tags: ['x', 'y'],
  },
  {
    'event.id': 'd',
    '@timestamp': '2026-11-22T12:00:00.000Z',
    'log.level': 'info',
    message: '',
    nothing: null,
    http: { route: '/api/orders' },
  },
];

describe('each kind of query', () => {
  it.each<[string, unknown, string[]]>([
    ['match_all', { match_all: {} }, ['a', 'b', 'c', 'd']],
    ['match_none', { match_none: {} }, []],
    ['term on a keyword', { term: { 'log.level': 'info' } }, ['a', 'd']],
    ['term in its long form', { term: { 'log.level': { value: 'error' } } }, ['b']],
    ['term is exact on keywords', { term: { 'log.level': 'Info' } }, []],
    ['term on a number', { term: { 'http.response.status_code': 503 } }, ['b']],
    ['term on a number given as text', { term: { 'http.response.status_code': '503' } }, ['b']],
    ['term on a boolean', { term: { cached: true } }, ['c']],
    ['term on one of several values', { term: { tags: 'y' } }, ['c']],
    ['term on a word of a text', { term: { message: 'placed' } }, ['a', 'c']],
    ['term on a text does not change letters', { term: { message: 'Placed' } }, []],
    ['term on a text without a word', { term: { message: '' } }, []],
    ['term on a date', { term: { '@timestamp': '2026-11-21' } }, ['c']],
    ['term on a nested object', { term: { 'http.route': '/api/orders' } }, ['d']],
    ['terms', { terms: { 'log.level': ['warn', 'error'] } }, ['b', 'c']],
    ['match: any word', { match: { message: 'ORDER refused' } }, ['a', 'b']],
    ['match: all words', { match: { message: { query: 'placed order', operator: 'and' } } }, ['a']],
    ['match: a word with a dot is one word', { match: { message: 'order.v2' } }, ['c']],
    ['match on a keyword is the whole', { match: { 'error.code': 'card_declined' } }, ['b']],
    ['match without words', { match: { message: '--' } }, []],
    ['match_phrase', { match_phrase: { message: 'card declined' } }, ['b']],
    ['match_phrase in another order', { match_phrase: { message: 'declined card' } }, []],
    ['prefix on a keyword', { prefix: { 'error.code': 'card_' } }, ['b']],
    ['prefix on a text', { prefix: { message: { value: 'pla' } } }, ['a', 'c']],
    ['exists', { exists: { field: 'error.code' } }, ['b']],
    ['exists is false for null', { exists: { field: 'nothing' } }, []],
    ['range of numbers', { range: { 'http.response.status_code': { gte: 201, lt: 503 } } }, ['a']],
    ['range of keywords', { range: { 'log.level': { gt: 'error', lte: 'info' } } }, ['a', 'd']],
    ['range of dates with date math', { range: { '@timestamp': { gte: 'now-15m', lt: 'now' } } }, ['a', 'b']],
    ['range to the end of a day', { range: { '@timestamp': { lte: '2026-11-21' } } }, ['c']],
    ['range of epoch milliseconds', { range: { '@timestamp': { gt: now - 1, format: 'epoch_millis' } } }, ['d']],
    [
      'bool must and must_not',
      { bool: { must: { term: { 'log.level': 'info' } }, must_not: [{ exists: { field: 'trace.id' } }] } },
      ['d'],
    ],
    [
      'bool: one should must match when it is alone',
      { bool: { should: [{ term: { cached: true } }, { term: { 'trace.id': 't1' } }] } },
      ['a', 'c'],
    ],
    [
      'bool: should is optional beside a filter',
      { bool: { filter: { match_all: {} }, should: [{ term: { cached: true } }] } },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'bool: minimum_should_match',
      {
        bool: {
          should: [
            { exists: { field: 'message' } },
            { term: { 'log.level': 'info' } },
            { exists: { field: 'trace.id' } },
          ],
          minimum_should_match: 2,
        },
      },
      ['a', 'd'],
    ],
    [
      'bool: one of the alternatives matches where nothing else is asked for',
      { bool: { should: [{ term: { cached: true } }], minimum_should_match: 0 } },
      ['c'],
    ],
    [
      'bool: minimum_should_match in percent',
      { bool: { should: [{ match_all: {} }, { term: { 'log.level': 'warn' } }], minimum_should_match: '100%' } },
      ['c'],
    ],
    ['an empty bool', { bool: {} }, ['a', 'b', 'c', 'd']],
  ])('%s', (_, query, expected) => {
    expect(idsOf(logs, query)).toEqual(expected);
  });
});

describe('what is not supported is refused by name', () => {
  it.each<[Json, string]>([
    [{ query: { fuzzy: { message: 'x' } } }, 'unknown query [fuzzy]'],
    [
      { query: { match: { message: { query: 'x', fuzziness: 'AUTO' } } } },
      '[match] does not support [fuzziness] in the embedded backend',
    ],
    [
      { query: { terms: { 'user.id': { index: 'x', id: '1', path: 'y' } } } },
      'a terms lookup is not supported by the embedded backend',
    ],
    [
      { query: { range: { '@timestamp': { gte: 'now-1d', time_zone: '+01:00' } } } },
      '[range] does not support [time_zone] in the embedded backend',
    ],
    [
      { query: { range: { 'event.created': { gte: 'now-1d' } } } },
      'date math on [event.created] is not supported by the embedded backend',
    ],
    [
      { query: { range: { message: { gte: 'a' } } } },
      'a range on the text field [message] is not supported by the embedded backend',
    ],
    [
      { query: { range: { '@timestamp': { gte: 'yesterday' } } } },
      'failed to parse date field [yesterday] with format [strict_date_optional_time||epoch_millis]',
    ],
    [
      { query: { bool: { should: [], minimum_should_match: '2<75%' } } },
      'minimum_should_match [2<75%] is not supported by the embedded backend',
    ],
    [{ query: { term: { a: 1, b: 2 } } }, '[term] malformed, expected [END_OBJECT] but found [FIELD_NAME]'],
    [{ query: { term: { a: null } } }, '[term] requires [value] for [a]'],
    [{ query: { term: { 'http.response.status_code': 'x' } } }, 'failed to create query: For input string: "x"'],
    [
      { query: { prefix: { 'http.response.status_code': '4' } } },
      'Can only use prefix and wildcard queries on keyword, text and wildcard fields - not on [http.response.status_code] which is of type [long]',
    ],
    [{ sort: ['never.seen'] }, 'No mapping found for [never.seen] in order to sort on'],
    [{ highlight: {} }, '[search] does not support [highlight] in the embedded backend'],
    [{ sort: ['_score'] }, 'sorting by [_score] is not supported by the embedded backend'],
    [
      { sort: [{ message: 'asc' }] },
      'sorting or aggregating by the text field [message] is not supported by the embedded backend',
    ],
    [
      { from: 9_995, size: 10 },
      'Result window is too large, from + size must be less than or equal to: [10000] but was [10005].',
    ],
    [{ size: -1 }, '[size] must be a non-negative integer'],
    [{ search_after: [1, 2], sort: ['@timestamp'] }, 'search_after has 2 value(s) but sort has 1.'],
  ])('%j', (body, reason) => {
    expect(() => run(logs, body)).toThrow(new ElasticError('', reason));
  });

  it('a query nested a thousand times', () => {
    let query: unknown = { match_all: {} };
    for (let depth = 0; depth < 1_000; depth++) query = { bool: { must: [query] } };
    expect(() => run(logs, { query })).toThrow('The nested depth of the query exceeds the maximum of 30');
  });
});

describe('the page', () => {
  const sorted = { sort: [{ '@timestamp': { order: 'desc' } }] };

  it('comes in the order of arrival without a sort, ten at most', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ 'event.id': `${index}` }));
    expect(run(many, {}).hits.hits.map(({ _id }) => _id)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('is sorted, and tells the sort values', () => {
    const { hits } = run(logs, { ...sorted, size: 2 });
    expect(hits.hits.map(({ _id, sort }) => [_id, sort])).toEqual([
      ['d', [now]],
      ['a', [now - 60_000]],
    ]);
    expect(hits.total).toEqual({ value: 4, relation: 'eq' });
  });

  it('puts documents without the field last, or first if asked', () => {
    const by = (missing: string) => run(logs, { sort: [{ 'http.response.status_code': { order: 'asc', missing } }] });
    expect(by('_last').hits.hits.map(({ _id }) => _id)).toEqual(['c', 'a', 'b', 'd']);
    expect(by('_first').hits.hits.map(({ _id }) => _id)).toEqual(['d', 'c', 'a', 'b']);
  });

  it('goes on behind documents without the number, whose sort value is the edge of its type', () => {
    const sort = ['http.response.status_code'];
    expect(run(logs, { sort }).hits.hits.map((hit) => hit.sort)).toEqual([[200], [201], [503], [2 ** 63]]);
    expect(run(logs, { sort, search_after: [503] }).hits.hits.map(({ _id }) => _id)).toEqual(['d']);
    expect(run(logs, { sort, search_after: [2 ** 63] }).hits.hits).toEqual([]);
  });

  it('goes on with search_after', () => {
    const first = run(logs, { ...sorted, size: 2 }).hits.hits;
    const next = run(logs, { ...sorted, size: 9, search_after: first[1]?.sort }).hits.hits;
    expect(next.map(({ _id }) => _id)).toEqual(['b', 'c']);
  });

  it('counts up to 10,000 unless it is told to count all, or nothing', () => {
    const many = Array.from({ length: 10_050 }, () => ({ x: 1 }));
    expect(run(many, { size: 0 }).hits.total).toEqual({ value: 10_000, relation: 'gte' });
    expect(run(many, { size: 0, track_total_hits: true }).hits.total).toEqual({ value: 10_050, relation: 'eq' });
    expect(run(many, { size: 0, track_total_hits: false }).hits.total).toBeUndefined();
  });

  it('shows of _source what is asked for', () => {
    const source = (_source: unknown) => run(logs, { _source, size: 1 }).hits.hits[0]?._source;
    expect(source(false)).toBeUndefined();
    expect(source(['log.*'])).toEqual({ 'log.level': 'info' });
    expect(source('http')).toEqual({ 'http.response.status_code': 201 });
    expect(source({ excludes: ['*.id', 'http', 'message'] })).toEqual({
      '@timestamp': '2026-11-22T11:59:00.000Z',
      'log.level': 'info',
    });
  });
});

describe('a search gives the same as a plain filter', () => {
  const value = fc.oneof(
    fc.constantFrom('a', 'b', 'ab', '1', 'A b'),
    fc.integer({ min: 0, max: 3 }),
    fc.boolean(),
    fc.constant(null),
  );
  const document = fc.record(
    {
      f: value,
      g: fc.oneof(value, fc.array(value, { maxLength: 3 })),
      '@timestamp': fc.integer({ min: now - 5, max: now }),
    },
    { requiredKeys: ['@timestamp'] },
  );
  const field = fc.constantFrom('f', 'g');
  const values = (doc: Document, name: string): unknown[] => [doc[name] ?? []].flat().filter((one) => one !== null);

  interface Case {
    query: unknown;
    plain: (doc: Document) => boolean;
  }
  const leaf: fc.Arbitrary<Case> = fc.oneof(
    fc.tuple(field, fc.constantFrom('a', 'b', 'ab', '1', 2, true)).map(([name, wanted]) => ({
      query: { term: { [name]: wanted } },
      plain: (doc: Document) => values(doc, name).some((one) => String(one) === String(wanted)),
    })),
    field.map((name) => ({
      query: { exists: { field: name } },
      plain: (doc: Document) => values(doc, name).length > 0,
    })),
    fc.tuple(field, fc.constantFrom('a', 'A')).map(([name, start]) => ({
      query: { prefix: { [name]: start } },
      plain: (doc: Document) => values(doc, name).some((one) => typeof one === 'string' && one.startsWith(start)),
    })),
    fc.tuple(field, fc.integer({ min: 0, max: 3 })).map(([name, from]) => ({
      query: { range: { [name]: { gte: from } } },
      plain: (doc: Document) =>
        values(doc, name).some((one) =>
          typeof one === 'number' ? one >= from : typeof one === 'string' && one >= String(from),
        ),
    })),
    fc.integer({ min: now - 5, max: now }).map((from) => ({
      query: { range: { '@timestamp': { gt: from } } },
      plain: (doc: Document) => Number(doc['@timestamp']) > from,
    })),
  );
  const tree = fc.letrec<{ node: Case }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc
        .tuple(
          fc.array(tie('node'), { maxLength: 2 }),
          fc.array(tie('node'), { maxLength: 3 }),
          fc.array(tie('node'), { maxLength: 2 }),
        )
        .map(([must, should, not]) => ({
          query: {
            bool: {
              must: must.map((one) => one.query),
              should: should.map((one) => one.query),
              must_not: not.map((one) => one.query),
            },
          },
          plain: (doc: Document) =>
            must.every((one) => one.plain(doc)) &&
            !not.some((one) => one.plain(doc)) &&
            (must.length > 0 || should.length === 0 || should.some((one) => one.plain(doc))),
        })),
    ),
  })).node;

  it('for any documents and any tree of queries', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 40 }), tree, (documents, { query, plain }) => {
        const numbered = documents.map((doc, index) => ({ ...doc, 'event.id': `${index}` }));
        const expected = numbered.filter(plain).map((doc) => doc['event.id']);
        expect(idsOf(numbered, query)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('for any sort, page and search_after, over many segments', () => {
    const documents = Array.from({ length: 5_000 }, (_, index) => ({
      'event.id': `${index}`,
      '@timestamp': now - ((index * 7_919) % 977),
      n: (index * 31) % 13,
    }));
    const segments = segmentsOf(documents);
    const key = fc.constantFrom('@timestamp', 'n');
    fc.assert(
      fc.property(
        key,
        fc.constantFrom('asc', 'desc'),
        fc.nat(300),
        fc.integer({ min: 1, max: 300 }),
        (by, order, from, size) => {
          const sign = order === 'asc' ? 1 : -1;
          const expected = documents.toSorted((a, b) => sign * (a[by as 'n'] - b[by as 'n'])).slice(from, from + size);
          const body = { sort: [{ [by]: order }], from, size };
          const { hits } = search(segments, body, { within: matchAll, now }).hits as {
            hits: { _id: string; sort: number[] }[];
          };
          expect(hits.map(({ _id }) => _id)).toEqual(expected.map((doc) => doc['event.id']));
          const after = hits.at(-1)?.sort ?? [];
          const next = search(
            segments,
            { sort: [{ [by]: order }], size: 1, search_after: after },
            { within: matchAll, now },
          );
          const best = documents
            .filter((doc) => sign * (doc[by as 'n'] - Number(after[0])) > 0)
            .toSorted((a, b) => sign * (a[by as 'n'] - b[by as 'n']))[0];
          expect((next.hits as { hits: { _id: string }[] }).hits.map(({ _id }) => _id)).toEqual(
            best ? [best['event.id']] : [],
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives back every document as it was sent', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}(\.[a-z]{1,3})?$/);
    const scalar = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const any = fc.dictionary(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 10 }), (documents) => {
        const timed = documents.map((doc, index) => ({ ...doc, '@timestamp': new Date(now + index).toISOString() }));
        const { hits } = run(timed, { size: 100 }).hits;
        expect(hits.map(({ _source }) => _source)).toEqual(timed);
      }),
    );
  });
});
