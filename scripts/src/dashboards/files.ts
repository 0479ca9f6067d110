import { type Dashboard, toGrafanaFile } from './grafana.js';
import { toKibanaFile } from './kibana.js';
import { overview, purchases, service, slo } from './shop-dashboards.js';
import { hosts, node, telemetry } from './system-dashboards.js';

const dashboards: readonly Dashboard[] = [overview, service, purchases, slo, telemetry, node, hosts];

/** What Grafana and Kibana are given, by path from the root. */
export const dashboardFiles: readonly (readonly [path: string, text: string])[] = [
  ...dashboards.map(
    (dashboard) => [`infra/grafana/dashboards/${dashboard.name}.json`, toGrafanaFile(dashboard)] as const,
  ),
  ['infra/kibana/saved-objects.ndjson', toKibanaFile()],
];
