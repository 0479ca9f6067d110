import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../launcher.js';
import type { Addresses } from '../../shop.js';
import { readComposeService } from '../compose-file.js';
import { answers, freePorts, startTool, type ToolProcess, toolPath } from '../tool.js';

/** A tool whose address is known before it runs: Prometheus must know the shop, and the shop's console Prometheus. */
export interface RealTool<Options> {
  readonly url: string;
  readonly host: string;
  start(options: Options): Promise<void>;
  stop(): Promise<void>;
}

type Plan<Options> = (place: {
  readonly folder: string;
  readonly host: string;
  readonly options: Options;
}) => Promise<{ readonly command: string; readonly args: readonly string[] }>;

const prepare = async <Options>(name: string, path: string, plan: Plan<Options>): Promise<RealTool<Options>> => {
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const url = `http://${host}`;
  let folder: string | undefined;
  let server: ToolProcess | undefined;
  return {
    url,
    host,
    async start(options) {
      folder = await mkdtemp(join(tmpdir(), 'glasshouse-stack-'));
      server = await startTool({
        name,
        ...(await plan({ folder, host, options })),
        isReady: () => answers(`${url}${path}`),
      });
    },
    async stop() {
      await server?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The flags that Compose gives it, with other values for some. */
const toFlags = async (service: string, changes: Readonly<Record<string, string>>): Promise<string[]> => {
  const { command = [] } = await readComposeService(service);
  const kept = command.filter((flag) => changes[flag.split('=')[0] ?? ''] === undefined);
  return [...kept, ...Object.entries(changes).map(([flag, value]) => `${flag}=${value}`)];
};

/** What a test cannot wait for, the minutes between evaluations, samples and messages, in seconds. Windows stay as they are. */
const hurry = (text: string): string =>
  text
    .replaceAll(/^(\s*)(interval|for|keep_firing_for|group_wait|group_interval): [1-9]\w*$/gm, '$1$2: 2s')
    .replaceAll(/\[(\w+):5m\]/g, '[$1:10s]');

interface PrometheusFile {
  readonly global: object;
  readonly scrape_configs: readonly { readonly job_name: string; readonly dns_sd_configs?: unknown }[];
}

export interface PrometheusOptions {
  /** `host:port` by job of infra/prometheus/prometheus.yml; a job without is one that was not started. */
  readonly targets: Readonly<Record<string, string>>;
}

/** The shop's processes, each at its admin port. */
export const toTargets = ({ admin }: Addresses): Record<string, string> =>
  Object.fromEntries(Object.entries(admin).map(([job, url]) => [job, new URL(url).host]));

/** Prometheus with its file and rules of infra/, each job at its address here. */
export const preparePrometheus = (): Promise<RealTool<PrometheusOptions>> =>
  prepare('Prometheus', '/-/ready', async ({ folder, host, options: { targets } }) => {
    const infra = join(root, 'infra/prometheus');
    const toStatic = (job: string) => [{ targets: [targets[job] ?? []].flat() }];
    const file = parse(await readFile(join(infra, 'prometheus.yml'), 'utf8'), { merge: true }) as PrometheusFile;
    const changed = {
      ...file,
      global: { ...file.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      alerting: { alertmanagers: [{ static_configs: toStatic('alertmanager') }] },
      scrape_configs: file.scrape_configs.map(({ dns_sd_configs: _, ...job }) => ({
        ...job,
        static_configs: toStatic(job.job_name),
      })),
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(changed));
    await mkdir(join(folder, 'rules'));
    for (const name of await readdir(join(infra, 'rules'))) {
      await writeFile(join(folder, 'rules', name), hurry(await readFile(join(infra, 'rules', name), 'utf8')));
    }
    const args = await toFlags('prometheus', {
      '--config.file': join(folder, 'prometheus.yml'),
      '--storage.tsdb.path': join(folder, 'data'),
      '--web.listen-address': host,
      '--web.external-url': `http://${host}`,
    });
    return { command: toolPath('prometheus'), args };
  });

export interface AlertmanagerOptions {
  /** Of the console. */
  readonly consoleUrl: string;
}

export const prepareAlertmanager = (): Promise<RealTool<AlertmanagerOptions>> =>
  prepare('Alertmanager', '/-/ready', async ({ folder, host, options: { consoleUrl } }) => {
    const text = await readFile(join(root, 'infra/alertmanager/alertmanager.yml'), 'utf8');
    const file = join(folder, 'alertmanager.yml');
    await writeFile(file, hurry(text).replaceAll('http://console:8090', consoleUrl));
    const args = await toFlags('alertmanager', {
      '--config.file': file,
      '--storage.path': join(folder, 'data'),
      '--web.listen-address': host,
      '--web.external-url': `http://${host}`,
    });
    return { command: toolPath('alertmanager'), args };
  });

/** The machine's own root instead of a container's view of it. */
export const prepareNodeExporter = (): Promise<RealTool<void>> =>
  prepare('node-exporter', '/metrics', async ({ host }) => ({
    command: toolPath('nodeExporter'),
    args: await toFlags('node-exporter', { '--path.rootfs': '/', '--web.listen-address': host }),
  }));
