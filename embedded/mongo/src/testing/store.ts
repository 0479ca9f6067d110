import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Double, Long, ObjectId } from 'bson';
import mongoose from 'mongoose';
import { createDocumentStore, type DocumentStoreOptions } from '../index.js';

export type Db = mongoose.mongo.Db;
export type MongoClient = mongoose.mongo.MongoClient;

/** A collection of documents with any `_id`, which the driver's types would take for an ObjectId. */
export type Things = mongoose.mongo.Collection<Loose>;
interface Loose extends mongoose.mongo.BSON.Document {
  _id?: string | number | number[] | Double | Long | ObjectId;
}

export interface TestStore {
  /** A collection that no other test uses. */
  fresh(): Things;
  db: Db;
  client: MongoClient;
  port: number;
  directory: string;
  url: string;
  logs: string[];
  /** Stops the store and starts it again on the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const connect = (url: string): Promise<MongoClient> =>
  mongoose.mongo.MongoClient.connect(url, { serverSelectionTimeoutMS: 5000 });

/** A store of its own for one test file, in a temporary folder, with the MongoDB driver connected to it. */
export const startTestStore = async (options: Partial<DocumentStoreOptions> = {}): Promise<TestStore> => {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'glasshouse-mongo-')));
  const logs: string[] = [];
  const create = (port: number) =>
    createDocumentStore({ directory, port, isDurable: false, log: (line) => logs.push(line), ...options });
  let store = create(0);
  const { port } = await store.start();
  const url = `mongodb://127.0.0.1:${port}/test`;
  const client = await connect(url);
  let collections = 0;
  return {
    fresh: () => {
      collections += 1;
      return client.db('test').collection<Loose>(`c${collections}`);
    },
    db: client.db('test'),
    client,
    port,
    directory,
    url,
    logs,
    restart: async () => {
      await store.stop();
      store = create(port);
      await store.start();
    },
    stop: async () => {
      await client.close();
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** The code of the error that a promise rejects with; the driver keeps MongoDB's number there. */
export const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
};
