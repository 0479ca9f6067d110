import { performance } from 'node:perf_hooks';
import type { Expression, Labels, Sample, Value } from '../promql/index.js';
import type { SeriesWriter } from '../store/metrics.js';
import { toLabels } from '../store/metrics-labels.js';
import { type Alert, type AlertStates, createAlertStates } from './alerting.js';
import type { Rule } from './load.js';

/** What a rule is evaluated with and writes to. */
export interface RuleStore {
  query(expression: Expression, at: number): Value;
  createWriter(): SeriesWriter;
}

/** How the latest evaluation went. */
export interface Health {
  state: 'unknown' | 'ok' | 'err';
  error: string;
  /** Epoch milliseconds; 0 before the first one. */
  evaluatedAt: number;
  durationS: number;
}

export interface EvaluatedRule {
  readonly rule: Rule;
  readonly health: Readonly<Health>;
  /** Of an alerting rule. */
  readonly states: AlertStates | undefined;
  /** Evaluates it at that time, epoch milliseconds, and writes what comes of it. An error is its health, not thrown. */
  evaluate(at: number): void;
}

export const createEvaluatedRule = (rule: Rule, store: RuleStore): EvaluatedRule => {
  // A writer of its own: what the rule does not tell any more is stale at once.
  const writer = store.createWriter();
  const states = rule.type === 'alerting' ? createAlertStates(rule) : undefined;
  const health: Health = { state: 'unknown', error: '', evaluatedAt: 0, durationS: 0 };

  const write = (samples: readonly Sample[], at: number): void => {
    const byKey = new Map(samples.map((sample) => [JSON.stringify(sample.labels), sample]));
    if (byKey.size < samples.length)
      throw new Error('vector contains metrics with the same labelset after applying rule labels');
    writer.begin(at);
    for (const [key, { labels, value }] of byKey) writer.sample(key, () => labels, value);
    writer.finish();
  };
  const run = (at: number): void => {
    const samples = toSamples(store.query(rule.expression, at));
    if (rule.type === 'alerting') states?.update(samples, at);
    const series = rule.type === 'alerting' ? states?.active().flatMap(toSeries) : samples.map(recordAs(rule));
    write(series ?? [], at);
  };

  return {
    rule,
    health,
    states,
    evaluate(at) {
      const startedAt = performance.now();
      try {
        run(at);
        Object.assign(health, { state: 'ok', error: '' });
      } catch (error) {
        Object.assign(health, { state: 'err', error: error instanceof Error ? error.message : String(error) });
      }
      Object.assign(health, { evaluatedAt: at, durationS: (performance.now() - startedAt) / 1_000 });
    },
  };
};

const toSamples = (value: Value): readonly Sample[] => {
  if (value.type === 'vector') return value.samples;
  if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
  throw new Error('rule result is not a vector or scalar');
};

const recordAs =
  (rule: Rule) =>
  ({ labels, value }: Sample): Sample => ({
    labels: withLabels(labels, { __name__: rule.name, ...rule.labels }),
    value,
  });

/** An alert as series, so that one can ask when it was firing. */
const toSeries = ({ labels, state, activeAt }: Alert): Sample[] => [
  { labels: withLabels(labels, { __name__: 'ALERTS', alertstate: state }), value: 1 },
  { labels: withLabels(labels, { __name__: 'ALERTS_FOR_STATE' }), value: Math.floor(activeAt / 1_000) },
];

const withLabels = (labels: Labels, more: Labels): Labels => toLabels(Object.entries({ ...labels, ...more }));
