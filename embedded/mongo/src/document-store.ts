import type { Context } from './commands/command.js';
import { createCursors } from './commands/cursors.js';
import { createDispatch } from './commands/dispatch.js';
import { forgetOldSessions } from './commands/sessions.js';
import { type Catalog, createCatalog } from './storage/catalog.js';
import { DamagedDataError, type Engine, openEngine, setFolderAside } from './storage/engine.js';
import { deleteExpired } from './storage/expiry.js';
import { createRecords } from './storage/records.js';
import { createWireServer, type WireServer } from './wire/server.js';

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
  let running: { engine: Engine; server: WireServer; timer: NodeJS.Timeout } | undefined;

  const openOnce = async (): Promise<{ engine: Engine; catalog: Catalog }> => {
    const engine = await openEngine(directory, isDurable);
    const catalog = createCatalog(engine.store);
    try {
      catalog.reload();
      return { engine, catalog };
    } catch (error) {
      await engine.close();
      throw new DamagedDataError(directory, `its catalogue cannot be read: ${String(error)}`);
    }
  };

  const open = async (): ReturnType<typeof openOnce> => {
    try {
      return await openOnce();
    } catch (error) {
      if (!(error instanceof DamagedDataError) || options.setAside !== true) throw error;
      log(`${error.message} It was moved to ${await setFolderAside(directory, clock.now())}.`);
      return openOnce();
    }
  };

  const start = async (): Promise<{ port: number }> => {
    const { engine, catalog } = await open();
    const records = createRecords(engine.store, catalog);
    const context: Context = { engine, catalog, records, cursors: createCursors(clock), clock, startedAt: clock.now() };
    const keepHouse = async (): Promise<void> => {
      context.cursors.closeIdle(clock.now());
      await engine.write(() => {
        forgetOldSessions(engine.store, clock.now());
        deleteExpired(engine.store, catalog, records, clock.now());
      });
    };
    const timer = setInterval(() => void keepHouse().catch(report), housekeepingMs);
    timer.unref();
    const server = createWireServer(createDispatch(context, report), report);
    try {
      const port = await server.listen(options.port, host);
      running = { engine, server, timer };
      return { port };
    } catch (error) {
      clearInterval(timer);
      await engine.close();
      throw error;
    }
  };

  const stop = async (): Promise<void> => {
    if (running === undefined) return;
    const { engine, server, timer } = running;
    running = undefined;
    clearInterval(timer);
    await server.close();
    await engine.close();
  };

  return { start, stop };
};
