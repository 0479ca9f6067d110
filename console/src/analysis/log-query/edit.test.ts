import { hasPart, withoutPart, withPart } from './edit.js';
import { parseLogQuery } from './parse.js';
import { printLogQuery } from './print.js';
import type { LogQuery } from './syntax.js';

const error: LogQuery = { kind: 'is', field: 'log.level', value: 'error' };
const noError: LogQuery = { kind: 'not', part: error };

test.each<[string, LogQuery, string]>([
  ['', error, 'log.level:error'],
  ['a', error, 'a AND log.level:error'],
  ['a log.level:error', error, 'a AND log.level:error'],
  ['a -log.level:error', error, 'a AND log.level:error'],
  ['log.level:error a', noError, 'a AND NOT log.level:error'],
  ['a OR b', error, '(a OR b) AND log.level:error'],
])('%j with %j is %s', (line, part, expected) => {
  const query = withPart(parseLogQuery(line), part);
  expect(printLogQuery(query)).toBe(expected);
  expect(hasPart(query, part)).toBe(true);
});

test('a part can be taken away again, and nothing is left of a query of one', () => {
  expect(printLogQuery(withoutPart(parseLogQuery('a log.level:error b'), error))).toBe('a AND b');
  expect(withoutPart(error, error)).toEqual({ kind: 'all' });
  expect(hasPart(parseLogQuery('a OR log.level:error'), error)).toBe(false);
});
