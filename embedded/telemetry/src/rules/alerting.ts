import type { Labels, Sample } from '../promql/types.js';
import { toLabels } from '../store/metrics-labels.js';
import type { AlertingRule } from './load.js';
import type { Template } from './template.js';

/** Prometheus tells of an alert that is over for so long, lest a receiver that was away never hears of it. */
const resolvedForMs = 15 * 60_000;

/** Times are epoch milliseconds. */
export interface Alert {
  /** With `alertname`. */
  readonly labels: Labels;
  annotations: Labels;
  state: 'pending' | 'firing' | 'inactive';
  value: number;
  readonly activeAt: number;
  firedAt: number | undefined;
  resolvedAt: number | undefined;
  keepFiringSince: number | undefined;
}

/** One alerting rule over time: which of its alerts are pending, firing, or over. */
export interface AlertStates {
  /** Takes the result of the expression at a time. Throws if two samples make alerts with the same labels. */
  update(samples: readonly Sample[], at: number): void;
  /** Pending and firing ones. */
  active(): Alert[];
  /** Those that were firing and are over, too. */
  all(): Alert[];
}

/** The state machine of Prometheus' rules/alerting.go. */
export const createAlertStates = (rule: AlertingRule): AlertStates => {
  const alerts = new Map<string, Alert>();

  const take = (samples: readonly Sample[], at: number): Set<string> => {
    const found = new Map(samples.map((sample) => toFound(rule, sample, at)));
    if (found.size < samples.length)
      throw new Error('vector contains metrics with the same labelset after applying alert labels');
    for (const [key, alert] of found) {
      const known = alerts.get(key);
      if (known === undefined || known.state === 'inactive') alerts.set(key, alert);
      else Object.assign(known, { value: alert.value, annotations: alert.annotations });
    }
    return new Set(found.keys());
  };

  /** @returns whether it goes on firing although its condition is over */
  const isKept = (alert: Alert, at: number): boolean => {
    if (alert.state !== 'firing' || rule.keepFiringMs === 0) return false;
    alert.keepFiringSince ??= at;
    return at - alert.keepFiringSince < rule.keepFiringMs;
  };

  const end = (key: string, alert: Alert, at: number): void => {
    const isForgotten = alert.resolvedAt !== undefined && at - alert.resolvedAt > resolvedForMs;
    if (alert.state === 'pending' || isForgotten) alerts.delete(key);
    if (alert.state === 'inactive') return;
    alert.state = 'inactive';
    alert.resolvedAt = at;
  };

  return {
    update(samples, at) {
      const found = take(samples, at);
      for (const [key, alert] of alerts) {
        if (found.has(key)) alert.keepFiringSince = undefined;
        else if (!isKept(alert, at)) {
          end(key, alert, at);
          continue;
        }
        if (alert.state !== 'pending' || at - alert.activeAt < rule.holdMs) continue;
        alert.state = 'firing';
        alert.firedAt = at;
      }
    },
    active: () => [...alerts.values()].filter(({ state }) => state !== 'inactive'),
    all: () => [...alerts.values()],
  };
};

const toFound = (rule: AlertingRule, { labels, value }: Sample, at: number): [string, Alert] => {
  const { __name__, ...own } = labels;
  const all = toLabels(Object.entries({ ...own, ...render(rule.labelTemplates, labels, value), alertname: rule.name }));
  const annotations = render(rule.annotationTemplates, labels, value);
  const times = { activeAt: at, firedAt: undefined, resolvedAt: undefined, keepFiringSince: undefined };
  return [JSON.stringify(all), { labels: all, annotations, state: 'pending', value, ...times }];
};

const render = (templates: Readonly<Record<string, Template>>, labels: Labels, value: number): Labels =>
  Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, template(labels, value)]));
