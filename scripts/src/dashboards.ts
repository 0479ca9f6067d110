import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Dashboard, toGrafanaFile } from './dashboards/grafana.js';
import { toKibanaFile } from './dashboards/kibana.js';
import { overview, purchases, service, slo } from './dashboards/shop-dashboards.js';
import { hosts, node, telemetry } from './dashboards/system-dashboards.js';
import { root, runCommand } from './shop.js';

const help = `npm run dashboards -- [--check]

Writes what Grafana and Kibana show: infra/grafana/dashboards and infra/kibana/saved-objects.ndjson.

  --check   writes nothing; exit code 1 if a file is out of date
`;

const dashboards: readonly Dashboard[] = [overview, service, purchases, slo, telemetry, node, hosts];

const files: readonly (readonly [path: string, text: string])[] = [
  ...dashboards.map(
    (dashboard) => [`infra/grafana/dashboards/${dashboard.name}.json`, toGrafanaFile(dashboard)] as const,
  ),
  ['infra/kibana/saved-objects.ndjson', toKibanaFile()],
];

const main = async (): Promise<void> => {
  if (process.argv.includes('--help')) return void process.stdout.write(help);
  const isCheck = process.argv.includes('--check');
  for (const [path, text] of files) {
    const current = await readFile(join(root, path), 'utf8').catch(() => '');
    if (current === text) continue;
    process.stdout.write(`${path} ${isCheck ? 'is out of date; run: npm run dashboards' : 'written'}\n`);
    if (isCheck) {
      process.exitCode = 1;
      continue;
    }
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
};

runCommand(main);
