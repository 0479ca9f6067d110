import type { Labels } from '../promql/types.js';
import type { Alert } from './alerting.js';
import { toFingerprint } from './fingerprint.js';

/** An alert that fires or has fired, with the expression that it comes from. */
export interface NotifiedAlert {
  readonly alert: Alert;
  readonly query: string;
}

/** What Go writes for no time at all, in Alertmanager's messages the end of what goes on. */
const noTime = '0001-01-01T00:00:00Z';

/** The same alert again after it was over is another one. */
export const keyOf = ({ alert }: NotifiedAlert): string => `${toFingerprint(alert.labels)} ${alert.activeAt}`;

export const isFiring = ({ alert }: NotifiedAlert): boolean => alert.state === 'firing';

/** The body of Alertmanager's webhook, version 4, for the alerts of one name. */
export const toMessage = (name: string, alerts: readonly NotifiedAlert[], externalUrl: string) => ({
  version: '4',
  groupKey: `{}:{alertname=${JSON.stringify(name)}}`,
  truncatedAlerts: 0,
  status: alerts.some(isFiring) ? 'firing' : 'resolved',
  receiver: 'webhook',
  groupLabels: { alertname: name },
  commonLabels: inCommon(alerts.map(({ alert }) => alert.labels)),
  commonAnnotations: inCommon(alerts.map(({ alert }) => alert.annotations)),
  externalURL: externalUrl,
  alerts: alerts.map((notified) => toAlert(notified, externalUrl)),
});

const toAlert = (notified: NotifiedAlert, externalUrl: string) => {
  const { labels, annotations, activeAt, firedAt, resolvedAt } = notified.alert;
  return {
    status: isFiring(notified) ? 'firing' : 'resolved',
    labels,
    annotations,
    startsAt: new Date(firedAt ?? activeAt).toISOString(),
    endsAt: resolvedAt === undefined ? noTime : new Date(resolvedAt).toISOString(),
    generatorURL: `${externalUrl}/graph?${new URLSearchParams({ 'g0.expr': notified.query, 'g0.tab': '1' })}`,
    fingerprint: toFingerprint(labels),
  };
};

const inCommon = (all: readonly Labels[]): Labels =>
  Object.fromEntries(
    Object.entries(all[0] ?? {}).filter(([name, value]) => all.every((labels) => labels[name] === value)),
  );
