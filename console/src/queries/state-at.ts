import type { Breaker, FiringAlert } from '../analysis/why/evidence.js';
import type { PrometheusClient } from './prometheus.js';
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

/** The alerts that were firing at this moment, with what their rules say about them now. */
export const alertsAt = async (
  prometheus: PrometheusClient,
  atMs: number,
  nowMs: number,
  options?: RequestOptions,
): Promise<FiringAlert[]> => {
  const at = Math.min(atMs + scrapeLagMs, nowMs);
  const samples = await prometheus.query('ALERTS{alertstate="firing"}', at, options);
  if (samples.length === 0) return [];
  const rules = (await prometheus.rules(options)).flatMap((group) => group.rules);
  const byName = new Map<string, FiringAlert>();
  for (const { labels } of samples) {
    const name = labels.alertname ?? '';
    const { annotations = {} } = rules.find((rule) => rule.type === 'alerting' && rule.name === name) ?? {};
    // Texts with a template in them were meant for one alert, and are not filled in here.
    const summary = annotations.summary?.includes('{{') ? '' : (annotations.summary ?? '');
    const service = labels.service ?? labels.job ?? '';
    const runbook = annotations.runbook_url ?? annotations.runbook ?? '';
    byName.set(`${name} ${service}`, { name, severity: labels.severity ?? '', service, summary, runbook });
  }
  return [...byName.values()];
};
