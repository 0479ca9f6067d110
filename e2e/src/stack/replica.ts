import { readFile } from 'node:fs/promises';
import { root } from '../launcher.js';
import type { PartName, ServiceName, TestShop } from '../shop.js';
import { answers, freePorts, startTool } from './tool.js';

/** How a process was started, for starting another one like it. */
export interface Recipe {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Asks Linux how a part of a running shop was started. */
export const readRecipe = async (shop: TestShop, part: PartName): Promise<Recipe> => {
  const pid = await shop.pid(part);
  const read = async (what: string): Promise<string[]> =>
    (await readFile(`/proc/${pid}/${what}`, 'utf8')).split('\0').slice(0, -1);
  const [command = '', ...args] = await read('cmdline');
  const variables = (await read('environ')).map((line): [string, string] => {
    const [name = ''] = line.split('=', 1);
    return [name, line.slice(name.length + 1)];
  });
  return { command, args, environment: Object.fromEntries(variables) };
};

/** A second process of a service, beside the one that the launcher has started. */
export interface Replica {
  /** Base addresses. */
  readonly app: string;
  readonly admin: string;
  stop(): Promise<void>;
}

/** @param environment what differs from the first process's, ports aside */
export const startReplica = async (
  shop: TestShop,
  service: ServiceName,
  environment: Readonly<Record<string, string>> = {},
): Promise<Replica> => {
  const recipe = await readRecipe(shop, service);
  const [port, internal, admin] = await freePorts(3);
  const adminUrl = `http://127.0.0.1:${admin}`;
  const { stop } = await startTool({
    name: `a second ${service}`,
    command: recipe.command,
    args: recipe.args,
    cwd: root,
    environment: {
      ...recipe.environment,
      PORT: String(port),
      INTERNAL_PORT: String(internal),
      ADMIN_PORT: String(admin),
      ...environment,
    },
    isReady: () => answers(`${adminUrl}/health/ready`),
  });
  return {
    app: `http://127.0.0.1:${port}`,
    admin: adminUrl,
    stop: () => stop(),
  };
};
