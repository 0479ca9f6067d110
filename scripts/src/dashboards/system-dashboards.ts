import { serviceNames } from '@glasshouse/launcher/plan';
import { type Dashboard, lines, orZero } from './grafana.js';

/** Exporters and tools have metrics of processes, too. */
const ofTheShop = `job=~"${serviceNames.join('|')}"`;

export const telemetry: Dashboard = {
  name: 'telemetry',
  title: 'Telemetry health',
  description: 'Whether logs, spans and samples arrive: emitted = delivered + dropped + buffered, for every sink.',
  rows: [
    [
      lines('Log records written, per second', 8, 'sum by (job) (rate(log_records_total[1m]))', '{{job}}'),
      lines(
        'Log records delivered, per second',
        8,
        'sum by (sink) (rate(log_records_delivered_total[1m]))',
        '{{sink}}',
      ),
      lines('Log records waiting', 8, 'log_records_buffered', '{{job}}', {
        description: 'At 50,000 the oldest are dropped.',
      }),
    ],
    [
      lines('Spans delivered, per second', 8, 'sum by (sink) (rate(spans_reported_total[1m]))', '{{sink}}'),
      lines('Spans waiting', 8, 'spans_buffered', '{{job}}', { description: 'At 10,000 the oldest are dropped.' }),
      {
        title: 'Dropped within five minutes',
        description: 'Anything above zero is lost.',
        kind: 'lines',
        width: 8,
        min: 0,
        queries: [
          { expr: orZero('sum(job:log_records_dropped:increase5m)'), legend: 'log records' },
          { expr: orZero('sum(job:spans_dropped:increase5m)'), legend: 'spans' },
          { expr: orZero('sum(job_metric:metric_samples_refused:increase5m)'), legend: 'samples refused' },
        ],
      },
    ],
    [
      lines('Samples per scrape', 8, 'scrape_samples_scraped', '{{job}}'),
      lines('Duration of a scrape', 8, 'scrape_duration_seconds', '{{job}}', { unit: 's' }),
      lines('Targets that answer', 8, 'up', '{{job}}', { max: 1 }),
    ],
    [
      lines('Series that Prometheus holds', 8, 'prometheus_tsdb_head_series', 'series'),
      lines('Rules that failed, per second', 8, 'sum(rate(prometheus_rule_evaluation_failures_total[5m]))', 'failed'),
      lines(
        'Notifications that Alertmanager sent, per second',
        8,
        'sum by (integration) (rate(alertmanager_notifications_total{integration="webhook"}[5m]))',
        '{{integration}}',
      ),
    ],
  ],
};

export const node: Dashboard = {
  name: 'node',
  title: 'Node.js',
  description: 'What the processes of the shop do with their event loop, memory and time.',
  rows: [
    [
      lines('Event-loop lag, p99', 12, 'nodejs_eventloop_lag_p99_seconds', '{{job}}', {
        unit: 's',
        description: 'Every request waits at least that long. Above 0.1 s the service refuses some.',
      }),
      lines('CPU', 12, `rate(process_cpu_seconds_total{${ofTheShop}}[1m])`, '{{job}}', { unit: 'percentunit' }),
    ],
    [
      lines('Heap in use', 8, 'nodejs_heap_size_used_bytes', '{{job}}', { unit: 'bytes' }),
      lines('Memory of the process', 8, `process_resident_memory_bytes{${ofTheShop}}`, '{{job}}', {
        unit: 'bytes',
      }),
      lines('Outside the heap', 8, 'nodejs_external_memory_bytes', '{{job}}', { unit: 'bytes' }),
    ],
    [
      lines('Time spent collecting garbage', 8, 'sum by (job) (rate(nodejs_gc_duration_seconds_sum[1m]))', '{{job}}', {
        unit: 'percentunit',
      }),
      lines('Open files and sockets', 8, `process_open_fds{${ofTheShop}}`, '{{job}}'),
      lines('Running since', 8, `time() - process_start_time_seconds{${ofTheShop}}`, '{{job}}', { unit: 's' }),
    ],
  ],
};

export const hosts: Dashboard = {
  name: 'hosts',
  title: 'Host and containers',
  description: 'The machine (node-exporter) and every container of the stack (cAdvisor).',
  rows: [
    [
      lines('CPU of the host', 6, '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', 'in use', {
        unit: 'percentunit',
        max: 1,
      }),
      lines('Memory of the host', 6, '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', 'in use', {
        unit: 'percentunit',
        max: 1,
      }),
      lines('Load', 6, 'node_load1', '1 min'),
      lines(
        'Disk',
        6,
        '1 - node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"}',
        'in use',
        { unit: 'percentunit', max: 1 },
      ),
    ],
    [
      lines(
        'CPU of containers',
        12,
        'sum by (container) (rate(container_cpu_usage_seconds_total[1m]))',
        '{{container}}',
        { unit: 'percentunit' },
      ),
      lines('Memory of containers', 12, 'sum by (container) (container_memory_working_set_bytes)', '{{container}}', {
        unit: 'bytes',
      }),
    ],
    [
      lines(
        'Memory of containers, share of their limit',
        12,
        'sum by (container) (container_memory_working_set_bytes) / sum by (container) (container_spec_memory_limit_bytes > 0)',
        '{{container}}',
        { unit: 'percentunit', description: 'A container that reaches 100 % is killed.' },
      ),
      lines(
        'Network of containers, received',
        6,
        'sum by (container) (rate(container_network_receive_bytes_total[1m]))',
        '{{container}}',
        { unit: 'Bps' },
      ),
      lines('Running since', 6, 'time() - max by (container) (container_start_time_seconds)', '{{container}}', {
        unit: 's',
      }),
    ],
  ],
};
