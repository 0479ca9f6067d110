import { stringify } from 'yaml';
import type { BurnRate, Objective, Promises, RouteGroup } from './promises.js';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Slo extends Objective {
  readonly name: string;
  readonly group: RouteGroup;
}

const header = `# Made from infra/slo.yml by \`npm run slo\`; do not edit. docs/alerts.md explains it.
`;

/** Up to here a window is read from the requests themselves; longer ones are added up from five-minute pieces. */
const directWindows = ['5m', '30m', '1h', '2h'];
const piece = '5m';

/**
 * The rule file of all SLOs, for Prometheus 2.42 or newer. Requests and errors are recorded as counts per window, so
 * that a ratio over a long window weighs every request the same, whenever it came.
 */
export const toRuleFile = (promises: Promises): string => {
  const slos = promises.groups.flatMap((group) =>
    group.objectives.map((objective): Slo => ({ ...objective, group, name: `${group.name}-${objective.sli}` })),
  );
  const windows = promises.burnRates.flatMap(({ longWindow, shortWindow }) => [shortWindow, longWindow]);
  const longWindows = [...new Set(windows)].filter((window) => !directWindows.includes(window));
  const groups = [
    {
      name: 'slo-short-windows',
      interval: '30s',
      rules: [...slos.flatMap(toCounts), ...directWindows.map(toRatio)],
    },
    {
      name: 'slo-long-windows',
      interval: '1m',
      rules: [
        ...longWindows.flatMap((window) => [...toLongCounts(window), toRatio(window)]),
        toBudget(promises.period),
      ],
    },
    { name: 'slo-alerts', interval: '30s', rules: slos.flatMap((slo) => toAlerts(slo, promises)) },
  ];
  return header + stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
};

const toCounts = (slo: Slo): Rule[] => {
  const labels = { slo: slo.name };
  return [
    { record: 'slo:objective:ratio', expr: `vector(${slo.target})`, labels },
    ...directWindows.flatMap((window) => [
      { record: `slo:requests:increase${window}`, expr: toRequests(slo, window), labels },
      { record: `slo:errors:increase${window}`, expr: toErrors(slo, window), labels },
    ]),
  ];
};

const histogram = 'http_server_request_duration_seconds';

/** All requests of the routes. An answer that is too late can only be one that was given: 5xx are no part of those. */
const toRequests = ({ group, withinSeconds }: Slo, window: string): string => {
  const status = withinSeconds === undefined ? [] : ['http_response_status_code!~"5.."'];
  return sumOf(`${histogram}_count`, group.routes, status, window);
};

/** Without a single bad request there is no series of them, and a zero has to stand in. */
const toErrors = ({ name, group, badStatuses, withinSeconds }: Slo, window: string): string => {
  const requests = `sum(slo:requests:increase${window}{slo="${name}"})`;
  if (withinSeconds === undefined) {
    const bad = sumOf(`${histogram}_count`, group.routes, [`http_response_status_code=~"${badStatuses}"`], window);
    return `${bad}\n  or\n0 * ${requests}`;
  }
  const matchers = [toBucketMatcher(withinSeconds), 'http_response_status_code!~"5.."'];
  const good = sumOf(`${histogram}_bucket`, group.routes, matchers, window);
  // The two are extrapolated apart, so that their difference may be a little below zero.
  return `clamp_min(\n  ${requests}\n    -\n  ${good},\n0)`;
};

/** Prometheus 3 writes whole bounds as 1.0, older ones as the service does. */
const toBucketMatcher = (bound: number): string =>
  Number.isInteger(bound) ? `le=~"${bound}([.]0)?"` : `le="${bound}"`;

const sumOf = (metric: string, routes: readonly string[], matchers: readonly string[], window: string): string => {
  const byMethod = groupBy(routes, (route) => route.split(' ')[0] ?? '');
  const selectors = [...byMethod].map(([method, own]) => {
    const paths = own.map((route) => route.split(' ')[1] ?? '');
    const path = paths.length === 1 ? `http_route="${paths[0]}"` : `http_route=~"${paths.map(escapeDots).join('|')}"`;
    const all = ['job="gateway"', `http_request_method="${method}"`, path, ...matchers];
    return `increase(${metric}{${all.join(', ')}}[${window}])`;
  });
  return `sum(${selectors.join(' or ')})`;
};

/** A dot is the only character of our paths that means something in a regular expression. */
const escapeDots = (path: string): string => path.replaceAll('.', '[.]');

const toLongCounts = (window: string): Rule[] =>
  ['requests', 'errors'].map((what) => ({
    record: `slo:${what}:increase${window}`,
    expr: `sum_over_time(slo:${what}:increase${piece}[${window}:${piece}])`,
  }));

/** Without requests there is no ratio: no sample is no alert, and no division by zero. */
const toRatio = (window: string): Rule => ({
  record: `slo:errors_per_request:ratio_rate${window}`,
  expr: `slo:errors:increase${window} / (slo:requests:increase${window} > 0)`,
});

/** 1 is all of it, 0 nothing left, below 0 overspent. The sums count each request more than once, their ratio does not care. */
const toBudget = (period: string): Rule => ({
  record: 'slo:error_budget_remaining:ratio',
  expr: `1
  -
sum_over_time(slo:errors:increase${piece}[${period}])
  / (sum_over_time(slo:requests:increase${piece}[${period}]) > 0)
  / (1 - slo:objective:ratio)`,
});

const toAlerts = (slo: Slo, { burnRates, minimumErrors }: Promises): Rule[] => {
  const severities = [...groupBy(burnRates, ({ severity }) => severity)];
  const alert = `${toPascalCase(slo.group.name)}BudgetBurn`;
  return severities.map(([severity, own]) => ({
    alert,
    expr: own.map((burnRate) => toCondition(slo, burnRate, minimumErrors)).join('\nor\n'),
    labels: { severity, service: slo.group.service, slo: slo.name },
    annotations: {
      summary: `The error budget of {{ $labels.slo }} burns too fast`,
      description: `${toPercent(slo.target)} of the requests for ${slo.group.name} ${slo.promise}: that is the promise. It is broken for {{ $value | humanizePercentage }} of them, over ${toWords(own)}.`,
      runbook: `docs/runbooks/${slo.group.name}-budget-burn.md`,
    },
  }));
};

/** The threshold is the burn rate times what the target leaves, and nothing else. */
const toCondition = ({ name, target }: Slo, { longWindow, shortWindow, rate }: BurnRate, minimum: number): string => {
  const above = (window: string): string =>
    `slo:errors_per_request:ratio_rate${window}{slo="${name}"} > ${rate} * (1 - ${target})`;
  const enough = `slo:errors:increase${longWindow}{slo="${name}"} >= ${minimum}`;
  return `(\n  ${above(longWindow)}\n    and\n  ${above(shortWindow)}\n    and\n  ${enough}\n)`;
};

const toWords = (burnRates: readonly BurnRate[]): string =>
  burnRates.map(({ longWindow, rate }) => `${longWindow} (burn rate above ${rate})`).join(' or ');

const toPercent = (ratio: number): string => `${Number((ratio * 100).toPrecision(6))} %`;

const toPascalCase = (kebab: string): string =>
  kebab.replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase());

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};
