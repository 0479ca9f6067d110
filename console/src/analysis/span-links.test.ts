import { metricOfSpan, orderOf } from './span-links.js';
import { span } from './testing/traces.js';

test.each([
  [
    { kind: 'server' as const, tags: { 'http.method': 'PUT', 'http.route': '/internal/payments/:orderId' } },
    'histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{job="order",http_request_method="PUT",http_route="/internal/payments/:orderId"}[1m])))',
  ],
  [
    { kind: 'client' as const, tags: { 'peer.service': 'payment' } },
    'histogram_quantile(0.95, sum by (le) (rate(http_client_request_duration_seconds_bucket{job="order",peer_service="payment"}[1m])))',
  ],
  [
    { kind: 'client' as const, tags: { 'db.collection': 'or"ders', 'db.operation': 'find' } },
    'histogram_quantile(0.95, sum by (le) (rate(db_client_operation_duration_seconds_bucket{job="order",db_collection="or\\"ders",db_operation="find"}[1m])))',
  ],
  [{ kind: 'internal' as const }, undefined],
])('the histogram of %j', (options, expression) => {
  expect(metricOfSpan(span('a', options))).toBe(expression);
});

test('an order is found on whichever span names it', () => {
  const tagged = span('b', { tags: { 'glasshouse.order.id': 'x', 'glasshouse.order.number': 'G-1' } });
  expect(orderOf([span('a'), tagged])).toEqual({ id: 'x', number: 'G-1' });
  expect(orderOf([span('a')])).toEqual({ id: '', number: '' });
});
