import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { root } from '../../launcher.js';
import { type PartName, services, startShop, type TestShop } from '../../shop.js';
import { type ComposeFile, readComposeFile } from '../compose-file.js';
import { readRecipe } from '../replica.js';
import { answers, startTool, type ToolProcess } from '../tool.js';
import { type Container, inContainer } from './restrictions.js';

export const processes = [...services, 'console'] as const;
export type ProcessName = (typeof processes)[number];

/** A shop whose stand-ins run as always, and each of whose seven processes runs as docker-compose.yml says. */
export interface RestrictedShop {
  readonly shop: TestShop;
  container(name: ProcessName): Container;
  /** The process itself, not what has put it into its place. */
  pid(name: ProcessName): Promise<number>;
  stop(): Promise<void>;
}

const standIns = ['document store', 'telemetry backend'] as const satisfies readonly PartName[];

export const startRestrictedShop = async (): Promise<RestrictedShop> => {
  const shop = await startShop();
  const running = new Map<string, ToolProcess>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((process) => process.stop()));
    await shop.stop();
  };
  try {
    const recipes = await Promise.all(standIns.map((name) => readRecipe(shop, name)));
    // From here on its ports are free, and nothing can be the work of a process without restrictions.
    await shop.killAll();
    for (const [index, { command, args, environment }] of recipes.entries()) {
      const name = standIns[index] ?? '';
      const isReady =
        name === 'telemetry backend' ? () => answers(`${shop.addresses().jaeger}/api/services`) : isStarted;
      running.set(name, await startTool({ name, command, args, cwd: root, environment, isReady }));
    }
    const compose = await readComposeFile();
    const files = await makeSecretFiles(shop.dataDirectory, compose);
    const container = (name: ProcessName): Container => toContainer(name, compose, files, shop);
    const cmd = await readImage('CMD');
    await Promise.all(
      processes.map(async (name) => {
        const { service } = container(name);
        const [command = '', ...args] = inContainer(container(name), service.command ?? cmd);
        const isReady = () => answers(`${shop.addresses().admin[name]}/health/ready`);
        running.set(name, await startTool({ name, command, args, isReady }));
      }),
    );
    return { shop, container, pid: async (name) => toLastChild(running.get(name)?.pid ?? -1), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** The services wait for their store themselves. */
const isStarted = async (): Promise<boolean> => true;

/** The words of an instruction in the image's last stage: `CMD`, or `HEALTHCHECK`'s. */
export const readImage = async (instruction: 'CMD' | 'HEALTHCHECK'): Promise<string[]> => {
  const lines = (await readFile(join(root, 'infra/docker/Dockerfile'), 'utf8')).split('\n');
  const line = lines.findLast((each) => each.startsWith(instruction)) ?? '';
  return JSON.parse(/\[.*\]$/.exec(line)?.[0] ?? '[]');
};

/** What `npm run stack:secrets` makes, of this shop's own secrets: readable by any user, since a container's is nobody's owner. */
const makeSecretFiles = async (dataDirectory: string, compose: ComposeFile): Promise<Record<string, string>> => {
  const from = join(dataDirectory, 'secrets');
  const to = join(dataDirectory, 'container-secrets');
  await mkdir(to);
  const demo = JSON.parse(await readFile(join(from, 'demo.json'), 'utf8'));
  await writeFile(
    join(from, 'demo-logins.env'),
    `DEMO_ADMIN_PASSWORD=${demo.adminPassword}\nDEMO_CUSTOMER_PASSWORD=${demo.customerPassword}\nDEMO_CLIENT_SECRET=${demo.clientSecret}\n`,
  );
  const files: Record<string, string> = {};
  for (const [source, { file }] of Object.entries(compose.secrets)) {
    const copy = join(to, basename(file));
    await copyFile(join(from, basename(file)), copy);
    await chmod(copy, 0o444);
    files[source] = copy;
  }
  return files;
};

const toContainer = (
  name: ProcessName,
  compose: ComposeFile,
  files: Readonly<Record<string, string>>,
  shop: TestShop,
): Container => {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  const offset = Number(new URL(shop.addresses().gateway).port) - 8080;
  const port = Number(service.environment.ADMIN_PORT) - 200 + offset;
  return {
    service,
    environment: {
      ...Object.fromEntries(
        Object.entries(service.environment).map(([variable, value]) => [variable, toLocal(value, offset)]),
      ),
      // Containers have a network of their own, and its usual ports.
      HOST: '127.0.0.1',
      PORT: String(port),
      INTERNAL_PORT: String(port + 100),
      ADMIN_PORT: String(port + 200),
    },
    secrets: Object.fromEntries((service.secrets ?? []).map(({ source, target }) => [target, files[source] ?? ''])),
  };
};

/** A neighbour's name and port, as they are without a network of containers; the embedded store has another set's name. */
const toLocal = (value: string, offset: number): string =>
  value
    .replace(/\b([a-z][a-z0-9-]*):(\d{4,5})\b/g, (_whole, host: string, port: string) => {
      return `${host === 'localhost' ? host : '127.0.0.1'}:${Number(port) + offset}`;
    })
    .replace('?replicaSet=shop', '');

const toLastChild = async (pid: number): Promise<number> => {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
  return children === '' ? pid : toLastChild(Number(children.split(' ')[0]));
};
