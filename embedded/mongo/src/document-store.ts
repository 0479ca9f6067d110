import { rename } from 'node:fs/promises';
import type { Context } from './commands/command.js';
import { createCursors } from './commands/cursors.js';
import { createDispatch, forgetOldSessions } from './commands/dispatch.js';
import { removeExpired } from './commands/writes.js';
import { type Collections, createCollections } from './storage/collections.js';
import { DamagedDataError, type Engine, openEngine } from './storage/engine.js';
import { createWireServer } from './wire/server.js';

export interface DocumentStoreOptions {
  directory: string;
  /** 0 picks a free one. */
  port: number;
  host?: string | undefined;
  log?: ((line: string) => void) | undefined;
  clock?: { now(): Date } | undefined;
  /** How often expired documents and old sessions are removed, in ms; MongoDB looks once a minute. */
  housekeepingMs?: number | undefined;
  /** False: an answer does not wait for the disk. For tests, whose data nobody will miss after a power cut. */
  isDurable?: boolean | undefined;
  /** Moves a damaged folder aside instead of refusing to start. */
  setAside?: boolean | undefined;
}

export interface DocumentStore {
  start(): Promise<{ port: number }>;
  stop(): Promise<void>;
}

/** A MongoDB-compatible document store in one folder, reachable by the MongoDB wire protocol. */
export const createDocumentStore = (options: DocumentStoreOptions): DocumentStore => {
  const { directory, host = '127.0.0.1', housekeepingMs = 60_000, isDurable = true } = options;
  const clock = options.clock ?? { now: () => new Date() };
  const log = options.log ?? (() => undefined);
  const report = (error: unknown): void => log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  let end: (() => Promise<void>) | undefined;

  const openOnce = async (): Promise<{ engine: Engine; collections: Collections }> => {
    const engine = await openEngine(directory, isDurable);
    const collections = createCollections(engine.store);
    try {
      collections.all();
      return { engine, collections };
    } catch (error) {
      await engine.store.close();
      throw new DamagedDataError(directory, `its catalogue cannot be read: ${String(error)}`);
    }
  };

  const open = async (): ReturnType<typeof openOnce> => {
    try {
      return await openOnce();
    } catch (error) {
      if (!(error instanceof DamagedDataError) || options.setAside !== true) throw error;
      const aside = `${directory}.damaged-${clock.now().toISOString().replaceAll(':', '-')}`;
      await rename(directory, aside);
      log(`${error.message} It was moved to ${aside}.`);
      return openOnce();
    }
  };

  const start = async (): Promise<{ port: number }> => {
    const { engine, collections } = await open();
    const context: Context = { ...engine, collections, cursors: createCursors(clock), clock, startedAt: clock.now() };
    const keepHouse = async (): Promise<void> => {
      context.cursors.closeIdle(clock.now());
      await engine.write(() => {
        forgetOldSessions(context);
        removeExpired(context);
      });
    };
    let housekeeping = Promise.resolve();
    const timer = setInterval(() => {
      housekeeping = keepHouse().catch(report);
    }, housekeepingMs);
    timer.unref();
    const close = async (): Promise<void> => {
      clearInterval(timer);
      await housekeeping;
      await engine.store.close();
    };
    const server = createWireServer(createDispatch(context, report), report);
    try {
      const port = await server.listen(options.port, host);
      end = () => server.close().then(close);
      return { port };
    } catch (error) {
      await close();
      throw error;
    }
  };

  const stop = async (): Promise<void> => {
    const ending = end?.();
    end = undefined;
    await ending;
  };

  return { start, stop };
};
