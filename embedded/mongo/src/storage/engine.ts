import { statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { KeyRange } from './keys.js';

/** The folder holds something that is not a whole store. Nothing was changed. */
export class DamagedDataError extends Error {
  constructor(
    readonly directory: string,
    reason: string,
  ) {
    super(`The data folder ${directory} is damaged (${reason}). Start with --fresh to set it aside and begin empty.`);
  }
}

export type KeyValueStore = Database<Buffer, Buffer>;

interface KeyOptions {
  isReverse?: boolean;
  limit?: number;
  /** Go on behind this key. */
  after?: Buffer | undefined;
}

export const keysOf = (
  store: KeyValueStore,
  { start, end }: KeyRange,
  { isReverse = false, limit, after }: KeyOptions = {},
): Buffer[] => {
  const from = after ?? (isReverse ? end : start);
  const bounds = { start: from, end: isReverse ? start : end, reverse: isReverse, exclusiveStart: after !== undefined };
  return [...store.getKeys(limit === undefined ? bounds : { ...bounds, limit })];
};

export interface Engine {
  readonly store: KeyValueStore;
  /**
   * Runs the change alone, as one atomic commit, and resolves when it is on disk: those that wait while a commit is being
   * flushed share the next one. An exception undoes the whole change and rejects.
   */
  write<T>(change: () => T): Promise<T>;
  close(): Promise<void>;
}

export const openEngine = async (directory: string): Promise<Engine> => {
  await mkdir(directory, { recursive: true });
  const sizeBefore = statSync(join(directory, 'data.mdb'), { throwIfNoEntry: false })?.size;
  const store = openStore(directory);
  try {
    refuseSecondProcess(store, directory);
    refuseTruncated(store, directory, sizeBefore);
  } catch (error) {
    await store.close();
    throw error;
  }
  return { store, write: (change) => store.childTransaction(change), close: () => store.close() };
};

/** Without overlapping sync a commit's promise means "on disk"; that is the whole of `j: true`. */
const openStore = (path: string): RootDatabase<Buffer, Buffer> => {
  try {
    return open<Buffer, Buffer>({ path, keyEncoding: 'binary', encoding: 'binary', overlappingSync: false });
  } catch (error) {
    const reason = String(error);
    throw /INVALID|VERSION_MISMATCH|CORRUPTED|PAGE_NOTFOUND/.test(reason) ? new DamagedDataError(path, reason) : error;
  }
};

/** LMDB would let two processes in; each would trust its own memory of the catalogue. Its reader table knows who lives. */
const refuseSecondProcess = (store: RootDatabase<Buffer, Buffer>, directory: string): void => {
  store.getKeysCount({ limit: 1 });
  const pids = store.readerList().match(/^\s*\d+/gm) ?? [];
  if (pids.some((pid) => Number(pid) !== process.pid))
    throw new Error(`The data folder ${directory} is used by another process.`);
};

/** A mapped page beyond the end of the file would kill the process when touched. */
const refuseTruncated = (store: RootDatabase<Buffer, Buffer>, directory: string, size: number | undefined): void => {
  const { lastPageNumber, root } = store.getStats() as { lastPageNumber: number; root: { pageSize: number } };
  const expected = (lastPageNumber + 1) * root.pageSize;
  if (size !== undefined && size < expected)
    throw new DamagedDataError(directory, `data.mdb has ${size} of ${expected} bytes`);
};

/** Moves a folder out of the way, so that the next start begins empty and nothing is lost. Returns its new name. */
export const setFolderAside = async (directory: string, now: Date): Promise<string> => {
  const target = `${directory}.damaged-${now.toISOString().replaceAll(':', '-')}`;
  await rename(directory, target);
  return target;
};
