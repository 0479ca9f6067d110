import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

/** Ends everything that a bench has started, also when it fails half-way. */
export interface Processes {
  /** @param core pins the process to one core where the system can (Linux with taskset); elsewhere it runs free */
  start(args: readonly string[], options?: { env?: Record<string, string>; core?: number }): ChildProcess;
  stop(): Promise<void>;
}

export const createProcesses = (): Processes => {
  const children: ChildProcess[] = [];
  return {
    start(args, { env = {}, core } = {}) {
      const command = [process.execPath, ...args];
      const pinned = core !== undefined && canPin ? ['taskset', '-c', String(core), ...command] : command;
      const [file = '', ...rest] = pinned;
      const child = spawn(file, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
      children.push(child);
      return child;
    },
    async stop() {
      await Promise.all(children.map(endOf));
    },
  };
};

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

const canPin = ((): boolean => {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export const pinning = canPin ? 'pinned to one core, everything else on the other' : 'not pinned (no taskset here)';

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Waits until an address answers at all. */
export const waitForHttp = async (url: string, deadlineMs = 20_000): Promise<void> => {
  const deadlineAt = Date.now() + deadlineMs;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response !== undefined && response.status < 500) return;
    if (Date.now() > deadlineAt) throw new Error(`${url} did not answer within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
