import { formatTicks, formatValue, inferUnit } from './units.js';

/** Numbers and units are kept together by a space that does not break. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test.each([
  ['sum(rate(orders_total[1m]))', 'rate'],
  ['histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket[1m])))', 'seconds'],
  ['process_resident_memory_bytes{job="order"}', 'bytes'],
  ['nodejs_eventloop_lag_p99_seconds', 'seconds'],
  ['order_saga_oldest_seconds', 'seconds'],
  ['slo:errors_per_request:ratio_rate5m', 'share'],
  ['sum(increase(orders_total[5m]))', 'number'],
  ['rate(a_seconds_sum[1m]) / rate(a_seconds_count[1m])', 'number'],
  ['rate(a_total{route="/x"}[1m])', 'rate'],
  ['count(up)', 'number'],
  ['up', 'number'],
] as const)('%s counts in %s', (expression, unit) => {
  expect(inferUnit(expression)).toBe(unit);
});

test.each([
  ['seconds', 0.0421, '42.1 ms'],
  ['bytes', 97_000_000, '92.5 MiB'],
  ['rate', 0.05, '3/min'],
  ['share', 0.0123, '1.23 %'],
  ['number', 12_345, '12.3k'],
  ['seconds', Number.NaN, '–'],
  ['number', Number.POSITIVE_INFINITY, '∞'],
] as const)('%s: %d is shown as %s', (unit, value, text) => {
  expect(plain(formatValue(unit, value))).toBe(text);
});

test('the ticks of one axis are in one unit, and zero has none', () => {
  expect(formatTicks('rate', [0, 0.05, 0.1])).toEqual(['0', '0.05/s', '0.1/s']);
  expect(formatTicks('rate', [0, 0.01, 0.02])).toEqual(['0', '0.6/min', '1.2/min']);
  expect(formatTicks('rate', [1, null, 10])).toEqual(['1/s', '', '10/s']);
});
