import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dashboardFiles } from './dashboards/files.js';
import { root, runCommand } from './shop.js';

const help = `npm run dashboards -- [--check]

Writes what Grafana and Kibana show: infra/grafana/dashboards and infra/kibana/saved-objects.ndjson.

  --check   writes nothing; exit code 1 if a file is out of date
`;

const main = async (): Promise<void> => {
  if (process.argv.includes('--help')) return void process.stdout.write(help);
  const isCheck = process.argv.includes('--check');
  for (const [path, text] of dashboardFiles) {
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
