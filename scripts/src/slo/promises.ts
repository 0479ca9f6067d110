import { parse } from 'yaml';

/** One window pair of an alert, after the Site Reliability Workbook, chapter "Alerting on SLOs". */
export interface BurnRate {
  readonly severity: string;
  /** As in PromQL, `1h`. */
  readonly longWindow: string;
  readonly shortWindow: string;
  /** How many times too fast the error budget burns; 1 spends it exactly within the period. */
  readonly rate: number;
}

export interface Objective {
  /** `availability`; with the group's name it names the SLO. */
  readonly sli: string;
  /** The share of requests that must be good, 0 to 1. */
  readonly target: number;
  /** What the good ones are, as the end of the sentence "99 % of ...". */
  readonly promise: string;
  /** A regular expression for the statuses that are bad; either this or `withinSeconds`. */
  readonly badStatuses?: string;
  /** Slower answers are bad, and answers with 5xx do not count. */
  readonly withinSeconds?: number;
}

export interface RouteGroup {
  readonly name: string;
  /** The service that is looked at first. */
  readonly service: string;
  /** `GET /api/products/:sku`, as the gateway's labels have it. */
  readonly routes: readonly string[];
  readonly objectives: readonly Objective[];
}

/** What infra/slo.yml says. */
export interface Promises {
  readonly period: string;
  readonly minimumErrors: number;
  readonly burnRates: readonly BurnRate[];
  readonly groups: readonly RouteGroup[];
}

/** What the gateway really has and measures. */
export interface Gateway {
  /** Every public route, `GET /api/products/:sku`. */
  readonly routes: readonly string[];
  /** The upper bounds of its duration histogram, in seconds. */
  readonly buckets: readonly number[];
}

const fields = {
  file: ['period', 'minimumErrors', 'burnRates', 'groups'],
  burnRate: ['severity', 'longWindow', 'shortWindow', 'rate'],
  group: ['name', 'service', 'routes', 'objectives'],
  objective: ['sli', 'target', 'promise', 'badStatuses', 'withinSeconds'],
};
const optional = ['badStatuses', 'withinSeconds'];

/** Reads infra/slo.yml against what the gateway has. Throws one error that lists everything that is wrong. */
export const parsePromises = (text: string, gateway: Gateway): Promises => {
  const promises = parse(text) as Promises;
  const problems = findShapeProblems(promises);
  if (problems.length === 0)
    problems.push(...findRouteProblems(promises, gateway), ...findNumberProblems(promises, gateway));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return promises;
};

const findShapeProblems = (promises: Promises): string[] => {
  const lists = [promises?.burnRates, promises?.groups].every(Array.isArray);
  if (!lists) return ['It needs burnRates and groups, each a list.'];
  return [
    ...checkFields('the file', promises, fields.file),
    ...promises.burnRates.flatMap((one, index) => checkFields(`burnRates[${index}]`, one, fields.burnRate)),
    ...promises.groups.flatMap((group, index) => {
      const where = `groups[${index}]`;
      const found = checkFields(where, group, fields.group);
      if (!Array.isArray(group?.routes) || !Array.isArray(group?.objectives))
        return [...found, `${where} has no lists of routes and objectives.`];
      const own = group.objectives.flatMap((one, at) =>
        checkFields(`${where}.objectives[${at}]`, one, fields.objective),
      );
      return [...found, ...own];
    }),
  ];
};

const checkFields = (where: string, value: object, allowed: readonly string[]): string[] => {
  const present = Object.keys(value ?? {});
  return [
    ...present.filter((name) => !allowed.includes(name)).map((name) => `${where} has an unknown field ${name}.`),
    ...allowed
      .filter((name) => !present.includes(name) && !optional.includes(name))
      .map((name) => `${where} lacks ${name}.`),
  ];
};

/** Each public route is in exactly one group, so that nothing the shop offers is without a promise. */
const findRouteProblems = ({ groups }: Promises, gateway: Gateway): string[] => {
  const named = groups.flatMap(({ routes }) => routes);
  return [
    ...named.filter((route) => !gateway.routes.includes(route)).map((route) => `The gateway has no route ${route}.`),
    ...gateway.routes.filter((route) => !named.includes(route)).map((route) => `${route} is in no group.`),
    ...named.filter((route, index) => named.indexOf(route) !== index).map((route) => `${route} is in two groups.`),
  ];
};

const findNumberProblems = ({ groups, burnRates }: Promises, { buckets }: Gateway): string[] => {
  const highest = Math.max(...burnRates.map(({ rate }) => rate));
  return groups.flatMap(({ name, objectives }) =>
    objectives.flatMap(({ sli, target, badStatuses, withinSeconds }) => {
      const where = `${name}-${sli}`;
      if (!(target > 0 && target < 1)) return [`${where}: target is a share between 0 and 1, as 0.999.`];
      if (highest * (1 - target) >= 1)
        return [`${where}: with the target ${target} a burn rate of ${highest} can never be reached.`];
      if ((badStatuses === undefined) === (withinSeconds === undefined))
        return [`${where}: it needs one of badStatuses and withinSeconds.`];
      if (withinSeconds !== undefined && !buckets.includes(withinSeconds))
        return [
          `${where}: ${withinSeconds} s is no bound of the histogram's buckets, which are ${buckets.join(', ')}.`,
        ];
      return [];
    }),
  );
};
