import { statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';

/** The folder holds something that is not a whole store. Nothing was changed. */
export class DamagedDataError extends Error {
  constructor(
    readonly directory: string,
    reason: string,
  ) {
    super(`The data folder ${directory} is damaged (${reason}). Start with --fresh to set it aside and begin empty.`);
  }
}

export class DirectoryInUseError extends Error {
  constructor(directory: string) {
    super(`The data folder ${directory} is used by another process.`);
  }
}

export type KeyValueStore = Database<Buffer, Buffer>;

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
  const file = join(directory, 'data.mdb');
  const sizeBefore = statSync(file, { throwIfNoEntry: false })?.size;
  const store = openStore(directory);
  try {
    refuseSecondProcess(store, directory);
    refuseTruncated(store, directory, sizeBefore);
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    store,
    write: (change) => store.childTransaction(change),
    close: () => store.close(),
  };
};

/** Without overlapping sync a commit's promise means "on disk"; that is the whole of `j: true`. */
const openStore = (directory: string): RootDatabase<Buffer, Buffer> => {
  try {
    return open<Buffer, Buffer>({
      path: directory,
      keyEncoding: 'binary',
      encoding: 'binary',
      overlappingSync: false,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/INVALID|VERSION_MISMATCH|CORRUPTED|PAGE_NOTFOUND/.test(reason)) throw new DamagedDataError(directory, reason);
    throw error;
  }
};

/** LMDB would let two processes in; each would trust its own memory of the catalogue. Its reader table knows who lives. */
const refuseSecondProcess = (store: RootDatabase<Buffer, Buffer>, directory: string): void => {
  store.getKeysCount({ limit: 1 });
  const pids = store.readerList().match(/^\s*\d+/gm) ?? [];
  if (pids.some((pid) => Number(pid) !== process.pid)) throw new DirectoryInUseError(directory);
};

/** A mapped page beyond the end of the file would kill the process when touched. */
const refuseTruncated = (store: RootDatabase<Buffer, Buffer>, directory: string, size: number | undefined): void => {
  if (size === undefined) return;
  const stats = store.getStats() as { lastPageNumber: number; root: { pageSize: number } };
  const expected = (stats.lastPageNumber + 1) * stats.root.pageSize;
  if (size < expected) throw new DamagedDataError(directory, `data.mdb has ${size} of ${expected} bytes`);
};

/** Moves a folder out of the way, so that the next start begins empty and nothing is lost. Returns its new name. */
export const setAsideFolder = async (directory: string, now: Date): Promise<string> => {
  const target = `${directory}.damaged-${now.toISOString().replaceAll(':', '-')}`;
  await rename(directory, target);
  return target;
};
