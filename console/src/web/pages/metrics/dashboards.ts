import { durationQuantile, errorRate, matches, quote, requestRate, toSelector } from '../../parts/expressions.js';
import type { Unit } from './units.js';

export interface PanelQuery {
  readonly expression: string;
  /** The name of its only series; else each is named by its labels. */
  readonly name?: string;
}

export interface Panel {
  readonly title: string;
  readonly unit: Unit;
  readonly queries: readonly PanelQuery[];
  /** Selects the histogram whose exemplars are shown as dots. */
  readonly exemplars?: string;
  /** What it means that there is nothing to show. */
  readonly empty?: string;
}

export const dashboardNames = ['red', 'use', 'shop'] as const;
export type DashboardName = (typeof dashboardNames)[number];

interface DashboardOptions {
  /** Undefined: all of them, compared. */
  readonly service: string | undefined;
  /** The range of rates, `1m`. */
  readonly window: string;
}

/** The charts that answer most questions, ready-made. */
export const toDashboard = (name: DashboardName, options: DashboardOptions): Panel[] => {
  if (name === 'shop') return toShop(options);
  return name === 'red' ? toRed(options) : toUse(options);
};

const ofService = (service: string | undefined): string[] => (service === undefined ? [] : [matches('job', service)]);

/** Rate, errors, duration of what enters a service and of what it asks others (Wilkie, the RED method). */
const toRed = ({ service, window }: DashboardOptions): Panel[] => {
  const only = ofService(service);
  const by = service === undefined ? 'job' : 'http_request_method, http_route';
  const red = { only, by, window };
  const whole = { only, by: 'job', window };
  const duration = 'http_server_request_duration_seconds_bucket';
  const client = `http_client_request_duration_seconds`;
  const peers = service === undefined ? 'job, peer_service' : 'peer_service';
  return [
    { title: 'Requests', unit: 'rate', queries: [{ expression: requestRate(red) }] },
    { title: 'Errors (5xx)', unit: 'rate', queries: [{ expression: errorRate(red) }], empty: 'Nothing has failed.' },
    {
      title: service === undefined ? 'Duration, 95th percentile' : 'Duration',
      unit: 'seconds',
      queries:
        service === undefined
          ? [{ expression: durationQuantile(0.95, whole) }]
          : [0.5, 0.95, 0.99].map((quantile) => ({
              expression: durationQuantile(quantile, whole),
              name: `p${quantile * 100}`,
            })),
      exemplars: `${duration}${toSelector(...only)}`,
    },
    ...(service === undefined
      ? []
      : [
          {
            title: 'Duration by route, 95th percentile',
            unit: 'seconds' as const,
            queries: [{ expression: durationQuantile(0.95, red) }],
          },
        ]),
    {
      title: 'Answers by status',
      unit: 'rate',
      queries: [{ expression: requestRate({ only, by: 'http_response_status_code', window }) }],
    },
    {
      title: 'Calls to other services',
      unit: 'rate',
      queries: [{ expression: `sum by (${peers}) (rate(${client}_count${toSelector(...only)}[${window}]))` }],
    },
    {
      title: 'Duration of calls, 95th percentile',
      unit: 'seconds',
      queries: [
        {
          expression: `histogram_quantile(0.95, sum by (${peers}, le) (rate(${client}_bucket${toSelector(...only)}[${window}])))`,
        },
      ],
    },
  ];
};

/** Utilisation, saturation, errors of what a process works with (Gregg, the USE method). */
const toUse = ({ service, window }: DashboardOptions): Panel[] => {
  const only = toSelector(...ofService(service));
  const rate = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}${only}[${window}]))`;
  const db = 'db_client_operation_duration_seconds';
  const collection = service === undefined ? 'job' : 'db_collection';
  return [
    { title: 'Processor used', unit: 'share', queries: [{ expression: rate('process_cpu_seconds_total', 'job') }] },
    { title: 'Memory (resident)', unit: 'bytes', queries: [{ expression: `process_resident_memory_bytes${only}` }] },
    { title: 'Heap used', unit: 'bytes', queries: [{ expression: `nodejs_heap_size_used_bytes${only}` }] },
    {
      title: 'Event loop lag, 99th percentile',
      unit: 'seconds',
      queries: [{ expression: `nodejs_eventloop_lag_p99_seconds${only}` }],
    },
    {
      title: 'Garbage collection',
      unit: 'share',
      queries: [{ expression: rate('nodejs_gc_duration_seconds_sum', 'job') }],
    },
    {
      title: 'Requests being answered',
      unit: 'number',
      queries: [{ expression: `http_server_active_requests${only}` }],
    },
    {
      title: 'Requests refused for load',
      unit: 'rate',
      queries: [{ expression: rate('requests_shed_total', 'job, reason') }],
    },
    {
      title: 'Database operations',
      unit: 'rate',
      queries: [{ expression: `sum by (${collection}) (rate(${db}_count${only}[${window}]))` }],
    },
    {
      title: 'Database, 95th percentile',
      unit: 'seconds',
      queries: [
        { expression: `histogram_quantile(0.95, sum by (${collection}, le) (rate(${db}_bucket${only}[${window}])))` },
      ],
      exemplars: `${db}_bucket${only}`,
    },
    {
      title: 'Circuit breakers (1 half-open, 2 open)',
      unit: 'number',
      queries: [{ expression: `max by (job, peer_service) (circuit_breaker_state${only})` }],
    },
    {
      title: 'Telemetry waiting',
      unit: 'number',
      queries: [{ expression: `sum by (job) (log_records_buffered${only} + spans_buffered${only})` }],
    },
    {
      title: 'Telemetry dropped',
      unit: 'rate',
      queries: [
        { expression: `sum(rate(log_records_dropped_total${only}[${window}]))`, name: 'log records' },
        { expression: `sum(rate(spans_dropped_total${only}[${window}]))`, name: 'spans' },
      ],
    },
  ];
};

/** What the shop is for. */
const toShop = ({ window }: DashboardOptions): Panel[] => {
  const outcomes = (metric: string): PanelQuery[] => [{ expression: `sum by (outcome) (rate(${metric}[${window}]))` }];
  return [
    { title: 'Orders by outcome', unit: 'rate', queries: outcomes('orders_total') },
    { title: 'Payments by outcome', unit: 'rate', queries: outcomes('payments_total') },
    {
      title: 'Purchases: duration at the gateway',
      unit: 'seconds',
      queries: [0.5, 0.95, 0.99].map((quantile) => ({
        expression: durationQuantile(quantile, { only: purchase, by: 'job', window }),
        name: `p${quantile * 100}`,
      })),
      exemplars: `http_server_request_duration_seconds_bucket${toSelector(...purchase)}`,
    },
    {
      title: 'Sold, per second in euros',
      unit: 'number',
      queries: [{ expression: `sum(rate(order_value_euros_sum[${window}]))`, name: 'euros' }],
    },
    { title: 'Reservations by outcome', unit: 'rate', queries: outcomes('stock_reservations_total') },
    {
      title: 'Products out of stock',
      unit: 'number',
      queries: [{ expression: 'max(products_out_of_stock)', name: 'products' }],
    },
    {
      title: 'Oldest unfinished order',
      unit: 'seconds',
      queries: [{ expression: 'max(order_saga_oldest_seconds)', name: 'age' }],
    },
    { title: 'Logins by outcome', unit: 'rate', queries: outcomes('logins_total') },
  ];
};

const purchase = [
  matches('job', 'gateway'),
  `http_request_method=${quote('POST')}`,
  matches('http_route', '/api/orders'),
];
