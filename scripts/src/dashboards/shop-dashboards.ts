import { serviceNames } from '@glasshouse/launcher/plan';
import { type Dashboard, lines, orZero, quantiles, stat, toUid } from './grafana.js';

/** A click on a series leads to its service's own dashboard. */
const link = {
  title: 'Dashboard of this service',
  url: `/d/${toUid('service')}?var-service=\${__field.labels.job}&\${__url_time_range}`,
};
const perService = { unit: 'reqps', link };
const secondsPerService = { unit: 's', link };
const edge = '{{job}} to {{peer_service}}';
const route = '{{http_request_method}} {{http_route}}';
const p95 = 'job:http_server_request_duration_seconds:quantile1m{quantile="0.95"}';

export const overview: Dashboard = {
  name: 'overview',
  title: 'Overview',
  description: 'Rate, errors and duration of every service, and of the calls between them.',
  rows: [
    [
      stat('Services up', 4, `count(up{job=~"${serviceNames.join('|')}"} == 1)`),
      stat('Requests per second at the door', 5, 'job:http_server_requests:rate1m{job="gateway"}', { unit: 'reqps' }),
      stat('Errors per second at the door', 5, 'job:http_server_errors:rate1m{job="gateway"}', {
        unit: 'reqps',
        alarmFrom: 0.01,
      }),
      stat('p95 at the door', 5, p95.replace('{', '{job="gateway",'), { unit: 's', alarmFrom: 0.5 }),
      stat('Alerts firing', 5, orZero('count(ALERTS{alertstate="firing"})'), { alarmFrom: 1 }),
    ],
    [
      lines('Requests per second', 8, 'job:http_server_requests:rate1m', '{{job}}', perService),
      lines('Errors per second (5xx)', 8, 'job:http_server_errors:rate1m', '{{job}}', perService),
      lines('Duration, p95', 8, p95, '{{job}}', secondsPerService),
    ],
    [
      lines('Calls between services, per second', 8, 'job_peer:http_client_requests:rate1m', edge, perService),
      lines('Failed calls per second', 8, 'job_peer:http_client_errors:rate1m', edge, {
        ...perService,
        description: '5xx, or no answer at all.',
      }),
      lines(
        'Duration of calls, p95',
        8,
        'job_peer:http_client_request_duration_seconds:p95_rate1m',
        edge,
        secondsPerService,
      ),
    ],
    [
      {
        title: 'What has happened',
        description: 'Every fact but the access log. Open a line for its trace.',
        kind: 'logs',
        width: 24,
        logQuery: 'NOT event.action:"http.request"',
      },
    ],
  ],
};

export const service: Dashboard = {
  name: 'service',
  title: 'One service',
  description: 'Routes, calls, database and log lines of one service. The dots of the duration open their trace.',
  variables: [
    { name: 'service', label: 'Service', values: 'label_values(http_server_active_requests, job)', first: 'order' },
  ],
  rows: [
    [
      lines('Requests per second, by route', 8, 'job_route:http_server_requests:rate1m{job="$service"}', route, {
        unit: 'reqps',
      }),
      lines('Errors per second, by route (5xx)', 8, 'job_route:http_server_errors:rate1m{job="$service"}', route, {
        unit: 'reqps',
      }),
      lines(
        'Duration, p95 by route',
        8,
        'job_route:http_server_request_duration_seconds:p95_rate1m{job="$service"}',
        route,
        { unit: 's' },
      ),
    ],
    [
      quantiles(
        'Duration, with the requests behind it',
        12,
        'rate(http_server_request_duration_seconds_bucket{job="$service"}[$__rate_interval])',
      ),
      lines(
        'Answers per second, by status',
        6,
        'sum by (http_response_status_code) (rate(http_server_request_duration_seconds_count{job="$service"}[$__rate_interval]))',
        '{{http_response_status_code}}',
        { unit: 'reqps' },
      ),
      lines('Requests in flight', 6, 'http_server_active_requests{job="$service"}', '{{instance}}', {
        description: 'At 256 the service begins to refuse.',
      }),
    ],
    [
      lines(
        'Calls to other services, per second',
        6,
        orZero('job_peer:http_client_requests:rate1m{job="$service"}'),
        '{{peer_service}}',
        { unit: 'reqps' },
      ),
      lines(
        'Circuit breakers',
        6,
        orZero('max by (peer_service) (circuit_breaker_state{job="$service"})'),
        '{{peer_service}}',
        { description: '0 closed, 1 half-open, 2 open.', max: 2 },
      ),
      lines(
        'Database operations per second',
        6,
        orZero(
          'sum by (db_collection, db_operation) (rate(db_client_operation_duration_seconds_count{job="$service"}[$__rate_interval]))',
        ),
        '{{db_collection}}.{{db_operation}}',
        { unit: 'ops' },
      ),
      lines(
        'Duration of database operations, p95',
        6,
        orZero('job:db_client_operation_duration_seconds:p95_rate1m{job="$service"}'),
        'p95',
        { unit: 's' },
      ),
    ],
    [{ title: 'Its log lines', kind: 'logs', width: 24, logQuery: 'service.name:"$service"' }],
  ],
};

const ofPurchases = 'job="gateway",http_request_method="POST",http_route="/api/orders"';
const lastHour = (metric: string): string => orZero(`sum(increase(${metric}[1h]))`);
const perMinute = (metric: string): string => `sum by (outcome) (rate(${metric}[5m])) * 60`;

export const purchases: Dashboard = {
  name: 'purchases',
  title: 'Purchases',
  description: 'The way of an order: reserved, charged, confirmed; and what becomes of those that stop on the way.',
  rows: [
    [
      stat('Asked, last hour', 5, lastHour(`http_server_request_duration_seconds_count{${ofPurchases}}`)),
      stat('Reserved, last hour', 5, lastHour('stock_reservations_total{outcome="held"}')),
      stat('Charged, last hour', 5, lastHour('payments_total{outcome="succeeded"}')),
      stat('Confirmed, last hour', 5, lastHour('orders_total{outcome="confirmed"}')),
      stat('Turnover, last hour', 4, lastHour('order_value_euros_sum'), { unit: 'currencyEUR' }),
    ],
    [
      lines('Orders that ended, per minute', 8, perMinute('orders_total'), '{{outcome}}'),
      lines('Payments per minute', 8, perMinute('payments_total'), '{{outcome}}'),
      lines('Reservations per minute', 8, perMinute('stock_reservations_total'), '{{outcome}}'),
    ],
    [
      quantiles('Duration of a purchase', 12, `rate(http_server_request_duration_seconds_bucket{${ofPurchases}}[5m])`),
      lines('Oldest order that has not ended', 6, 'max(order_saga_oldest_seconds)', 'oldest', {
        unit: 's',
        description: 'An order takes milliseconds, its recovery seconds. Above a minute somebody is woken.',
      }),
      lines('Products sold out', 6, 'max(products_out_of_stock)', 'sold out'),
    ],
    [
      {
        title: 'Orders, payments and stock in words',
        kind: 'logs',
        width: 24,
        logQuery: 'event.action:(order.* OR payment.* OR stock.*)',
      },
    ],
  ],
};

const burnRate = (window: string) =>
  lines(
    `Burn rate over ${window}`,
    12,
    `slo:errors_per_request:ratio_rate${window} / on (slo) (1 - slo:objective:ratio)`,
    '{{slo}}',
    {
      description:
        '1 uses the budget up in exactly 30 days. Somebody is woken at 14.4 over an hour, or 6 over six hours.',
    },
  );

export const slo: Dashboard = {
  name: 'slo',
  title: 'SLOs and error budgets',
  description: 'What infra/slo.yml promises, how much of each budget is left, and how fast it burns.',
  rows: [
    [
      {
        title: 'Budget that is left of 30 days',
        kind: 'table',
        unit: 'percentunit',
        width: 12,
        queries: [{ expr: 'slo:error_budget_remaining:ratio', legend: '{{slo}}' }],
      },
      {
        title: 'Promised share',
        kind: 'table',
        unit: 'percentunit',
        width: 12,
        queries: [{ expr: 'slo:objective:ratio', legend: '{{slo}}' }],
      },
    ],
    [burnRate('5m'), burnRate('1h')],
    [burnRate('6h'), burnRate('3d')],
    [lines('Budget that is left', 24, 'slo:error_budget_remaining:ratio', '{{slo}}', { unit: 'percentunit', max: 1 })],
  ],
};
