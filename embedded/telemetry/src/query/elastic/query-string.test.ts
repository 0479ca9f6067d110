import { idOf } from '../../store/logs.js';
import { segmentsOf } from '../../testing/documents.js';
import { parseQueryString } from './query-string.js';

const now = Date.parse('2026-11-22T12:00:00.000Z');
const segments = segmentsOf([
  {
    'event.id': '1',
    '@timestamp': now - 60_000,
    message: 'Order placed quickly',
    'service.name': 'order',
    status: 201,
    'trace.id': 'abc',
  },
  {
    'event.id': '2',
    '@timestamp': now - 3_600_000,
    message: 'Payment declined',
    'service.name': 'payment',
    status: 402,
    'error.code': 'card-declined',
  },
  {
    'event.id': '3',
    '@timestamp': now,
    message: 'Order cancelled',
    'service.name': 'order service',
    status: 500,
    path: '/api/orders',
  },
]);

const find = (query: string, operator: 'and' | 'or' = 'or'): string[] => {
  const clause = parseQueryString(query, { defaultField: undefined, operator, isLenient: true, now });
  return segments.flatMap((segment) =>
    [...clause(segment)].flatMap((match, row) => (match === 1 ? [idOf(segment, row)] : [])),
  );
};

it.each([
  ['*', ['1', '2', '3']],
  ['*:*', ['1', '2', '3']],
  ['placed', ['1']],
  ['ORDER', ['1', '3']],
  ['order', ['1', '3']],
  ['payment', ['2']],
  ['placed declined', ['1', '2']],
  ['trace.id:abc', ['1']],
  ['service.name:order', ['1']],
  ['service.name:"order service"', ['3']],
  ['service.name:order\\ service', ['3']],
  ['service.name:(order OR payment)', ['1', '2']],
  ['message:"order placed"', ['1']],
  ['message:"placed order"', []],
  ['message:order AND status:500', ['3']],
  ['message:order && NOT status:500', ['1']],
  ['message:order -status:500', ['1']],
  ['message:order !status:500', ['1']],
  ['+message:order +status:500', ['3']],
  ['NOT message:order', ['2']],
  ['message:order AND (NOT status:500)', ['1']],
  ['status:[201 TO 402]', ['1', '2']],
  ['status:{201 TO 402]', ['2']],
  ['status:[402 TO *]', ['2', '3']],
  ['status:>=402', ['2', '3']],
  ['status:<402', ['1']],
  ['@timestamp:[now-15m TO now]', ['1', '3']],
  ['@timestamp:>now-15m', ['1', '3']],
  ['@timestamp:["2026-11-22T11:00:00Z" TO "2026-11-22T11:00:00Z"]', ['2']],
  ['_exists_:error.code', ['2']],
  ['error.code:*', ['2']],
  ['error.code:card-declined', ['2']],
  ['error.code:card*', ['2']],
  ['error.code:*decl*', ['2']],
  ['error.code:c*d*d', ['2']],
  ['error.code:c*x', []],
  ['error.code:card\\*', []],
  ['error.code:card\\\\*', []],
  ['message:Plac*', ['1']],
  ['path:\\/api\\/orders', ['3']],
  ['path:"/api/orders"', ['3']],
  // Words side by side are one text, which a keyword has as a whole or not at all.
  ['service.name:(order payment)', []],
  ['service.name:(order service)', ['3']],
  ['service.name:(order payment OR order)', ['1', '2']],
  ['message:(placed declined)', ['1', '2']],
  ['@timestamp:yesterday', []],
  ['http.response.status_code:4*', []],
  ['2026-11-22', ['1', '2', '3']],
  ['500', ['3']],
])('%s', (query, expected) => {
  expect(find(query)).toEqual(expected);
});

// Lucene's own conversion: AND makes its neighbours required, and what is only joined by OR stays optional.
it.each([
  ['status:402 OR message:order AND status:500', ['3']],
  ['message:order AND status:500 OR status:402', ['3']],
  ['status:402 OR (message:order AND status:500)', ['2', '3']],
])('has no precedence but Lucene’s: %s', (query, expected) => {
  expect(find(query)).toEqual(expected);
});

it('joins with AND if that is the default', () => {
  expect(find('order placed', 'and')).toEqual(['1']);
  expect(find('placed OR declined', 'and')).toEqual(['1', '2']);
  expect(find('message:(order placed)', 'and')).toEqual(['1']);
});

it.each([
  ['roam~', 'fuzziness and proximity'],
  ['"order placed"~2', 'fuzziness and proximity'],
  ['order^2', 'a boost'],
  ['path:/api/', 'a regular expression'],
  ['ser*.name:order', 'a wildcard in a field name'],
  ['[a TO b]', 'a range without a field'],
  ['message:[a TO b]', 'a range on the text field [message]'],
  ['te?t', 'the wildcard [?]'],
])('refuses %s by name', (query, what) => {
  expect(() => find(query)).toThrow(what);
});

it.each([
  '',
  '(',
  'a)',
  '(a',
  'AND a',
  'a AND',
  'a AND AND b',
  'field:',
  '"open',
  'a:[1 TO',
  '((((((((((((((((((((((((((((((((((((a',
])('refuses what cannot be parsed: %s', (query) => {
  expect(() => find(query)).toThrow(/Failed to parse query/);
});
