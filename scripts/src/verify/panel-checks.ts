import { createElasticsearchClient } from '@glasshouse/console/queries/elasticsearch';
import { createPrometheusClient } from '@glasshouse/console/queries/prometheus';
import type { StackAddresses } from './addresses.js';
import { type Check, fail } from './check.js';
import { findEmptyPanels, readPanels, type Target } from './panels.js';
import { purchase } from './purchase.js';

/** Rules over hours take a sample every five minutes; a stack that has just started has none yet. */
const deadlineMs = 7 * 60_000;

/** Questions to exporters and to the tools themselves, which do not run where there is no Grafana either. */
const ofOtherPrograms = /\b(node|container|prometheus|alertmanager)_[a-z]/;

/** Where there is no Grafana, its panels' questions are asked where Grafana would ask them. */
export const panelChecks = (addresses: StackAddresses): Check[] => {
  const { grafana, prometheus, elasticsearch } = addresses;
  if (grafana !== undefined || prometheus === undefined || elasticsearch === undefined) return [];
  const metrics = createPrometheusClient(`${prometheus}/api/v1`);
  const logs = createElasticsearchClient(elasticsearch);
  const hasData = async ({ expr, query = '*' }: Target): Promise<boolean> => {
    if (expr === undefined) return (await logs.count({ query_string: { query } })) > 0;
    const samples = await metrics.query(expr.replaceAll('$__rate_interval', '1m'));
    return samples.some(({ value }) => !Number.isNaN(value));
  };
  return [
    {
      tool: 'Dashboards',
      what: "have an answer to every panel's question",
      run: async () => {
        const panels = (await readPanels()).filter(({ targets }) => !ofOtherPrograms.test(JSON.stringify(targets)));
        const makeTraffic = () => purchase(addresses);
        const empty = await findEmptyPanels({ panels, hasData, makeTraffic, deadlineMs });
        return empty.length === 0 ? `${panels.length} panels` : fail(`without data: ${empty.join('; ')}`);
      },
    },
  ];
};
