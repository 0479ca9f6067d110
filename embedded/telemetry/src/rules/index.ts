import type { Expression, Value } from '../promql/index.js';
import type { SeriesWriter } from '../store/metrics.js';
import { createEvaluatedGroup, createSchedule, type EvaluatedGroup } from './groups.js';
import { loadRules } from './load.js';
import { createNotifier } from './notifier.js';

export interface RulesOptions {
  /** Its `*.yml` are rule files of Prometheus; none without it. */
  readonly folder?: string | undefined;
  /** Divides every duration in them. Default 1. */
  readonly timeScale?: number | undefined;
  /** Each is told of alerts, in the form of Alertmanager's webhook. */
  readonly webhooks?: readonly string[] | undefined;
}

export interface RulesParts {
  query(expression: Expression, at: number): Value;
  createWriter(): SeriesWriter;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Of the Prometheus API, for links. */
  readonly externalUrl: () => string;
}

export interface Rules {
  start(): void;
  stop(): Promise<void>;
  groups(): readonly EvaluatedGroup[];
  stats(): RulesStats;
}

export interface RulesStats {
  evaluations: number;
  failures: number;
  missed: number;
  delivered: number;
  failed: number;
}

/** Prometheus' rule files at work. Throws one error with everything that is wrong with them. */
export const createRules = (options: RulesOptions, parts: RulesParts): Rules => {
  const { folder, timeScale = 1, webhooks = [] } = options;
  const written = folder === undefined ? [] : loadRules({ folder, timeScale });
  const groups = written.map((group) => createEvaluatedGroup(group, parts));
  const notifier = createNotifier({ urls: webhooks, externalUrl: parts.externalUrl });
  const notify = (): void => {
    const rules = groups.flatMap((group) => group.rules);
    notifier.notify(
      rules.flatMap(({ rule, states }) =>
        (states?.all() ?? [])
          .filter(({ firedAt }) => firedAt !== undefined)
          .map((alert) => ({ alert, query: rule.query })),
      ),
    );
  };
  const schedule = createSchedule(groups, { now: parts.now, onEvaluated: notify });
  const sum = (field: 'evaluations' | 'failures'): number =>
    groups.reduce((total, group) => total + group.stats()[field], 0);
  return {
    start: schedule.start,
    async stop() {
      notifier.stop();
      await schedule.stop();
    },
    groups: () => groups,
    stats: () => ({
      evaluations: sum('evaluations'),
      failures: sum('failures'),
      missed: schedule.missed(),
      ...notifier.stats(),
    }),
  };
};
