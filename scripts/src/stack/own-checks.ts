import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCompose, isPinned, parseCompose, readPins, toMemory } from './compose-rules.js';
import { checkDockerfile } from './dockerfile.js';
import { checkDashboards, checkDocuments, type TextFile } from './documents.js';
import { checkFilebeat, checkFluentd, checkLogstash } from './pipelines.js';
import type { Outcome } from './tool-checks.js';

/** What can be checked with Node alone. */
export const checkWithNode = async (root: string): Promise<Outcome[]> => {
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
  const infra = await readFolder(root, 'infra');
  const [compose, env] = [parseCompose(await read('docker-compose.yml')), readPins(await read('.env'))];
  const dashboards = infra.filter(({ path }) => path.startsWith('infra/grafana/dashboards/'));
  const dockerfiles = infra.filter(({ path }) => path.endsWith('Dockerfile'));
  const loose = [...env].filter(([name, version]) => name.endsWith('_VERSION') && !isPinned(version));
  return [
    {
      name: 'docker-compose.yml by the house rules',
      problems: [
        ...checkCompose(compose, new Set(env.keys())),
        ...loose.map(([name, version]) => `${name}=${version} in .env is not pinned`),
      ],
      seen: `${Object.keys(compose.services).length} services, ${toMemory(compose, 'all')} MiB by default`,
    },
    {
      name: 'Dockerfiles',
      problems: dockerfiles.flatMap(({ path, text }) => checkDockerfile(text).map((problem) => `${path}: ${problem}`)),
      seen: `${dockerfiles.length} files`,
    },
    {
      name: 'JSON, NDJSON and YAML can be read',
      problems: checkDocuments(infra),
      seen: `${infra.length} files`,
    },
    { name: 'Grafana dashboards', problems: checkDashboards(dashboards), seen: `${dashboards.length} dashboards` },
    { name: 'Fluentd configuration', problems: checkFluentd(await read('infra/fluentd/fluent.conf')) },
    { name: 'Logstash pipeline', problems: checkLogstash(await read('infra/logstash/pipeline.conf')) },
    { name: 'Filebeat configuration', problems: checkFilebeat(await read('infra/filebeat/filebeat.yml')) },
  ];
};

/** Secrets that somebody has made lie there, too; they are not ours to read. */
const readFolder = async (root: string, folder: string): Promise<TextFile[]> => {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.includes('/secrets/'));
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
};
