import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { root } from '../shop.js';
import { createProcesses, freePort } from './processes.js';

const updates = 20_000;
const connections = 20;
const small = 1_000;
const large = 100_000;
const finds = 3_000;

/** Drives the document store through mongoose's own driver, in a process of its own. */
export const benchStore = async (): Promise<void> => {
  const processes = createProcesses();
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-bench-'));
  const port = await freePort();
  processes.start([join(root, 'embedded/mongo/dist/main.js'), '--port', String(port), '--directory', directory]);
  const client = await mongoose
    .createConnection(`mongodb://127.0.0.1:${port}/bench`, { maxPoolSize: connections, minPoolSize: connections })
    .asPromise();
  try {
    const items = client.collection<{ _id: string; available: number; version: number }>('items');
    await items.insertMany(
      Array.from({ length: 100 }, (_, index) => ({ _id: `sku-${index}`, available: 1e9, version: 0 })),
    );
    const perSecond = await rateOf(updates, async (index) => {
      const filter = { _id: `sku-${index % 100}`, available: { $gte: 1 } };
      await items.findOneAndUpdate(
        filter,
        { $inc: { available: -1, version: 1 } },
        { writeConcern: { w: 1, j: true } },
      );
    });
    process.stdout.write(
      `findOneAndUpdate, condition, j:true, ${connections} connections: ${perSecond.toFixed(0)}/s (target 2000)\n`,
    );
    const few = await findRate(client, 'few', small);
    const many = await findRate(client, 'many', large);
    process.stdout.write(
      `indexed find among ${large} against ${small} documents: ${(few / many).toFixed(2)} x the time (target at most 2)\n`,
    );
  } finally {
    await client.close();
    await processes.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const findRate = async (client: mongoose.Connection, name: string, count: number): Promise<number> => {
  const collection = client.collection<{ owner: number; text: string }>(name);
  await collection.createIndex({ owner: 1 });
  for (let start = 0; start < count; start += 1_000) {
    await collection.insertMany(
      Array.from({ length: 1_000 }, (_, index) => ({ owner: start + index, text: 'x'.repeat(100) })),
    );
  }
  return rateOf(finds, async (index) => {
    const found = await collection.find({ owner: (index * 7919) % count }).toArray();
    if (found.length !== 1) throw new Error(`found ${found.length} documents instead of one`);
  });
};

/** Operations per second with as many at once as there are connections. */
const rateOf = async (count: number, operation: (index: number) => Promise<void>): Promise<number> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await operation(next++);
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  return count / ((performance.now() - startedAt) / 1_000);
};
