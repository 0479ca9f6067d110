import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDocumentStore } from '@glasshouse/embedded-mongo';
import mongoose from 'mongoose';

export interface TestDocumentStore {
  /** The MONGO_URL of one database of this store. */
  url(database: string): string;
  stop(): Promise<void>;
}

/**
 * The embedded document store on a free port with a folder of its own, so that tests run in parallel.
 * TEST_MONGO_URL (`mongodb://host:port/?options`) points the same tests at another MongoDB-protocol server;
 * each store then uses databases of its own, which it drops when it is stopped.
 */
export const startDocumentStore = async (): Promise<TestDocumentStore> => {
  const external = process.env.TEST_MONGO_URL;
  if (external !== undefined && external !== '') return useExternalStore(external);
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-store-'));
  const store = createDocumentStore({ directory, port: 0 });
  const { port } = await store.start();
  return {
    url: (database) => `mongodb://127.0.0.1:${port}/${database}`,
    async stop() {
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const useExternalStore = (external: string): TestDocumentStore => {
  const prefix = `t${process.pid}${Math.random().toString(36).slice(2, 8)}`;
  const names = new Set<string>();
  return {
    url(database) {
      const name = `${prefix}-${database}`;
      names.add(name);
      const url = new URL(external);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      const client = await mongoose.mongo.MongoClient.connect(external);
      for (const name of names) await client.db(name).dropDatabase();
      await client.close();
    },
  };
};
