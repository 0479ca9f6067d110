import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A program that a check needs, and how somebody who has not got it gets it. */
export interface Tool {
  readonly name: string;
  /** Said when it is missing. */
  readonly remedy: string;
  /** Puts it into the cache folder; a tool without must be installed by the machine's own means. */
  install?(cache: string): Promise<unknown>;
}

const run = promisify(execFile);
const installTimeoutMs = 15 * 60_000;

/** Where tools and schemas are kept between runs: $GLASSHOUSE_CACHE, or a folder of the user's; never in the repository. */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.GLASSHOUSE_CACHE ?? join(homedir(), '.cache/glasshouse');

const viaDebian = (name: string, debianPackage: string): Tool => ({
  name,
  remedy: `apt-get install ${debianPackage}`,
});

const kustomizeVersion = 'v5.7.1';
const kubernetesValidateVersion = '1.37.0';

export const tools = {
  compose: viaDebian('docker-compose', 'docker-compose'),
  promtool: viaDebian('promtool', 'prometheus'),
  amtool: viaDebian('amtool', 'prometheus-alertmanager'),
  kustomize: {
    name: 'kustomize',
    remedy: 'npm run stack:check -- --install (needs Go)',
    install: (cache) =>
      run('go', ['install', `sigs.k8s.io/kustomize/kustomize/v5@${kustomizeVersion}`], {
        env: { ...process.env, GOBIN: join(cache, 'bin') },
        timeout: installTimeoutMs,
      }),
  },
  kubernetesValidate: {
    name: 'kubernetes-validate',
    remedy: 'npm run stack:check -- --install (needs Python 3)',
    install: async (cache) => {
      const venv = join(cache, 'kubernetes-validate');
      await run('python3', ['-m', 'venv', venv], { timeout: installTimeoutMs });
      await run(join(venv, 'bin/pip'), ['install', '--quiet', `kubernetes-validate==${kubernetesValidateVersion}`], {
        timeout: installTimeoutMs,
      });
    },
  },
  jaeger: {
    name: 'jaeger',
    remedy: 'put a Jaeger 2 binary on the PATH or into the cache folder',
  },
} as const satisfies Record<string, Tool>;

/** The tool's path, on the PATH or in the cache folder. */
export const findTool = ({ name }: Tool, cache: string, path: string): string | undefined => {
  const folders = [...path.split(delimiter), join(cache, 'bin'), join(cache, name, 'bin')];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
};

/** Installs what is missing and can be had from a package registry. */
export const installTools = async (cache: string, path: string, say: (text: string) => void): Promise<void> => {
  await mkdir(join(cache, 'bin'), { recursive: true });
  for (const tool of Object.values<Tool>(tools)) {
    if (tool.install === undefined || findTool(tool, cache, path) !== undefined) continue;
    say(`Installing ${tool.name} into ${cache}; the first time takes minutes ...`);
    await tool.install(cache);
  }
};
