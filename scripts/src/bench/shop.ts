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
      const megabytes = await residentMegabytes(dataDirectory);
      const name = args[0] ?? 'with processes';
      process.stdout.write(
        `${name}: first order after ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB after 100 orders\n`,
      );
    });
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
