import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';

const root = resolve(__dirname, '../..');

interface RunFile {
  readonly pid: number;
  readonly addresses: {
    readonly gateway: string;
    readonly jaeger: string;
    readonly elasticsearch: string;
    readonly prometheus: string;
    readonly admin: Readonly<Record<string, string>>;
  };
  readonly pids: Readonly<Record<string, number>>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API says
  readonly body: any;
  readonly traceId: string;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A running shop of its own: free ports, an empty data folder, and the failpoints of a test build. */
export interface TestShop {
  readonly dataDirectory: string;
  run(): Promise<RunFile>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  login(email: string, password: string): Promise<string>;
  newCustomer(): Promise<{ token: string; email: string; password: string; id: string }>;
  adminToken(): Promise<string>;
  order(token: string, body: unknown, key?: string): Promise<Answer>;
  /** Ends a part at once, as a crash would. The launcher starts it again. */
  kill(part: string): Promise<void>;
  /** Ends every process at once, the launcher included. */
  killAll(): Promise<void>;
  /** Sends a signal to a part, for instance SIGSTOP. */
  signal(part: string, signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data after killAll. */
  restart(): Promise<void>;
  waitUntilReady(part: string): Promise<void>;
  /** All text the launcher has printed. */
  output(): string;
  stop(): Promise<void>;
}

export interface ShopOptions {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export const startShop = async ({ args = [], environment = {} }: ShopOptions = {}): Promise<TestShop> => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'glasshouse-e2e-'));
  let output = '';
  let launcher: ChildProcess;

  const launch = async (): Promise<void> => {
    const main = join(root, 'embedded/launcher/dist/main.js');
    launcher = spawn(process.execPath, [main, '--offset', 'auto', '--data', dataDirectory, ...args], {
      cwd: root,
      // The failpoints exist only under this condition; the launcher's children inherit it.
      env: { ...process.env, NODE_OPTIONS: '--conditions=glasshouse-test', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = output.length;
    launcher.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    launcher.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await waitFor(
      'the shop to be up',
      () => {
        if (launcher.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
        return output.slice(started).includes('Glasshouse is up.');
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`the shop did not start:\n${output}`, { cause: error });
    });
  };

  const run = async (): Promise<RunFile> => JSON.parse(await readFile(join(dataDirectory, 'run.json'), 'utf8'));
  const demo = async () => JSON.parse(await readFile(join(dataDirectory, 'secrets/demo.json'), 'utf8'));

  const call: TestShop['call'] = async (method, path, { token, body, headers = {}, timeoutMs = 15_000 } = {}) => {
    const { addresses } = await run();
    const response = await fetch(`${addresses.gateway}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      body: isJson && text !== '' ? JSON.parse(text) : text,
      traceId: response.headers.get('traceresponse')?.split('-')[1] ?? '',
      headers: response.headers,
    };
  };

  const login: TestShop['login'] = async (email, password) => {
    const answer = await call('POST', '/users/api/login', { body: { email, password } });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.accessToken;
  };

  const pidOf = async (part: string): Promise<number> => {
    const pid = (await run()).pids[part];
    if (pid === undefined) throw new Error(`${part} has no process`);
    return pid;
  };

  const ended = (child: ChildProcess): Promise<void> =>
    new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) done();
      else child.once('exit', () => done());
    });

  await launch();
  return {
    dataDirectory,
    run,
    call,
    login,
    async newCustomer() {
      const email = `e2e-${randomUUID()}@glasshouse.test`;
      const password = randomBytes(12).toString('base64url');
      const answer = await call('POST', '/api/customers', { body: { email, password, name: 'Test Customer' } });
      if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${JSON.stringify(answer.body)}`);
      return { email, password, id: answer.body.id, token: await login(email, password) };
    },
    adminToken: async () => login('admin@glasshouse.test', (await demo()).adminPassword),
    order: (token, body, key = randomUUID()) =>
      call('POST', '/api/orders', { token, body, headers: { 'idempotency-key': key } }),
    async kill(part) {
      process.kill(await pidOf(part), 'SIGKILL');
    },
    async signal(part, signal) {
      process.kill(await pidOf(part), signal);
    },
    async killAll() {
      const { pids } = await run();
      // The launcher first, so that it restarts nobody.
      launcher.kill('SIGKILL');
      for (const pid of Object.values(pids)) killIfAlive(pid);
      await ended(launcher);
    },
    restart: launch,
    async waitUntilReady(part) {
      const { addresses } = await run();
      await waitFor(
        `${part} to be ready`,
        async () => (await fetch(`${addresses.admin[part]}/health/ready`)).ok,
        30_000,
      );
    },
    output: () => output,
    async stop() {
      launcher.kill('SIGTERM');
      await ended(launcher);
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
};

const killIfAlive = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};
