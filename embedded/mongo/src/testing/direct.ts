import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '../bson/codec.js';
import type { Document } from '../bson/values.js';
import { createCursors } from '../commands/cursors.js';
import { createDispatch } from '../commands/dispatch.js';
import { type Collections, createCollections } from '../storage/collections.js';
import { type KeyValueStore, openEngine } from '../storage/engine.js';

export interface DirectStore {
  /** Runs a command as if it had come over the wire, and fails on an error answer. */
  run(command: Document): Promise<Document>;
  /** The answer, also when it is an error. */
  ask(command: Document): Promise<Document>;
  find(collection: string, options?: Document): Promise<Document[]>;
  /** What the store is made of, for a look behind the commands. */
  store: KeyValueStore;
  collections: Collections;
  stop(): Promise<void>;
}

/** The store without its socket: the same commands, a thousand times faster to ask. */
export const openDirectStore = async (): Promise<DirectStore> => {
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-mongo-'));
  const engine = await openEngine(directory, false);
  const collections = createCollections(engine.store);
  const clock = { now: () => new Date(0) };
  const failures: unknown[] = [];
  const context = { ...engine, collections, cursors: createCursors(clock), clock, startedAt: clock.now() };
  const dispatch = createDispatch(context, (error) => failures.push(error));
  const connection = { id: 1, serverAddress: '127.0.0.1:1', clientAddress: '127.0.0.1:2' };
  const ask = async (command: Document): Promise<Document> => {
    const reply = await dispatch(() => decode(encode({ ...command, $db: 'test' })), connection);
    if (failures.length > 0) throw failures[0];
    return reply;
  };
  const run = async (command: Document): Promise<Document> => {
    const reply = await ask(command);
    if (reply.ok !== 1 || reply.writeErrors !== undefined) throw new Error(JSON.stringify(reply));
    return reply;
  };
  return {
    store: engine.store,
    collections,
    run,
    ask,
    find: async (collection, options = {}) => {
      const { cursor } = await run({ find: collection, batchSize: 100_000, ...options });
      return (cursor as { firstBatch: Document[] }).firstBatch;
    },
    stop: async () => {
      await engine.store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
