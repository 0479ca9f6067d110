import type { Alert } from '../../../queries/prometheus.js';
import { Empty } from '../../parts/empty.js';
import { formatAge } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { useAlerts } from '../../shell/alerts.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { toDocPath } from './doc-path.js';

const severityRank: readonly string[] = ['page', 'critical', 'ticket', 'warning', 'info'];

const rankOf = ({ labels }: Alert): number => {
  const rank = severityRank.indexOf(labels.severity ?? '');
  return rank === -1 ? severityRank.length : rank;
};

/** The alerts that fire, the most urgent first, each with what to do about it. */
export const FiringAlerts = () => {
  const { data, isLoading } = useAlerts();
  const firing = (data ?? []).filter(({ state }) => state === 'firing').sort((a, b) => rankOf(a) - rankOf(b));
  const pending = (data ?? []).filter(({ state }) => state === 'pending').length;
  return (
    <section class="card" id="alerts" aria-labelledby="alerts-title">
      <header>
        <h2 id="alerts-title">Alerts</h2>
        {firing.length === 0 ? null : <span class="badge badge-error">{firing.length} firing</span>}
        {pending === 0 ? null : <span class="badge badge-warn">{pending} pending</span>}
      </header>
      {firing.length === 0 ? (
        <NoAlerts isLoading={isLoading && data === undefined} isKnown={data !== undefined} />
      ) : (
        <ul class="alerts card-body">
          {firing.map((alert) => (
            <AlertLine key={JSON.stringify(alert.labels)} alert={alert} />
          ))}
        </ul>
      )}
    </section>
  );
};

const NoAlerts = ({ isLoading, isKnown }: { readonly isLoading: boolean; readonly isKnown: boolean }) => {
  if (isLoading) return <Empty isLoading title="Asking Prometheus" />;
  return <Empty title={isKnown ? 'No alert is firing.' : 'Not known while Prometheus does not answer.'} />;
};

const AlertLine = ({ alert: { labels, annotations, activeAt } }: { readonly alert: Alert }) => {
  const { alertname = 'Alert', severity = '', service, job } = labels;
  const where = service ?? job;
  const runbook = toDocPath(annotations.runbook ?? annotations.runbook_url);
  return (
    <li>
      <p class="alert-title">
        <span class={`badge badge-${severity === 'page' || severity === 'critical' ? 'error' : 'warn'}`}>
          {severity}
        </span>{' '}
        <strong>{annotations.summary ?? alertname}</strong>
      </p>
      <p class="muted">
        <PlainText text={annotations.description ?? ''} />
      </p>
      <p class="links">
        {runbook === undefined ? null : <Link href={runbook}>Runbook</Link>}
        {where === undefined ? null : <Link href={toUrl('/metrics', { view: 'red', service: where })}>{where}</Link>}
        <span class="muted">
          {alertname}, for {formatAge(Date.parse(activeAt), Date.now())}
        </span>
      </p>
    </li>
  );
};
