import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, parseArguments } from './arguments.js';
import { setStoreAside } from './fresh.js';
import { wantedPorts } from './plan.js';
import { findFreeOffset, findTakenPorts } from './ports.js';
import { toProgram } from './program.js';
import { readRunFile, writeRunFile } from './run-file.js';
import { ensureSecrets } from './secrets.js';
import { toCurlCommands } from './welcome.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glasshouse-launcher-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a wrong option is refused with what is expected', () => {
  expect(() => parseArguments(['--offset', 'x'], '/root')).toThrow(ArgumentError);
  expect(() => parseArguments(['--offset', '50000'], '/root')).toThrow('0 to 38000');
  expect(() => parseArguments(['--frsh'], '/root')).toThrow('--fresh');
  expect(() => parseArguments(['--time-scale', '0'], '/root')).toThrow('1 to 75');
  expect(() => parseArguments(['--webhooks', 'ftp://x'], '/root')).toThrow('http:');
});

test('options are read, --help asks for nothing else', () => {
  expect(parseArguments(['--offset', '7', '--single'], '/root')).toEqual({
    offset: 7,
    isSingle: true,
    isFresh: false,
    dataDirectory: '/root/.data',
    timeScale: 1,
    webhooks: [],
    replacements: {},
  });
  expect(parseArguments(['--help'], '/root')).toBeUndefined();
});

test('a replacement needs the name of a service, something to run, and processes', () => {
  const { replacements } = parseArguments(['--replace', 'product=java -Dx=1 -jar p.jar'], '/root') ?? {};
  expect(replacements).toEqual({ product: 'java -Dx=1 -jar p.jar' });
  expect(() => parseArguments(['--replace', 'products=x'], '/root')).toThrow('one of oauth, customer, product');
  expect(() => parseArguments(['--replace', 'product='], '/root')).toThrow('SERVICE=PROGRAM');
  expect(() => parseArguments(['--single', '--replace', 'product=x'], '/root')).toThrow('--single');
});

test('a folder stands for its file "run", anything else is a command in the root', () => {
  expect(() => toProgram(directory, '/')).toThrow('has no executable file "run"');
  writeFileSync(join(directory, 'run'), '#!/bin/sh\n', { mode: 0o755 });
  expect(toProgram(directory, '/')).toEqual({ command: './run', folder: directory });
  expect(toProgram('python3 -m product', directory)).toEqual({ command: 'python3 -m product', folder: directory });
});

test('a taken port is reported with its number and the part that wants it', async () => {
  const offset = await findFreeOffset();
  expect(await findTakenPorts(offset)).toEqual([]);
  const first = wantedPorts[0];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen((first?.port ?? 0) + offset, '127.0.0.1', resolve));
  const taken = await findTakenPorts(offset);
  server.close();
  expect(taken).toEqual([expect.stringContaining(`Port ${(first?.port ?? 0) + offset}, wanted by ${first?.part}`)]);
});

test('a port that browsers refuse to open is reported too', async () => {
  expect(await findTakenPorts(2_000)).toContain(
    'Port 10080, wanted by gateway (app), is one that browsers refuse to open.',
  );
});

test('secrets are made once, differ, and are readable by their owner alone', async () => {
  const first = await ensureSecrets(directory, ['order', 'product']);
  expect(await ensureSecrets(directory, ['order', 'product'])).toEqual(first);
  expect(new Set(Object.values(first)).size).toBe(3);
  expect(statSync(join(directory, 'secrets', 'demo.json')).mode & 0o077).toBe(0);
  const order = JSON.parse(readFileSync(join(directory, 'secrets', 'order.keys.json'), 'utf8'));
  const product = readFileSync(join(directory, 'secrets', 'product.keys.json'), 'utf8');
  expect(order.self).toMatch(/^[0-9a-f]{64}$/);
  expect(product).not.toContain(order.self);
});

test('a damaged secrets file is named, with what to do', async () => {
  await ensureSecrets(directory, ['order']);
  const file = join(directory, 'secrets', 'demo.json');
  writeFileSync(file, '{');
  await expect(ensureSecrets(directory, ['order'])).rejects.toThrow(`${file} cannot be read as JSON; delete it`);
});

test('fresh data sets the old data aside, and keeps only the latest', async () => {
  expect(setStoreAside(directory)).toBeUndefined();
  for (const day of [1, 2]) {
    mkdirSync(join(directory, 'store'));
    setStoreAside(directory, new Date(Date.UTC(2026, 0, day)));
  }
  expect(readdirSync(directory)).toEqual(['store.aside-2026-01-02T00-00-00.000Z']);
});

test('the run file counts only as long as its launcher lives', () => {
  const addresses = {
    gateway: 'http://localhost:1',
    console: '',
    jaeger: '',
    elasticsearch: '',
    prometheus: '',
    admin: {},
    internal: {},
  };
  writeRunFile(directory, { pid: process.pid, addresses, pids: {} });
  expect(readRunFile(directory)?.addresses.gateway).toBe('http://localhost:1');
  writeRunFile(directory, { pid: 2 ** 22 + 1, addresses, pids: {} });
  expect(readRunFile(directory)).toBeUndefined();
});

test('the printed commands name the real addresses and the real password', () => {
  const addresses = {
    gateway: 'http://localhost:9',
    console: '',
    jaeger: 'http://j',
    elasticsearch: '',
    prometheus: '',
    admin: {},
    internal: {},
  };
  const [login, order, trace] = toCurlCommands(addresses, {
    adminPassword: 'admin',
    customerPassword: 'pw',
    clientSecret: 's',
  });
  expect(login).toContain('"password":"pw"');
  expect(order).toContain('http://localhost:9/api/orders');
  expect(trace).toBe('curl -sf --retry 5 --retry-all-errors http://j/api/traces/$TRACE');
});
