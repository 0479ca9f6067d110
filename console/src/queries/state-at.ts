import type { Breaker, FiringAlert } from '../analysis/why/evidence.js';
import type { Alert, Labels, PrometheusClient, Rule } from './prometheus.js';
import type { RequestOptions } from './request-json.js';

/** A scrape may come that long after what it tells of, and no later than now. */
const scrapeLagMs = 5_000;

/**
 * The circuit breakers that were not closed at this moment, by `circuit_breaker_state` (0 closed, 1 half-open, 2 open).
 * @param atMs epoch milliseconds
 */
export const breakersAt = async (
  prometheus: PrometheusClient,
  atMs: number,
  nowMs: number,
  options?: RequestOptions,
): Promise<Breaker[]> => {
  const at = Math.min(atMs + scrapeLagMs, nowMs);
  const samples = await prometheus.query(
    'max by (job, peer_service) (max_over_time(circuit_breaker_state[15s])) > 0',
    at,
    options,
  );
  return samples.map(({ labels, value }) => ({
    service: labels.job ?? '',
    peer: labels.peer_service ?? '',
    state: value >= 2 ? 'open' : 'half-open',
  }));
};

/** An alert waits before it fires; one that fires this long after is about the same. */
const alertLagMs = 60_000;

/** The alerts that were firing at this moment or within a minute after it, with what their rules say about them. */
export const alertsAt = async (
  prometheus: PrometheusClient,
  atMs: number,
  nowMs: number,
  options?: RequestOptions,
): Promise<FiringAlert[]> => {
  const at = Math.min(atMs + alertLagMs, nowMs);
  const samples = await prometheus.query('max_over_time(ALERTS{alertstate="firing"}[75s])', at, options);
  if (samples.length === 0) return [];
  const rules = (await prometheus.rules(options)).flatMap((group) => group.rules);
  const byName = new Map<string, FiringAlert>();
  for (const { labels } of samples) {
    const name = labels.alertname ?? '';
    const service = labels.service ?? labels.job ?? '';
    const annotations = annotationsOf(labels, rules);
    const summary = annotations.summary ?? '';
    const runbook = annotations.runbook_url ?? annotations.runbook ?? '';
    byName.set(`${name} ${service}`, { name, severity: labels.severity ?? '', service, summary, runbook });
  }
  return [...byName.values()];
};

/** Of the alert itself while it is active; of its rule without texts that are a template for each alert. */
const annotationsOf = (labels: Labels, rules: readonly Rule[]): Labels => {
  const ofName = rules.filter(({ type, name }) => type === 'alerting' && name === labels.alertname);
  const isSame = (alert: Alert): boolean =>
    Object.entries(alert.labels).every(([name, value]) => name === 'alertname' || labels[name] === value);
  const active = ofName.flatMap(({ alerts = [] }) => alerts).find(isSame);
  if (active !== undefined) return active.annotations;
  const annotations = Object.entries(ofName[0]?.annotations ?? {});
  return Object.fromEntries(annotations.filter(([, text]) => !text.includes('{{')));
};
