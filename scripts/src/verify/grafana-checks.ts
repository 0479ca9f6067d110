import { createPrometheusClient } from '@glasshouse/console/queries/prometheus';
import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import { ask, askJson } from './http.js';
import { findExemplar } from './metric-checks.js';
import { findEmptyPanels, readPanels, type Target } from './panels.js';
import { type Purchase, purchase } from './purchase.js';
import { findTrace } from './trace-checks.js';

interface DataSource {
  readonly uid: string;
  readonly jsonData?: unknown;
}

interface Frames {
  readonly results: Readonly<
    Record<string, { readonly error?: string; readonly frames?: readonly { readonly data: { values: unknown[][] } }[] }>
  >;
}

const uids = ['prometheus', 'jaeger', 'zipkin', 'elasticsearch', 'alertmanager'] as const;
/** Rules over hours take a sample every five minutes; a stack that has just started has none yet. */
const panelDeadlineMs = 7 * 60_000;

/** Asks as Grafana's page does: data sources by their proxies, panels by the one query API. */
export const grafanaChecks = (addresses: StackAddresses, bought: Purchase): Check[] => {
  const { grafana } = addresses;
  if (grafana === undefined) return [];
  const proxy = (uid: (typeof uids)[number]): string => `${grafana}/api/datasources/proxy/uid/${uid}`;
  const { traceId } = bought;
  return [
    {
      tool: 'Grafana',
      what: 'has the data sources, and every link between them has an end',
      run: async () => {
        const found = await Promise.all(
          uids.map((uid) => askJson<DataSource>(`${grafana}/api/datasources/uid/${uid}`)),
        );
        const linked = found.flatMap(({ jsonData }) =>
          [...JSON.stringify(jsonData ?? {}).matchAll(/"datasourceUid":"([^"]+)"/g)].map((match) => match[1] ?? ''),
        );
        const dangling = linked.filter((uid) => !uids.some((known) => known === uid));
        return dangling.length === 0 ? `${found.length} sources, ${linked.length} links` : fail(dangling.join(', '));
      },
    },
    {
      tool: 'Grafana',
      what: 'leads from a metric to its trace (Prometheus to Jaeger)',
      run: async () => {
        const exemplar = await findExemplar(`${proxy('prometheus')}/api/v1`, bought);
        return `${(await findTrace(proxy('jaeger'), exemplar.traceId)).spans.length} spans`;
      },
    },
    {
      tool: 'Grafana',
      what: 'leads from a trace to its log lines (Jaeger to Elasticsearch)',
      run: () =>
        eventually('log lines in Grafana', async () => {
          const lines = await countValues(grafana, toLogTarget(`trace.id:"${traceId}"`));
          return lines > 0 ? `${lines} lines` : undefined;
        }),
    },
    {
      tool: 'Grafana',
      what: "leads from a trace to its route's metrics (Jaeger to Prometheus)",
      run: async () => {
        const trace = await findTrace(proxy('jaeger'), traceId);
        const route = trace.spans.find(({ service }) => service === 'order')?.tags['http.route'];
        const query = `http_server_request_duration_seconds_count{http_route=${JSON.stringify(route)}}`;
        const samples = await createPrometheusClient(`${proxy('prometheus')}/api/v1`).query(query);
        return samples.length > 0 ? `${samples.length} series of ${route}` : fail(`no series of ${route}`);
      },
    },
    {
      tool: 'Grafana',
      what: 'reaches Zipkin and Alertmanager',
      run: async () => {
        await eventually('trace in Zipkin', () => ask(`${proxy('zipkin')}/api/v2/trace/${traceId}`));
        await ask(`${proxy('alertmanager')}/api/v2/status`);
        return 'both answer';
      },
    },
    {
      tool: 'Grafana',
      what: 'has data in every panel of every dashboard',
      run: async () => {
        const panels = await readPanels();
        const hasData = async (target: Target) => (await countValues(grafana, target)) > 0;
        const makeTraffic = () => purchase(addresses);
        const empty = await findEmptyPanels({ panels, hasData, makeTraffic, deadlineMs: panelDeadlineMs });
        return empty.length === 0 ? `${panels.length} panels` : fail(`without data: ${empty.join('; ')}`);
      },
    },
  ];
};

const toLogTarget = (query: string) => ({
  refId: 'A',
  datasource: { type: 'elasticsearch', uid: 'elasticsearch' },
  query,
  timeField: '@timestamp',
  metrics: [{ id: '1', type: 'logs', settings: { limit: '200' } }],
  bucketAggs: [],
});

/** How many values the answer's frames hold. */
const countValues = async (grafana: string, target: Target): Promise<number> => {
  const now = Date.now();
  const { results } = await askJson<Frames>(`${grafana}/api/ds/query`, {
    body: {
      queries: [{ ...target, intervalMs: 15_000, maxDataPoints: 200 }],
      from: String(now - 15 * 60_000),
      to: String(now + 60_000),
    },
  });
  const { error, frames = [] } = results[target.refId] ?? {};
  if (error !== undefined) return fail(error);
  return frames.reduce((sum, { data }) => sum + (data.values[0]?.length ?? 0), 0);
};
