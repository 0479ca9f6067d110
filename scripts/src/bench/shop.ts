import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readRunFile } from '@glasshouse/launcher/run-file';
import { withPrivateShop } from '../private-shop.js';
import { CommandError, type Shop } from '../shop.js';

/** Starts the shop on an empty folder, both ways, and measures what a person waits for and what it takes. */
export const benchShop = async (): Promise<void> => {
  for (const args of [[], ['--single']]) {
    const startedAt = performance.now();
    await withPrivateShop(args, async ({ shop, dataDirectory }) => {
      const token = await shop.login('ada@glasshouse.test', shop.demoSecrets.customerPassword);
      const status = await order(shop, token);
      if (status !== 201) throw new CommandError(`The first order was answered with ${status} instead of 201.`);
      const seconds = (performance.now() - startedAt) / 1_000;
      for (let count = 0; count < 100; count++) await order(shop, token);
      const { counted, summed } = await measureMemory(dataDirectory);
      const name = args[0] ?? 'with processes';
      process.stdout.write(
        `${name}: first order after ${seconds.toFixed(1)} s, ${counted.toFixed(0)} MB after 100 orders ` +
          `(RSS summed over processes: ${summed.toFixed(0)} MB)\n`,
      );
    });
  }
};

const order = async (shop: Shop, token: string): Promise<number> => {
  const body = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
  return (await shop.call('POST', '/api/orders', { token, body, headers: { 'idempotency-key': randomUUID() } })).status;
};

/**
 * Megabytes that the launcher and all its parts hold in memory, from /proc, which only Linux has. Counted: each page
 * once (the proportional set size), so what the machine really gives. Summed: the resident set sizes, in which Node's
 * own 40 MB of code, which are in memory once, appear once for each process.
 */
const measureMemory = async (directory: string): Promise<{ counted: number; summed: number }> => {
  const run = readRunFile(directory);
  const pids = run === undefined ? [] : [run.pid, ...Object.values(run.pids)];
  const rollups = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')));
  const sum = (field: string): number =>
    rollups.reduce((total, text) => total + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0) /
    1024;
  return { counted: sum('Pss'), summed: sum('Rss') };
};
