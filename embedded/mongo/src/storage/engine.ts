import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { findDamage } from './inspect.js';
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

export interface Entry {
  key: Buffer;
  value: Buffer;
}

interface EntryOptions {
  isReverse?: boolean;
  limit?: number;
  /** Go on behind this key. */
  after?: Buffer | undefined;
}

export const entriesIn = (
  store: KeyValueStore,
  { start, end, point }: KeyRange,
  options: EntryOptions = {},
): Entry[] => {
  if (point !== undefined) {
    const value = options.after === undefined ? store.getBinary(point) : undefined;
    return value === undefined ? [] : [{ key: point, value }];
  }
  const { isReverse = false, limit, after } = options;
  const from = after ?? (isReverse ? end : start);
  const bounds = { start: from, end: isReverse ? start : end, reverse: isReverse, exclusiveStart: after !== undefined };
  return [...store.getRange(limit === undefined ? bounds : { ...bounds, limit })];
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

export const openEngine = async (directory: string, isDurable: boolean): Promise<Engine> => {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'data.mdb');
  const damage = existsSync(file) ? findDamage(file) : undefined;
  if (damage !== undefined) throw new DamagedDataError(directory, `data.mdb: ${damage}`);
  const store = openStore(directory, !isDurable);
  try {
    refuseSecondProcess(store, directory);
  } catch (error) {
    await store.close();
    throw error;
  }
  const { write, settled } = createGroupCommit(store);
  return {
    store,
    write,
    close: async () => {
      await settled();
      await store.close();
    },
  };
};

interface Job {
  /** Runs the change in a transaction of its own inside the batch's. */
  run(): void;
  /** Answers, once the batch is on disk or has failed. */
  settle(failure?: { reason: unknown }): void;
}

const createGroupCommit = (store: KeyValueStore): { write: Engine['write']; settled: () => Promise<void> } => {
  let waiting: Job[] = [];
  let committing: Promise<void> | undefined;

  const runWaiting = (): Job[] => {
    const batch = waiting;
    waiting = [];
    for (const job of batch) job.run();
    return batch;
  };

  const commitWaiting = async (): Promise<void> => {
    while (waiting.length > 0) {
      let batch = waiting;
      try {
        await store.transaction(() => {
          batch = runWaiting();
        });
        for (const job of batch) job.settle();
      } catch (error) {
        const reason = await reasonOf(error);
        if (batch === waiting) waiting = [];
        for (const job of batch) job.settle({ reason });
      }
    }
    committing = undefined;
  };

  const write = <T>(change: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      let answer = (): void => reject(new Error('the change was never run'));
      const run = (): void => {
        try {
          const result = store.transactionSync(change);
          answer = () => resolve(result);
        } catch (error) {
          answer = () => reject(error);
        }
      };
      waiting.push({ run, settle: (failure) => (failure === undefined ? answer() : reject(failure.reason)) });
      committing ??= commitWaiting();
    });
  return { write, settled: async () => committing };
};

/** lmdb-js tells why a commit failed by a second promise, which nobody else would catch. */
const reasonOf = (error: unknown): unknown => {
  const reason = error instanceof Error && 'commitError' in error ? (error.commitError as Promise<unknown>) : undefined;
  return reason === undefined ? error : reason.catch((cause: unknown) => cause);
};

/** Without overlapping sync a commit's promise means "on disk"; that is the whole of `j: true`. */
const openStore = (path: string, noSync: boolean): RootDatabase<Buffer, Buffer> =>
  open<Buffer, Buffer>({
    path,
    keyEncoding: 'binary',
    encoding: 'binary',
    overlappingSync: false,
    eventTurnBatching: false,
    noSync,
  });

/** LMDB would let two processes in; each would trust its own memory of the catalogue. Its reader table knows who lives. */
const refuseSecondProcess = (store: RootDatabase<Buffer, Buffer>, directory: string): void => {
  store.getKeysCount({ limit: 1 });
  const pids = store.readerList().match(/^\s*\d+/gm) ?? [];
  if (pids.some((pid) => Number(pid) !== process.pid))
    throw new Error(`The data folder ${directory} is used by another process.`);
};

/** Moves a folder out of the way, so that the next start begins empty and nothing is lost. Returns its new name. */
export const setFolderAside = async (directory: string, now: Date): Promise<string> => {
  const target = `${directory}.damaged-${now.toISOString().replaceAll(':', '-')}`;
  await rename(directory, target);
  return target;
};
