import type { FluentdReceiver } from './intake/fluentd.js';
import type { Rules, RulesStats } from './rules/index.js';
import type { LogStore, StoreStats } from './store/logs.js';
import type { MetricStore } from './store/metrics.js';
import type { SpanStore } from './store/spans.js';

export interface OwnMetricsSources {
  logs: LogStore;
  spans: SpanStore;
  metrics: MetricStore;
  fluentd: FluentdReceiver;
  rules: Pick<Rules, 'stats'>;
}

/** The backend's own counters in the Prometheus text format: received = held + evicted + duplicate + refused, always. */
export const renderOwnMetrics = ({ logs, spans, metrics, fluentd, rules }: OwnMetricsSources): string => {
  const { connections, broken } = fluentd.stats();
  const { series, refused, bytes } = metrics.stats();
  return [
    ...storeLines('log_records', 'Log records', logs.stats()),
    ...storeLines('spans', 'Spans', spans.stats()),
    ...family('embedded_fluentd_connections', 'gauge', 'Open connections of log senders.', { '': connections }),
    ...family('embedded_fluentd_broken_connections_total', 'counter', 'Connections closed for breaking the protocol.', {
      '': broken,
    }),
    ...family('embedded_metric_series', 'gauge', 'Series held.', { '': series }),
    ...family('embedded_metric_bytes', 'gauge', 'About the memory that samples, series and exemplars take.', {
      '': bytes,
    }),
    ...family(
      'embedded_metric_samples_refused_total',
      'counter',
      'Samples of series beyond the bound, or of a time that was.',
      {
        '': refused,
      },
    ),
    ...ruleLines(rules.stats()),
    ...family('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', {
      '': process.memoryUsage.rss(),
    }),
    '',
  ].join('\n');
};

const storeLines = (name: string, words: string, { received, held, bytes, ...gone }: StoreStats): string[] => [
  ...family(`embedded_${name}_received_total`, 'counter', `${words} received.`, { '': received }),
  ...family(`embedded_${name}_gone_total`, 'counter', `${words} received but not held, by why.`, {
    '{reason="evicted"}': gone.evicted,
    '{reason="duplicate"}': gone.duplicate,
    '{reason="refused"}': gone.refused,
  }),
  ...family(`embedded_${name}_held`, 'gauge', `${words} held.`, { '': held }),
  ...family(`embedded_${name}_bytes`, 'gauge', `About the memory they take.`, { '': bytes }),
];

const ruleLines = ({ evaluations, failures, missed, delivered, failed }: RulesStats): string[] => [
  ...family('embedded_rule_evaluations_total', 'counter', 'Rules evaluated.', { '': evaluations }),
  ...family('embedded_rule_evaluation_failures_total', 'counter', 'Rules whose evaluation failed.', { '': failures }),
  ...family('embedded_rule_group_runs_missed_total', 'counter', 'Runs left out since the one before was not over.', {
    '': missed,
  }),
  ...family('embedded_notifications_total', 'counter', 'Messages to webhooks, by outcome.', {
    '{outcome="delivered"}': delivered,
    '{outcome="failed"}': failed,
  }),
];

const family = (name: string, type: string, help: string, values: Readonly<Record<string, number>>): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}`),
];
