import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from './plan.js';

/**
 * What the commands (demo, load, keys) need to find a running shop: addresses and processes. It stands in
 * `<dataDirectory>/run.json` as long as the shop runs.
 */
export interface RunFile {
  /** Process id of the launcher. */
  readonly pid: number;
  readonly addresses: Addresses;
  /** Process ids by part; empty in a single process. */
  readonly pids: Readonly<Record<string, number>>;
}

const fileOf = (dataDirectory: string): string => join(dataDirectory, 'run.json');

/** The shop that runs on this data folder, if its launcher is still alive. */
export const readRunFile = (dataDirectory: string): RunFile | undefined => {
  if (!existsSync(fileOf(dataDirectory))) return undefined;
  try {
    const run = JSON.parse(readFileSync(fileOf(dataDirectory), 'utf8')) as RunFile;
    return isAlive(run.pid) ? run : undefined;
  } catch {
    return undefined;
  }
};

/** Who reads it at this moment finds the old one or the new one, never half of one. */
export const writeRunFile = (dataDirectory: string, run: RunFile): void => {
  const file = fileOf(dataDirectory);
  writeFileSync(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`);
  renameSync(`${file}.new`, file);
};

export const removeRunFile = (dataDirectory: string): void => rmSync(fileOf(dataDirectory), { force: true });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
