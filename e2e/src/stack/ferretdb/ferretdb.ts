import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { freePorts, startTool, toolPath } from '../tool.js';
import { createGaps } from './gaps.js';
import { startProxy } from './proxy.js';

export interface FerretDb {
  /** Of FerretDB itself. It is no replica set, so it takes no retryable writes. */
  readonly url: string;
  /** Of a proxy before it that has what the services need and FerretDB lacks (ferretdb-gaps.ts). */
  readonly serviceUrl: string;
  /** How many queries and writes have come through the proxy. */
  served(): number;
  stop(): Promise<void>;
}

/** A FerretDB of its own in a temporary folder. */
export const startFerretDb = async (): Promise<FerretDb> => {
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-ferretdb-'));
  const server = await startTool({
    name: 'FerretDB',
    command: toolPath('ferretdb'),
    args: [`127.0.0.1:${port}`, folder],
    // It decodes every document of a collection for most queries, so that most of its work is garbage.
    environment: { GOGC: '400' },
    isReady: () => accepts(toUrl(port)),
  });
  const client = await mongoose.mongo.MongoClient.connect(toUrl(port));
  const proxy = await startProxy(port, createGaps(client));
  return {
    url: toUrl(port),
    serviceUrl: toUrl(proxy.port),
    served: proxy.served,
    async stop() {
      await proxy.stop();
      await client.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const toUrl = (port: number): string => `mongodb://127.0.0.1:${port}/?retryWrites=false`;

const accepts = async (url: string): Promise<boolean> => {
  const client = await mongoose.mongo.MongoClient.connect(url, { serverSelectionTimeoutMS: 500 });
  await client.close();
  return true;
};
