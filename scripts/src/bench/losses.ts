import { readMetrics, type Samples } from '../metrics.js';
import { withPrivateShop } from '../private-shop.js';
import { CommandError, type Shop } from '../shop.js';
import { runLoad } from './run-load.js';

interface Counts {
  readonly name: string;
  readonly emitted: number;
  readonly dropped: number;
  readonly received: number;
}

/** Loads a shop of its own, then counts log lines and spans at both ends: what the services emitted, what arrived. */
export const benchLosses = async (): Promise<void> => {
  await withPrivateShop([], async ({ shop, dataDirectory }) => {
    await runLoad(dataDirectory, '60s');
    const counts = await untilSettled(shop);
    for (const { name, emitted, dropped, received } of counts) {
      process.stdout.write(
        `${name}: ${emitted} emitted, ${dropped} dropped, ${received} received, ${emitted - received} lost\n`,
      );
    }
    if (counts.some(({ emitted, dropped, received }) => dropped > 0 || emitted !== received)) {
      throw new CommandError('Something was lost.');
    }
  });
};

/** Both ends go on counting (jobs write log lines too), so they are compared at a moment when they agree, or after 30 s. */
const untilSettled = async (shop: Shop): Promise<readonly Counts[]> => {
  const deadlineAt = Date.now() + 30_000;
  for (;;) {
    const counts = await readCounts(shop);
    if (counts.every(({ emitted, received }) => emitted === received) || Date.now() > deadlineAt) return counts;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
};

const readCounts = async (shop: Shop): Promise<readonly Counts[]> => {
  const [services, backend] = await Promise.all([
    readMetrics(shop.addresses.admin),
    readMetrics({ backend: shop.addresses.jaeger }),
  ]);
  return [
    {
      name: 'log lines',
      emitted: sumOf(services, / log_records_total\b/),
      dropped: sumOf(services, / log_records_dropped_total\b/),
      received: receivedOf(backend, 'log_records'),
    },
    {
      name: 'spans',
      emitted: sumOf(services, / spans_reported_total\b/) + sumOf(services, / spans_dropped_total\b/),
      dropped: sumOf(services, / spans_dropped_total\b/),
      received: receivedOf(backend, 'spans'),
    },
  ];
};

/** A batch whose acknowledgement was lost is sent again and told apart by its records' ids; it counts once. */
const receivedOf = (backend: Samples, what: string): number =>
  sumOf(backend, new RegExp(` embedded_${what}_received_total\\b`)) -
  sumOf(backend, new RegExp(` embedded_${what}_gone_total\\{reason="duplicate"`));

const sumOf = (samples: Samples, pattern: RegExp): number =>
  [...samples].filter(([name]) => pattern.test(name)).reduce((sum, [, value]) => sum + value, 0);
