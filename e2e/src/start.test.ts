import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { type CommandResult, hasCommand, runCommand } from './command.js';
import { isAlive, type Launcher, launch } from './launcher.js';

interface RunFile {
  readonly pid: number;
  readonly addresses: { readonly gateway: string };
  readonly pids: Readonly<Record<string, number>>;
}

const freeOffset = ['--offset', 'auto'];
const launchers: Launcher[] = [];
const folders: string[] = [];

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-start-'));
  folders.push(folder);
  return folder;
};

const begin = (data: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Launcher => {
  const launcher = launch({ args: ['--data', data, ...args], environment });
  launchers.push(launcher);
  return launcher;
};

// A launcher that has ended takes no notice; one that a failed test has left ends its children itself.
afterAll(async () => {
  for (const launcher of launchers) launcher.signal('SIGTERM');
  await Promise.all(launchers.map((launcher) => launcher.untilEnded()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

const readRun = async (data: string): Promise<RunFile> => JSON.parse(await readFile(join(data, 'run.json'), 'utf8'));

const call = async (data: string, method: string, path: string, token?: string, body?: unknown) => {
  const { addresses } = await readRun(data);
  const response = await fetch(`${addresses.gateway}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': `start-${Date.now()}-${Math.random()}`,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API says
  return { status: response.status, body: (await response.json()) as any };
};

const loginAsAda = async (data: string): Promise<string> => {
  const demo = JSON.parse(await readFile(join(data, 'secrets/demo.json'), 'utf8'));
  const credentials = { email: 'ada@glasshouse.test', password: demo.customerPassword };
  const { status, body } = await call(data, 'POST', '/users/api/login', undefined, credentials);
  expect({ status, type: body.tokenType }).toEqual({ status: 200, type: 'Bearer' });
  return body.accessToken;
};

/** The first order of a shop that has just started may be finished by the recovery, and not within its request. */
const untilConfirmed = (data: string, token: string): Promise<unknown> =>
  waitFor(
    'an order that is confirmed within its request',
    async () => {
      const body = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
      return (await call(data, 'POST', '/api/orders', token, body)).status === 201;
    },
    60_000,
  );

/** A refused start is one that a person understands: no stack, nothing left running, exit code 1. */
const expectRefused = async (launcher: Launcher, data: string, ...texts: readonly (string | RegExp)[]) => {
  let code: number | NodeJS.Signals | undefined;
  void launcher.untilEnded().then((end) => {
    code = end;
  });
  // A start that goes on although it should not is shown with what it has printed.
  await waitFor('the start to be refused', () => code !== undefined, 60_000).catch((error: Error) => {
    throw new Error(`${error.message}:\n${launcher.output()}`);
  });
  expect({ code, output: launcher.output() }).toEqual({ code: 1, output: expect.any(String) });
  for (const text of texts) expect(launcher.output()).toMatch(text);
  expect(launcher.output()).not.toMatch(/\n\s+at /);
  expect(existsSync(join(data, 'run.json'))).toBe(false);
};

describe('a shop in one process', () => {
  let data: string;
  let launcher: Launcher;

  beforeAll(async () => {
    data = await newFolder();
    launcher = begin(data, ['--single', ...freeOffset]);
    await launcher.untilUp();
  });

  test('lets a customer log in and order', async () => {
    await untilConfirmed(data, await loginAsAda(data));
  });

  test('prints three commands that work as they are printed', async () => {
    // They are for people who have curl; without it there is nothing to try.
    if (!(await hasCommand('curl'))) return void process.stderr.write('skipped: curl is not installed\n');
    const printed = /look at that order's trace:\n\n([\s\S]*?)\n\nThe same with one command/.exec(
      launcher.output(),
    )?.[1];
    const [login = '', order = '', trace = ''] = printed?.split('\n\n') ?? [];
    expect([login, order, trace].map((command) => command.slice(0, 7))).toEqual(['TOKEN=$', 'TRACE=$', 'curl -s']);
    // A child's stderr is a socket here, which nobody can open as /dev/stderr; a pipe, as a terminal, can be.
    const first = await runCommand('bash', ['-c', `{ ${login}\n${order}\necho; echo "$TRACE"; } 2>&1 | cat`]);
    expect(first.output).toContain('"orderNo"');
    const traceId = first.stdout.trim().split('\n').at(-1) ?? '';
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const shown = await waitFor('the trace to arrive', async () => {
      const { output } = await runCommand('bash', ['-c', trace], { environment: { TRACE: traceId } });
      return output.includes('order.confirm') ? output : undefined;
    });
    expect(JSON.parse(shown).data[0].traceID).toBe(traceId);
  });

  test('is not started a second time on the same data', async () => {
    const { pid, addresses } = await readRun(data);
    const second = begin(data, ['--single', ...freeOffset]);
    expect(await second.untilEnded()).toBe(1);
    expect(second.output()).toContain(`already runs on ${data} (process ${pid}, ${addresses.gateway})`);
    expect(second.output()).toContain('--data DIR');
    await loginAsAda(data);
  });

  test('ends cleanly on Ctrl-C', async () => {
    launcher.signal('SIGINT');
    expect(await launcher.untilEnded()).toBe(0);
    expect(launcher.output()).toContain('Stopping');
    expect(existsSync(join(data, 'run.json'))).toBe(false);
  });

  test.each([[['--single']], [[]]])('says that its store is damaged, and what to do (%j)', async (mode) => {
    const store = join(data, 'store');
    await writeFile(join(store, 'data.mdb'), 'This is no store. '.repeat(1_000));
    await expectRefused(begin(data, [...mode, ...freeOffset]), data, store, '--fresh');
    expect(await readFile(join(store, 'data.mdb'), 'utf8')).toContain('This is no store.');
  });

  test('begins anew with --fresh, and keeps what was damaged', async () => {
    const fresh = begin(data, ['--single', '--fresh', ...freeOffset]);
    await fresh.untilUp();
    const aside = (await readdir(data)).find((name) => name.startsWith('store.aside-')) ?? 'nothing';
    expect(fresh.output()).toContain(join(data, aside));
    expect(await readFile(join(data, aside, 'data.mdb'), 'utf8')).toContain('This is no store.');
    await loginAsAda(data);
    fresh.signal('SIGINT');
    expect(await fresh.untilEnded()).toBe(0);
  });
});

describe('a start that is not completed', () => {
  test.each([[['--single']], [[]]])('is ended by Ctrl-C, and does not say that it is up (%j)', async (mode) => {
    const data = await newFolder();
    const launcher = begin(data, [...mode, ...freeOffset]);
    await waitFor('the start to begin', () => launcher.output().includes('starting'), 30_000);
    launcher.signal('SIGINT');
    expect(await launcher.untilEnded()).toBe(0);
    expect(launcher.output()).not.toContain('Glasshouse is up.');
  });

  test('names a taken port, who wants it, and the option that helps', async () => {
    const data = await newFolder();
    const other = createServer();
    // Below the ports that systems give away by themselves, and such that it is 8084 and an offset that is allowed.
    let port = 15_000;
    const listen = (): Promise<boolean> =>
      new Promise((resolve) => {
        other.once('error', () => resolve(false));
        other.listen(port, '127.0.0.1', () => resolve(true));
      });
    while (!(await listen())) port += 1;
    const launcher = begin(data, ['--offset', String(port - 8084)]);
    try {
      await expectRefused(launcher, data, `Port ${port}, wanted by order (app), is taken`, `--offset ${port - 7084}`);
    } finally {
      other.close();
    }
  });

  test.each([[['--single']], [[]]])('lists everything that is wrong in the configuration (%j)', async (mode) => {
    const data = await newFolder();
    const environment = { ORDER__PRODUCT_URL: 'nonsense', ORDER__LOG_LEVEL: 'loud' };
    const launcher = begin(data, [...mode, ...freeOffset], environment);
    await expectRefused(
      launcher,
      data,
      /order: The configuration is not valid/,
      /PRODUCT_URL .*expected/,
      /LOG_LEVEL .*expected .*debug/,
    );
    expect(launcher.output()).not.toContain('nonsense');
  });
});

describe('a shop of processes', () => {
  let data: string;
  let launcher: Launcher;

  beforeAll(async () => {
    data = await newFolder();
    launcher = begin(data, freeOffset);
    await launcher.untilUp();
  });

  const script = (name: string, ...args: readonly string[]): Promise<CommandResult> =>
    runCommand(process.execPath, [`scripts/dist/${name}.js`, ...args, '--data', data], { timeoutMs: 100_000 });

  const kill = async (part: string): Promise<number> => {
    const pid = (await readRun(data)).pids[part] ?? Number.NaN;
    process.kill(pid, 'SIGKILL');
    return pid;
  };

  test('shows one purchase as a waterfall of all services with its log lines', async () => {
    await untilConfirmed(data, await loginAsAda(data));
    const { code, output } = await script('demo');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/Order G-\d{4}-\w+ is CONFIRMED \(201\)/);
    expect(output).toMatch(/Trace [0-9a-f]{32}: \d+ spans, \d+ log lines/);
    for (const service of ['gateway', 'order', 'customer', 'product', 'payment']) {
      expect(output).toMatch(new RegExp(`^${service} .* ms .*█`, 'm'));
    }
    expect(output).toMatch(/· info +Order G-\d{4}-\w+ is confirmed\./);
    expect(output).toContain('· info  A payment succeeded.');
    expect(output).toMatch(/orders_total.*confirmed/);
  });

  test('rotates its signing keys, not twice at once, and goes on taking the tokens of before', async () => {
    const before = await loginAsAda(data);
    const first = await script('keys', 'rotate');
    expect(first).toMatchObject({ code: 0, output: expect.stringMatching(/^Rotated\. current \S+, next \S+$/m) });
    const second = await script('keys', 'rotate');
    expect(second).toMatchObject({ code: 1, output: expect.stringContaining('rotation_too_early') });
    for (const token of [before, await loginAsAda(data)]) {
      expect((await call(data, 'GET', '/api/customers/me', token)).status).toBe(200);
    }
  });

  test('loses no order while one of its services is killed, starts it again and says so', async () => {
    const load = script('load', '--rate', '10', '--for', '5s');
    const { addresses } = await readRun(data);
    const token = await loginAsAda(data);
    const pid = await kill('order');
    await waitFor('the launcher to say that it was killed', () =>
      /\[!\] order +down \(was killed by SIGKILL; restarting in \d+ ms\)/.test(launcher.output()),
    );
    await waitFor(
      'the launcher to say that it is up again',
      () => /restarting[\s\S]*\[\+\] order +up \(/.test(launcher.output()),
      30_000,
    );
    const run = await readRun(data);
    expect({ addresses: run.addresses, isNew: run.pids.order !== pid }).toEqual({ addresses, isNew: true });
    await untilConfirmed(data, token);
    const { code, output } = await load;
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/answered [1-9]\d*, found [1-9]\d*, lost 0/);
  });

  test('ends cleanly on Ctrl-C, with all of its processes', async () => {
    const { pids } = await readRun(data);
    expect(Object.keys(pids).length).toBe(9);
    launcher.signal('SIGINT');
    expect(await launcher.untilEnded()).toBe(0);
    expect(Object.entries(pids).filter(([, pid]) => isAlive(pid))).toEqual([]);
    expect(existsSync(join(data, 'run.json'))).toBe(false);
    expect((await script('demo')).output).toContain(`No shop runs on ${data}. Start one in another terminal`);
  });
});
