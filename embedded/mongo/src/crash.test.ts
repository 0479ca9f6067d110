import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { createCollections } from './storage/collections.js';
import { openEngine } from './storage/engine.js';
import { findDisagreements } from './testing/agreement.js';
import { ensureBuilt, type StoreProcess, startProcess } from './testing/process.js';

/** CI runs a hundred rounds; a developer's `npm test` a few. */
const rounds = Number(process.env.CRASH_ROUNDS ?? 5);
const writers = 8;

interface Item {
  _id: string;
  n: number;
  list: number[];
  unique: string;
}

/** What the store acknowledged, and what it was asked for when it died: the latter may or may not have happened. */
interface Known {
  items: Map<string, number>;
  counters: Map<string, { acknowledged: number; attempted: number }>;
  unknown: Set<string>;
}

const open = (port: number) =>
  mongoose.mongo.MongoClient.connect(`mongodb://127.0.0.1:${port}`, {
    retryWrites: false,
    retryReads: false,
    serverSelectionTimeoutMS: 5000,
    socketTimeoutMS: 30_000,
  });

const collectionOf = (client: mongoose.mongo.MongoClient) => ({
  items: client.db('crash').collection<Item>('items', { writeConcern: { w: 1, j: true } }),
  counters: client.db('crash').collection<{ _id: string; n: number }>('counters', { writeConcern: { w: 1, j: true } }),
});

const write = async (
  client: mongoose.mongo.MongoClient,
  writer: string,
  known: Known,
  isKilled: () => boolean,
): Promise<void> => {
  const { items, counters } = collectionOf(client);
  const counter = known.counters.get(writer.slice(-1)) ?? { acknowledged: 0, attempted: 0 };
  known.counters.set(writer.slice(-1), counter);
  for (let i = 0; !isKilled(); i += 1) {
    const _id = `${writer}-${i}`;
    const earlier = `${writer}-${i - 3}`;
    try {
      known.unknown.add(_id);
      await items.insertOne({ _id, n: i, list: [i, i + 1, i % 3], unique: _id });
      known.items.set(_id, i);
      known.unknown.delete(_id);
      counter.attempted += 1;
      await counters.updateOne({ _id: writer.slice(-1) }, { $inc: { n: 1 } }, { upsert: true });
      counter.acknowledged = counter.attempted;
      if (i < 3 || i % 4 !== 0) continue;
      known.unknown.add(earlier);
      known.items.delete(earlier);
      if (i % 8 === 0) await items.deleteOne({ _id: earlier });
      else {
        await items.findOneAndUpdate({ _id: earlier, n: i - 3 }, { $set: { n: -i, list: [] } });
        known.items.set(earlier, -i);
      }
      known.unknown.delete(earlier);
    } catch {
      return;
    }
  }
};

const verify = async (client: mongoose.mongo.MongoClient, known: Known): Promise<void> => {
  const { items, counters } = collectionOf(client);
  const found = new Map((await items.find().toArray()).map(({ _id, n }) => [_id, n]));
  const missing = [...known.items].filter(([id, n]) => found.get(id) !== n);
  expect(missing).toEqual([]);
  const unexpected = [...found.keys()].filter((id) => !known.items.has(id) && !known.unknown.has(id));
  expect(unexpected).toEqual([]);
  for (const { _id, n } of await counters.find().toArray()) {
    const counter = known.counters.get(_id);
    expect(n).toBeGreaterThanOrEqual(counter?.acknowledged ?? 0);
    expect(n).toBeLessThanOrEqual(counter?.attempted ?? 0);
    known.counters.set(_id, { acknowledged: n, attempted: n });
  }
  for (const [id, n] of found) known.items.set(id, n);
  known.unknown.clear();
};

/** Looks into the folder while no process has it open. */
const verifyIndexes = async (directory: string): Promise<void> => {
  const { store } = await openEngine(directory, false);
  for (const collection of createCollections(store).all()) expect(findDisagreements(store, collection)).toEqual([]);
  await store.close();
};

let store: StoreProcess | undefined;
afterAll(() => store?.end('SIGKILL'));

test(
  `kill -9 under concurrent writes, ${rounds} times: every acknowledged write is there, every index agrees with a scan`,
  async () => {
    ensureBuilt();
    const directory = await mkdtemp(join(tmpdir(), 'glasshouse-mongo-crash-'));
    const known: Known = { items: new Map(), counters: new Map(), unknown: new Set() };
    let acknowledged = 0;
    for (let round = 0; round < rounds; round += 1) {
      const current = await startProcess(directory);
      store = current;
      const client = await open(current.port);
      const { items } = collectionOf(client);
      if (round === 0) {
        await items.createIndex({ unique: 1 }, { unique: true });
        await items.createIndex({ list: 1, n: -1 });
      } else await verify(client, known);
      let isKilled = false;
      const before = known.items.size;
      const writing = Array.from({ length: writers }, (_, w) => write(client, `${round}-${w}`, known, () => isKilled));
      // The moment to kill is a number of acknowledged writes, another one each round, so that no machine is too slow.
      const enough = before + 20 + ((round * 37) % 150);
      while (known.items.size < enough) await new Promise((resolve) => setImmediate(resolve));
      const ended = current.end('SIGKILL');
      isKilled = true;
      await Promise.all([ended, ...writing]);
      await client.close();
      await verifyIndexes(directory);
      acknowledged = known.items.size;
    }
    const last = await startProcess(directory);
    store = last;
    const client = await open(last.port);
    await verify(client, known);
    await client.close();
    expect(await last.end('SIGTERM')).toBe(0);
    expect(acknowledged).toBeGreaterThan(rounds * 20);
    await rm(directory, { recursive: true, force: true });
  },
  60_000 + rounds * 6_000,
);
