import { readMetrics } from '../metrics.js';
import { withPrivateShop } from '../private-shop.js';
import { CommandError } from '../shop.js';
import { runLoad } from './run-load.js';

const everyMs = 10_000;
const mebibyte = 1_048_576;

interface Moment {
  readonly minute: number;
  readonly residentMiB: number;
  readonly logs: number;
  readonly spans: number;
}

/** Half an hour, or as many minutes as asked for, of load on a shop of its own: what the telemetry backend's memory does. */
export const benchSoak = async (minutes = 30): Promise<void> => {
  if (!(minutes >= 1)) throw new CommandError('soak takes a number of minutes, at least 1.');
  await withPrivateShop([], async ({ shop, dataDirectory }) => {
    const moments: Moment[] = [];
    const started = performance.now();
    const look = async (): Promise<void> => {
      const metrics = await readMetrics({ backend: shop.addresses.jaeger });
      if (metrics.size === 0) return;
      const metric = (name: string): number => metrics.get(`backend ${name}`) ?? Number.NaN;
      const moment = {
        minute: (performance.now() - started) / 60_000,
        residentMiB: metric('process_resident_memory_bytes') / mebibyte,
        logs: metric('embedded_log_records_held'),
        spans: metric('embedded_spans_held'),
      };
      moments.push(moment);
      if (moments.length % (60_000 / everyMs) === 1) process.stdout.write(`${toLine(moment)}\n`);
    };
    const timer = setInterval(() => void look(), everyMs);
    try {
      // Requests that failed are told by the load; the memory is what is asked here.
      await runLoad(dataDirectory, `${minutes}m`).catch((error: Error) => process.stdout.write(`${error.message}\n`));
      await look();
    } finally {
      clearInterval(timer);
    }
    process.stdout.write(toVerdict(moments));
  });
};

const toLine = ({ minute, residentMiB, logs, spans }: Moment): string =>
  `minute ${minute.toFixed(0).padStart(2)}: ${residentMiB.toFixed(0)} MiB resident, ${logs} log lines, ${spans} spans held`;

/** It is flat if the last third needs no more than the third before, give or take what one garbage collection does. */
const toVerdict = (moments: readonly Moment[]): string => {
  const third = (index: number): number => {
    const part = moments.slice(Math.floor((moments.length * index) / 3), Math.ceil((moments.length * (index + 1)) / 3));
    return part.reduce((sum, { residentMiB }) => sum + residentMiB, 0) / part.length;
  };
  const most = Math.max(...moments.map(({ residentMiB }) => residentMiB));
  const means = [0, 1, 2].map((index) => third(index).toFixed(0));
  return `telemetry backend: at most ${most.toFixed(0)} MiB = ${((most * mebibyte) / 1e6).toFixed(0)} MB (target 300 MB); mean of each third ${means.join(', ')} MiB\n`;
};
