import { type Request, type Response, Router } from 'express';
import { parameter, parameters } from '../http.js';
import type { Alert } from './alerting.js';
import type { EvaluatedRule, Health } from './evaluator.js';
import type { EvaluatedGroup } from './groups.js';
import type { Rules } from './index.js';
import { formatExponent } from './numbers.js';

/** Prometheus' `/api/v1/rules` and `/api/v1/alerts`, and its links to a graph, which lead to the query's answer here. */
export const createRulesApi = (rules: Pick<Rules, 'groups'>): Router => {
  const router = Router();
  router.get('/api/v1/rules', (req, res) => {
    const type = parameter(req.query, 'type') ?? '';
    if (!['', 'alert', 'record'].includes(type))
      return refuse(res, `invalid parameter "type": not supported value ${JSON.stringify(type)}`);
    const isWanted = toFilter(req, type);
    const groups = rules.groups().map((group) => toGroup(group, isWanted));
    succeed(res, { groups: groups.filter((group) => group.rules.length > 0) });
  });
  router.get('/api/v1/alerts', (_req, res) => {
    const alerts = rules.groups().flatMap((group) => group.rules.flatMap(({ states }) => states?.active() ?? []));
    succeed(res, { alerts: alerts.map(toAlert) });
  });
  router.get('/graph', (req, res) => {
    res.redirect(`/api/v1/query?${new URLSearchParams({ query: parameter(req.query, 'g0.expr') ?? '' })}`);
  });
  return router;
};

const succeed = (res: Response, data: unknown): void => void res.json({ status: 'success', data });

const refuse = (res: Response, error: string): void =>
  void res.status(400).json({ status: 'error', errorType: 'bad_data', error });

const toFilter = (req: Request, type: string): ((rule: EvaluatedRule, group: EvaluatedGroup) => boolean) => {
  const named = parameters(req.query, 'rule_name[]');
  const groups = parameters(req.query, 'rule_group[]');
  const files = parameters(req.query, 'file[]');
  const passes = (wanted: readonly string[], value: string): boolean => wanted.length === 0 || wanted.includes(value);
  const types = { alert: 'alerting', record: 'recording', '': '' };
  const wantedType = types[type as keyof typeof types];
  return ({ rule }, { group }) =>
    (wantedType === '' || rule.type === wantedType) &&
    passes(named, rule.name) &&
    passes(groups, group.name) &&
    passes(files, group.file);
};

const toGroup = (evaluated: EvaluatedGroup, isWanted: ReturnType<typeof toFilter>) => {
  const { group, rules } = evaluated;
  return {
    name: group.name,
    file: group.file,
    rules: rules.filter((rule) => isWanted(rule, evaluated)).map(toRule),
    interval: group.intervalMs / 1_000,
    limit: 0,
    evaluationTime: rules.reduce((sum, { health }) => sum + health.durationS, 0),
    lastEvaluation: toTime(Math.max(0, ...rules.map(({ health }) => health.evaluatedAt))),
  };
};

const toRule = ({ rule, health, states }: EvaluatedRule) => {
  const common = { name: rule.name, query: rule.query, ...toHealth(health) };
  if (rule.type === 'recording') {
    const hasLabels = Object.keys(rule.labels).length > 0;
    return { ...common, ...(hasLabels ? { labels: rule.labels } : {}), type: rule.type };
  }
  const alerts = states?.active() ?? [];
  return {
    state: stateOf(alerts),
    ...common,
    duration: rule.holdMs / 1_000,
    keepFiringFor: rule.keepFiringMs / 1_000,
    labels: rule.labels,
    annotations: rule.annotations,
    alerts: alerts.map(toAlert),
    type: rule.type,
  };
};

const stateOf = (alerts: readonly Alert[]): Alert['state'] => {
  if (alerts.some(({ state }) => state === 'firing')) return 'firing';
  return alerts.length > 0 ? 'pending' : 'inactive';
};

const toHealth = ({ state, error, evaluatedAt, durationS }: Health) => ({
  health: state,
  ...(error === '' ? {} : { lastError: error }),
  evaluationTime: durationS,
  lastEvaluation: toTime(evaluatedAt),
});

const toAlert = ({ labels, annotations, state, activeAt, keepFiringSince, value }: Alert) => ({
  labels,
  annotations,
  state,
  activeAt: toTime(activeAt),
  ...(keepFiringSince === undefined ? {} : { keepFiringSince: toTime(keepFiringSince) }),
  value: formatExponent(value),
});

/** What has not happened yet is what Go writes for no time at all. */
const toTime = (at: number): string => (at === 0 ? '0001-01-01T00:00:00Z' : new Date(at).toISOString());
