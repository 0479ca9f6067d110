import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { isAlive, killIfAlive, type Launcher, launch } from './launcher.js';

export const services = ['gateway', 'oauth', 'customer', 'product', 'order', 'payment'] as const;
export type ServiceName = (typeof services)[number];
export type PartName = ServiceName | 'console' | 'document store' | 'telemetry backend';

export interface Addresses {
  readonly gateway: string;
  readonly console: string;
  readonly jaeger: string;
  readonly elasticsearch: string;
  readonly prometheus: string;
  readonly admin: Readonly<Record<ServiceName | 'console', string>>;
}

interface RunFile {
  readonly pid: number;
  readonly addresses: Addresses;
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
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as application/x-www-form-urlencoded, in place of a JSON body. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Base address of another door than the shop's own gateway. */
  readonly at?: string;
}

export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** A running shop of its own: free ports, an empty data folder, and the failpoints of a test build. */
export interface TestShop {
  readonly dataDirectory: string;
  /** Where it listens now; a restart moves it. */
  addresses(): Addresses;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  login(email: string, password: string): Promise<{ accessToken: string; refreshToken: string }>;
  newCustomer(): Promise<Customer>;
  adminToken(): Promise<string>;
  order(token: string, body: unknown, key?: string): Promise<Answer>;
  pid(part: PartName): Promise<number>;
  signal(part: PartName, signal: NodeJS.Signals): Promise<void>;
  /** Ends a part at once, as a crash would, and waits until the launcher has it ready again. */
  crash(part: PartName): Promise<void>;
  /** Waits until the process is gone, by whatever, and the launcher has put a ready one in its place. */
  untilReplaced(part: PartName, previousPid: number): Promise<void>;
  /** Ends every process at once, the launcher included. */
  killAll(): Promise<void>;
  /** Starts it again on the same data after killAll. */
  restart(): Promise<void>;
  /** All that the launcher has printed. */
  output(): string;
  stop(): Promise<void>;
}

export interface ShopOptions {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export const startShop = async ({ args = [], environment = {} }: ShopOptions = {}): Promise<TestShop> => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'glasshouse-e2e-'));
  let launcher: Launcher;
  let addresses: Addresses;

  const run = async (): Promise<RunFile> => JSON.parse(await readFile(join(dataDirectory, 'run.json'), 'utf8'));

  const stop = async (): Promise<void> => {
    launcher.signal('SIGTERM');
    await launcher.untilEnded();
    await keepLogs(dataDirectory, launcher.output());
    await rm(dataDirectory, { recursive: true, force: true });
  };

  const start = async (attempts = 3): Promise<void> => {
    launcher = launch({
      args: ['--offset', 'auto', '--data', dataDirectory, ...args],
      environment: {
        // The failpoints exist only under this condition; the launcher's children inherit it.
        NODE_OPTIONS: '--conditions=glasshouse-test',
        // One address sends what many would.
        GATEWAY__ANONYMOUS_RATE: '10000',
        GATEWAY__CLIENT_RATE: '10000',
        ...toStoreUrls(process.env.E2E_MONGO_URL, basename(dataDirectory)),
        ...environment,
      },
    });
    try {
      await launcher.untilUp();
      addresses = (await run()).addresses;
    } catch (error) {
      await stop();
      // Another suite's shop started at the same time and chose an offset that shares a port.
      if (attempts > 1 && /another process listens there|EADDRINUSE/.test(String(error))) return start(attempts - 1);
      throw error;
    }
  };

  const call: TestShop['call'] = async (method, path, options = {}) => {
    const { token, body, form, headers = {}, timeoutMs = 15_000, at = addresses.gateway } = options;
    const content = form === undefined ? JSON.stringify(body) : new URLSearchParams(form).toString();
    const contentType = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const response = await fetch(`${at}${path}`, {
      method,
      headers: {
        ...(content === undefined ? {} : { 'content-type': contentType }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      redirect: 'manual',
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
    return orThrow('login', answer, 200);
  };

  const pid: TestShop['pid'] = async (part) => {
    const { pids } = await run();
    if (pids[part] === undefined) throw new Error(`${part} has no process`);
    return pids[part];
  };

  const untilReplaced: TestShop['untilReplaced'] = async (part, previousPid) => {
    await waitFor(`${part} to end`, () => !isAlive(previousPid), 30_000);
    await waitFor(`${part} to be started again`, async () => (await pid(part)) !== previousPid, 60_000);
    const readyUrl = toReadyUrl(part, addresses);
    await waitFor(`${part} to be ready`, async () => (await fetch(readyUrl)).ok, 60_000);
  };

  await start();
  return {
    dataDirectory,
    addresses: () => addresses,
    call,
    login,
    async newCustomer() {
      const email = `e2e-${randomUUID()}@glasshouse.test`;
      const password = randomBytes(12).toString('base64url');
      const answer = await call('POST', '/api/customers', { body: { email, password, name: 'Test Customer' } });
      const { id } = orThrow('registration', answer, 201);
      const { accessToken, refreshToken } = await login(email, password);
      return { email, password, id, token: accessToken, refreshToken };
    },
    async adminToken() {
      const demo = JSON.parse(await readFile(join(dataDirectory, 'secrets/demo.json'), 'utf8'));
      return (await login('admin@glasshouse.test', demo.adminPassword)).accessToken;
    },
    order: (token, body, key = randomUUID()) =>
      call('POST', '/api/orders', { token, body, headers: { 'idempotency-key': key } }),
    pid,
    async signal(part, signal) {
      process.kill(await pid(part), signal);
    },
    async crash(part) {
      const previousPid = await pid(part);
      process.kill(previousPid, 'SIGKILL');
      await untilReplaced(part, previousPid);
    },
    untilReplaced,
    async killAll() {
      const pids = Object.values((await run()).pids);
      // The launcher first, so that it restarts nobody.
      launcher.signal('SIGKILL');
      for (const each of pids) killIfAlive(each);
      await launcher.untilEnded();
      await waitFor('every process to be gone', () => !pids.some(isAlive));
    },
    // A second attempt would begin with empty data.
    restart: () => start(1),
    output: () => launcher.output(),
    stop,
  };
};

/**
 * `E2E_MONGO_URL` (`mongodb://host:port/?options`) points the services at another MongoDB-protocol server, each at a
 * database of this shop alone. The embedded store then runs beside them, and nobody asks it.
 */
const toStoreUrls = (external: string | undefined, shop: string): Record<string, string> =>
  Object.fromEntries(
    (external === undefined ? [] : services.filter((name) => name !== 'gateway')).map((name) => {
      const url = new URL(external ?? '');
      url.pathname = `/${shop}-${name}`;
      return [`${name.toUpperCase()}__MONGO_URL`, url.href];
    }),
  );

/** For whoever has to find out why a test failed: `E2E_LOGS=DIR` keeps what every shop has logged and printed. */
const keepLogs = async (dataDirectory: string, output: string): Promise<void> => {
  const { E2E_LOGS } = process.env;
  if (E2E_LOGS === undefined) return;
  const kept = join(E2E_LOGS, basename(dataDirectory));
  await cp(join(dataDirectory, 'logs'), kept, { recursive: true });
  await writeFile(join(kept, 'npm-start.log'), output);
};

const orThrow = (what: string, { status, body }: Answer, expected: number) => {
  if (status !== expected) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
  return body;
};

const toReadyUrl = (part: PartName, { admin, jaeger }: Addresses): string => {
  if (part === 'telemetry backend') return `${jaeger}/api/services`;
  // The store has no HTTP; a service that uses it is ready only if it answers.
  return `${admin[part === 'document store' ? 'product' : part]}/health/ready`;
};
