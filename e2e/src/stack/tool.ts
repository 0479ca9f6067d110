import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { cacheFolder, findTool, type Tool, tools } from '@glasshouse/scripts/tools';
import { waitFor } from '@glasshouse/test-kit';

type ToolName = keyof typeof tools;

const find = (name: ToolName): string | undefined =>
  findTool(tools[name], cacheFolder(process.env), process.env.PATH ?? '');

/** Where the program or its archive is. Throws what to do when it is missing. */
export const toolPath = (name: ToolName): string => {
  const path = find(name);
  if (path === undefined) throw new Error(toRemedy(name));
  return path;
};

const toRemedy = (name: ToolName): string => {
  const { remedy }: Tool = tools[name];
  return `no ${name}: ${remedy}`;
};

/** Tests that need these tools: skipped where one is missing, failed with REQUIRE_STACK_TOOLS=1. */
export const describeWith = (names: readonly ToolName[], title: string, tests: () => void): void => {
  const missing = names.filter((name) => find(name) === undefined);
  const words = `${title} (${missing.map(toRemedy).join('; ')})`;
  if (missing.length === 0) {
    describe(title, tests);
  } else if (process.env.REQUIRE_STACK_TOOLS === '1') {
    test(title, () => {
      throw new Error(words);
    });
  } else {
    test.skip(words, () => undefined);
  }
};

export interface ToolProcess {
  readonly pid: number;
  /** All that it has printed. */
  output(): string;
  /** Ends it and waits until it is gone: SIGTERM unless told. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ToolOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked again and again until it is true; a throw is a no. */
  isReady(): Promise<boolean>;
  /** Milliseconds; Java takes its time on a busy machine. */
  readonly readyMs?: number;
}

/** Starts a program and waits until it is ready. Throws with what it printed if it ends or is not ready in time. */
export const startTool = async (options: ToolOptions): Promise<ToolProcess> => {
  const { name, command, args, cwd, environment = {}, isReady, readyMs = 120_000 } = options;
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...inherited } = process.env;
  const child = spawn(command, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const append = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true;
      resolve();
    };
    child.once('close', end);
    child.once('error', end);
  });
  const stop: ToolProcess['stop'] = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  try {
    await waitFor(`${name} to be ready`, async () => hasEnded || (await isReady().catch(() => false)), readyMs);
    if (hasEnded) throw new Error(`${name} has ended`);
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${String(error)}\n${output.slice(-4000)}`);
  }
  return { pid: child.pid ?? -1, output: () => output, stop };
};

/** As many ports as asked for, free a moment ago on the loopback address. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))));
  return ports;
};

/** True when the address answers with a good status. */
export const answers = async (url: string): Promise<boolean> => (await fetch(url)).ok;
