import {
  type Difference,
  type Measure,
  type Observation,
  rankDifferences,
  type Subject,
} from '../../../analysis/spike.js';
import type { Labels, Sample } from '../../../queries/prometheus.js';
import { matches, toSelector } from '../../parts/expressions.js';
import { backends } from '../../shell/backends.js';
import { compareLogs } from './load-spike-logs.js';

/** Two stretches of time of the same length, one directly before the other; epoch milliseconds. */
export interface Windows {
  readonly beforeMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Explanation {
  readonly differences: readonly Difference[];
  /** What could not be asked, while the rest could. */
  readonly errors: readonly unknown[];
}

export const toWindows = (startMs: number, endMs: number): Windows => ({
  beforeMs: startMs - (endMs - startMs),
  startMs,
  endMs,
});

/** What differs most between a window and the one before: by Prometheus all that has labels, by Elasticsearch the rest. */
export const loadSpike = async (windows: Windows, signal: AbortSignal): Promise<Explanation> => {
  const asked = await Promise.allSettled([
    ...toComparisons(windows).map((comparison) => compare(comparison, windows, signal)),
    compareLogs(windows, signal),
  ]);
  const observations = asked.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  const errors = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  if (errors.length === asked.length) throw errors[0];
  return { differences: rankDifferences(observations), errors };
};

interface Comparison {
  readonly toSubject: (labels: Labels) => Subject;
  readonly measure: Measure;
  readonly value: string;
  /** Of how many observations a duration is the mean; absent where the value is a count itself. */
  readonly count?: string;
}

const server = 'http_server_request_duration_seconds';
const client = 'http_client_request_duration_seconds';

/** Who looks must not find himself. */
const others = matches('job', 'console', '!=');

const toComparisons = ({ startMs, endMs }: Windows): Comparison[] => {
  const window = `${Math.max(1, Math.round((endMs - startMs) / 1_000))}s`;
  const increase = (by: string, metric: string, ...only: string[]): string =>
    `sum by (${by}) (increase(${metric}${toSelector(others, ...only)}[${window}]))`;
  const trio = (metric: string, by: string, failed: string, toSubject: Comparison['toSubject']): Comparison[] => {
    const count = increase(by, `${metric}_count`);
    return [
      { toSubject, measure: 'requests', value: count },
      { toSubject, measure: 'errors', value: increase(by, `${metric}_count`, failed) },
      { toSubject, measure: 'duration', value: `${increase(by, `${metric}_sum`)} / ${count}`, count },
    ];
  };
  const status = 'http_response_status_code';
  return [
    ...trio(server, 'job, http_request_method, http_route', matches(status, '5..', '=~'), toRoute),
    ...trio(client, 'job, peer_service', matches(status, '5..|none', '=~'), toCall),
    {
      toSubject: toStatus,
      measure: 'requests',
      value: increase(`job, ${status}`, `${server}_count`, matches(status, '[45]..', '=~')),
    },
    ...['orders_total', 'payments_total', 'stock_reservations_total', 'logins_total'].map(
      (metric): Comparison => ({
        toSubject: (labels) => ({
          kind: 'outcome',
          name: `${metric} ${labels.outcome ?? ''}`,
          service: labels.job ?? '',
        }),
        measure: 'requests',
        value: increase('job, outcome', metric),
      }),
    ),
  ];
};

const toRoute = ({ job = '', http_request_method: method = '', http_route: route = '' }: Labels): Subject => ({
  kind: 'route',
  name: `${method} ${route}`,
  service: job,
});

const toCall = ({ job = '', peer_service: peer = '' }: Labels): Subject => ({ kind: 'call', name: peer, service: job });

const toStatus = ({ job = '', http_response_status_code: status = '' }: Labels): Subject => ({
  kind: 'status',
  name: status,
  service: job,
});

const compare = async (
  { toSubject, measure, value, count = value }: Comparison,
  { startMs, endMs }: Windows,
  signal: AbortSignal,
): Promise<Observation[]> => {
  const ask = (expression: string, atMs: number) => backends.prometheus.query(expression, atMs, { signal });
  const [before, during, countBefore, countDuring] = await Promise.all([
    ask(value, startMs),
    ask(value, endMs),
    count === value ? undefined : ask(count, startMs),
    count === value ? undefined : ask(count, endMs),
  ]);
  return join(toSubject, measure, { before, during, countBefore, countDuring });
};

interface Answers {
  readonly before: readonly Sample[];
  readonly during: readonly Sample[];
  readonly countBefore: readonly Sample[] | undefined;
  readonly countDuring: readonly Sample[] | undefined;
}

/** What is in one window and not in the other counts as nothing there. */
const join = (toSubject: Comparison['toSubject'], measure: Measure, answers: Answers): Observation[] => {
  const read = (samples: readonly Sample[]) =>
    new Map(samples.map(({ labels, value }) => [keyOf(toSubject(labels)), { subject: toSubject(labels), value }]));
  const [before, during] = [read(answers.before), read(answers.during)];
  const countBefore = answers.countBefore === undefined ? before : read(answers.countBefore);
  const countDuring = answers.countDuring === undefined ? during : read(answers.countDuring);
  return [...new Map([...before, ...during])].map(([key, { subject }]) => ({
    subject,
    measure,
    before: before.get(key)?.value ?? 0,
    during: during.get(key)?.value ?? 0,
    countBefore: countBefore.get(key)?.value ?? 0,
    countDuring: countDuring.get(key)?.value ?? 0,
  }));
};

const keyOf = ({ service, name }: Subject): string => `${service}\n${name}`;
