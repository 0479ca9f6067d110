import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { waitFor } from '../running-backend.js';
import { encodeWriteRequest, type WrittenSeries } from './remote-write.js';

export interface RealPrometheus {
  url: string;
  /** Loads samples by remote write, in the order of their times. */
  write(series: readonly WrittenSeries[]): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's package `prometheus` has it. */
export const findPrometheus = (path: string): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, 'prometheus'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

// More at once would be later than what the head of Prometheus' store still takes.
const stepMs = 20 * 60_000;

/** A Prometheus with a folder of its own that scrapes nothing. */
export const startRealPrometheus = async (binary: string): Promise<RealPrometheus> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-prometheus-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, 'global: { evaluation_interval: 1m }\n');
  const server = spawn(
    binary,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(
      'Prometheus to be ready',
      async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok,
      20_000,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop,
    async write(series) {
      const times = series.flatMap(({ samples }) => samples.map(({ at }) => at));
      for (let from = Math.min(...times); from <= Math.max(...times); from += stepMs) {
        const isNow = ({ at }: { at: number }): boolean => at >= from && at < from + stepMs;
        const part = series.map(({ labels, samples }) => ({ labels, samples: samples.filter(isNow) }));
        const body = encodeWriteRequest(part.filter(({ samples }) => samples.length > 0));
        const headers = {
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
        };
        const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body });
        if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
      }
    },
  };
};
