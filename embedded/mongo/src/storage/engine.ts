import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { findDamage } from './inspect.js';
import type { KeyRange } from './keys.js';

/** The folder holds something that is not a whole store. Nothing was changed. */
export class DamagedDataError extends Error {
  readonly directory: string;
  constructor(directory: string, reason: string) {
    super(`The data folder ${directory} is damaged (${reason}). Start with --fresh to set it aside and begin empty.`);
    this.directory = directory;
  }
}

export type KeyValueStore = Database<Buffer, Buffer>;
export type Entry = { key: Buffer; value: Buffer };
type Part = { isReverse?: boolean; limit?: number; after?: Buffer | undefined };

/** The entries of a range: at most `limit`, and only those behind the key `after`. */
export const entriesIn = (store: KeyValueStore, { start, end, point }: KeyRange, part: Part = {}): Entry[] => {
  const value = point && store.getBinary(point);
  if (point !== undefined) return value === undefined ? [] : [{ key: point, value }];
  const { isReverse = false, limit, after } = part;
  const bounds = { start: after ?? (isReverse ? end : start), end: isReverse ? start : end, reverse: isReverse };
  return [...store.getRange({ ...bounds, exclusiveStart: after !== undefined, ...(limit && { limit }) })];
};

export type Engine = Awaited<ReturnType<typeof openEngine>>;
export const openEngine = async (directory: string, isDurable: boolean) => {
  await mkdir(directory, { recursive: true });
  const damage = findDamage(join(directory, 'data.mdb'));
  if (damage !== undefined) throw new DamagedDataError(directory, `data.mdb: ${damage}`);
  // Without overlapping sync a commit's promise means "on disk"; that is the whole of `j: true`.
  const durability = { overlappingSync: false, eventTurnBatching: false, noSync: !isDurable };
  const store = open<Buffer, Buffer>({ path: directory, keyEncoding: 'binary', encoding: 'binary', ...durability });
  // LMDB would let two processes in, and one could set the folder aside under the other. Its reader table knows who lives.
  store.getKeysCount({ limit: 1 });
  const pids = store.readerList().match(/^\s*\d+/gm) ?? [];
  if (pids.some((pid) => Number(pid) !== process.pid)) {
    await store.close();
    throw new Error(`The data folder ${directory} is used by another process.`);
  }
  /** Runs the change alone and resolves when it is on disk. An exception undoes it. Those that wait share one commit. */
  const write = <T>(change: () => T): Promise<T> => store.childTransaction(change).catch(throwReason);
  return { store: store as KeyValueStore, write };
};

/** lmdb-js tells why a commit failed by a second promise, which nobody else would catch. */
const throwReason = async (error: unknown): Promise<never> => {
  if (error instanceof Error && 'commitError' in error) await error.commitError;
  throw error;
};
