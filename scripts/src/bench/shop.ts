import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunFile } from '@glasshouse/launcher/run-file';
import { findShop, root, type Shop } from '../shop.js';

/** Starts the shop on an empty folder, both ways, and measures what a person waits for and what it takes. */
export const benchShop = async (): Promise<void> => {
  for (const args of [[], ['--single']]) {
    const directory = await mkdtemp(join(tmpdir(), 'glasshouse-bench-'));
    const startedAt = performance.now();
    const main = join(root, 'embedded/launcher/dist/main.js');
    const launcher = spawn(process.execPath, [main, '--offset', 'auto', '--data', directory, ...args], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => launcher.once('exit', resolve));
    try {
      const { shop, token } = await firstOrder(directory);
      const seconds = (performance.now() - startedAt) / 1_000;
      for (let count = 0; count < 100; count++) await order(shop, token);
      const megabytes = await residentMegabytes(directory);
      const name = args[0] ?? 'with processes';
      process.stdout.write(
        `${name}: first order after ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB after 100 orders\n`,
      );
    } finally {
      launcher.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    }
  }
};

const firstOrder = async (directory: string): Promise<{ shop: Shop; token: string }> => {
  for (;;) {
    try {
      const shop = findShop(directory);
      const token = await shop.login('ada@glasshouse.test', shop.demoSecrets.customerPassword);
      if ((await order(shop, token)) === 201) return { shop, token };
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const order = async (shop: Shop, token: string): Promise<number> => {
  const body = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
  return (await shop.call('POST', '/api/orders', { token, body, headers: { 'idempotency-key': randomUUID() } })).status;
};

/** Resident memory of the launcher and all its parts, from /proc; only Linux has it. */
const residentMegabytes = async (directory: string): Promise<number> => {
  const run = readRunFile(directory);
  const pids = run === undefined ? [] : [run.pid, ...Object.values(run.pids)];
  let kilobytes = 0;
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return kilobytes / 1024;
};
