import type { Database } from '@glasshouse/service-kit';
import { startDocumentStore, type TestDocumentStore } from '@glasshouse/test-kit';
import fc from 'fast-check';
import mongoose from 'mongoose';
import type { Product } from './domain.js';
import { createStore } from './store/index.js';
import { createUseCases, type Orders, type Probe, type ProductStore } from './use-cases.js';

jest.setTimeout(60_000);
/** Many examples, but no more than a busy machine can run in a few seconds. */
const enough = { numRuns: 40, interruptAfterTimeLimit: 6_000 };

/** The raw document, to check what no answer shows. */
interface RawSku {
  _id: string;
  stocked: number;
  available: number;
  sold: number;
  holds: { o: string; q: number }[];
  settled: { o: string; r: string; at: Date }[];
}

let documentStore: TestDocumentStore;
let connection: mongoose.Connection;
let store: ProductStore;
let nowMs = Date.parse('2026-01-01T12:00:00Z');
const clock = { now: () => new Date(nowMs) };
const noCache = { get: (_sku: string, load: () => Promise<Product>) => load(), invalidate: async () => {} };
const silent = new Proxy({}, { get: () => () => {} }) as Probe;

beforeAll(async () => {
  documentStore = await startDocumentStore();
  connection = await mongoose
    .createConnection(documentStore.url('stock'), { sanitizeFilter: true } as object)
    .asPromise();
  store = createStore(createDatabase());
});

afterAll(async () => {
  await connection?.close();
  await documentStore?.stop();
});

/** As the kit makes it, but for the telemetry. */
const createDatabase = (): Database => ({
  connection,
  model: <T>(name: string, schema: mongoose.Schema<T>) => connection.model<T>(name, schema, name),
});

const createShop = (orders?: Orders) => createUseCases({ store, cache: noCache, orders, probe: silent, clock });

let lastSku = 0;
const addSku = async (available: number): Promise<string> => {
  lastSku += 1;
  const sku = `SKU-${lastSku}`;
  await store.add(
    { sku, name: sku, description: '', price: { amount: 1, currency: 'EUR' }, tags: [], available },
    clock.now(),
  );
  return sku;
};

const readRaw = async (sku: string): Promise<RawSku> => {
  const found = await connection.collection<RawSku>('skus').findOne({ _id: sku });
  if (found === null) throw new Error(`${sku} is missing`);
  return found;
};

/** I1 of the order protocol, and that an order is in one place only. */
const expectSound = ({ stocked, available, sold, holds, settled }: RawSku): void => {
  expect(available).toBeGreaterThanOrEqual(0);
  expect(available + holds.reduce((sum, { q }) => sum + q, 0) + sold).toBe(stocked);
  const seen = [...holds, ...settled].map(({ o }) => o);
  expect(new Set(seen).size).toBe(seen.length);
};

type Operation = 'reserve' | 'commit' | 'release';
interface Step {
  operation: Operation;
  order: number;
}

const orderIds = ['order-000', 'order-001', 'order-002', 'order-003'] as const;
const quantityOf = (order: number): number => order + 1;
const step = fc.record<Step>({
  operation: fc.constantFrom<Operation[]>('reserve', 'commit', 'release'),
  order: fc.nat(orderIds.length - 1),
});

/** Runs one step as the order service would; an error becomes its code. */
const run = async (shop: ReturnType<typeof createShop>, sku: string, { operation, order }: Step): Promise<string> => {
  const key = { sku, orderId: orderIds[order] ?? '' };
  try {
    if (operation === 'reserve') await shop.reserve({ ...key, quantity: quantityOf(order) });
    else if (operation === 'commit') await shop.commit(key);
    else return await shop.release(key);
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** The protocol in ten lines, to compare with. */
const createModel = (available: number) => {
  const claims = new Map<number, 'HELD' | 'COMMITTED' | 'RELEASED'>();
  return ({ operation, order }: Step): string => {
    const claim = claims.get(order);
    if (operation === 'reserve') {
      if (claim !== undefined) return claim === 'HELD' ? 'ok' : 'hold_settled';
      if (available < quantityOf(order)) return 'out_of_stock';
      available -= quantityOf(order);
      claims.set(order, 'HELD');
      return 'ok';
    }
    if (operation === 'commit') {
      if (claim === 'HELD') claims.set(order, 'COMMITTED');
      return claim === 'HELD' || claim === 'COMMITTED' ? 'ok' : 'commit_lost';
    }
    if (claim === 'HELD') available += quantityOf(order);
    if (claim !== 'COMMITTED') claims.set(order, 'RELEASED');
    return claims.get(order) ?? '';
  };
};

test('any sequence of calls, repeated and out of order, answers as the protocol says', async () => {
  const shop = createShop();
  await fc.assert(
    fc.asyncProperty(fc.nat(8), fc.array(step, { maxLength: 16 }), async (available, steps) => {
      const sku = await addSku(available);
      const model = createModel(available);
      for (const each of steps) {
        expect(await run(shop, sku, each)).toBe(model(each));
        expectSound(await readRaw(sku));
      }
    }),
    enough,
  );
});

test('any interleaving of calls at once keeps the stock sound and every answer final', async () => {
  const shop = createShop();
  await fc.assert(
    fc.asyncProperty(fc.nat(8), fc.array(step, { minLength: 4, maxLength: 24 }), async (available, steps) => {
      const sku = await addSku(available);
      const answers = await Promise.all(steps.map((each) => run(shop, sku, each)));
      const raw = await readRaw(sku);
      expectSound(raw);
      for (const [i, { operation, order }] of steps.entries()) {
        const settled = raw.settled.find(({ o }) => o === orderIds[order])?.r;
        if (operation === 'release') expect(settled).toBe(answers[i] === 'COMMITTED' ? 'C' : 'R');
        if (operation === 'commit' && answers[i] === 'ok') expect(settled).toBe('C');
      }
      // Everything again, one by one: what was answered before stays true.
      for (const order of orderIds.keys()) expect(await run(shop, sku, { operation: 'release', order })).not.toBe('ok');
      const rested = await readRaw(sku);
      expect(rested.holds).toEqual([]);
      expectSound(rested);
    }),
    enough,
  );
});

test('a hundred reserves at once on a stock of ten: exactly ten hold', async () => {
  const shop = createShop();
  const sku = await addSku(10);
  const reserves = Array.from({ length: 100 }, (_, i) => shop.reserve({ sku, orderId: `rush-${i}`, quantity: 1 }));
  const outcomes = await Promise.allSettled(reserves);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  const raw = await readRaw(sku);
  expect(raw).toMatchObject({ available: 0, stocked: 10, sold: 0 });
  expectSound(raw);
});

test('admins changing stock while orders come and go never break the sum', async () => {
  const shop = createShop();
  const sku = await addSku(20);
  const work = Array.from({ length: 30 }, async (_, i) => {
    const key = { sku, orderId: `busy-${i}` };
    await shop.reserve({ ...key, quantity: 1 + (i % 3) }).catch(() => {});
    await shop.changeStock({ sku }, i % 2 === 0 ? 3 : -4).catch(() => {});
    await (i % 3 === 0 ? shop.commit(key) : shop.release(key)).catch(() => {});
  });
  await Promise.all(work);
  expectSound(await readRaw(sku));
});

test('a repeated reserve with another quantity is refused, not passed off as the first one', async () => {
  const shop = createShop();
  const sku = await addSku(10);
  await shop.reserve({ sku, orderId: 'order-000', quantity: 2 });
  await expect(shop.reserve({ sku, orderId: 'order-000', quantity: 3 })).rejects.toMatchObject({
    code: 'hold_mismatch',
    status: 422,
  });
  expect(await readRaw(sku)).toMatchObject({ available: 8 });
});

test('a SKU that never existed has no stock, nothing to commit, and nothing to give back', async () => {
  const shop = createShop();
  const key = { sku: 'NEVER', orderId: 'order-000' };
  await expect(shop.reserve({ ...key, quantity: 1 })).rejects.toMatchObject({ code: 'out_of_stock' });
  await expect(shop.commit(key)).rejects.toMatchObject({ code: 'commit_lost' });
  expect(await shop.release(key)).toBe('RELEASED');
});

test('a removed product keeps its tombstones and sales, and comes back with a new stock beside them', async () => {
  const shop = createShop();
  const sku = await addSku(5);
  await shop.reserve({ sku, orderId: 'order-000', quantity: 2 });
  await expect(shop.removeProduct({ sku })).rejects.toMatchObject({ code: 'product_has_holds', status: 409 });
  await shop.commit({ sku, orderId: 'order-000' });
  await shop.removeProduct({ sku });
  await expect(shop.reserve({ sku, orderId: 'order-001', quantity: 1 })).rejects.toMatchObject({
    code: 'out_of_stock',
  });
  expect(await shop.release({ sku, orderId: 'order-002' })).toBe('RELEASED');
  const { version } = await shop.createProduct({
    sku,
    name: 'Again',
    description: '',
    price: { amount: 2, currency: 'EUR' },
    tags: [],
    available: 7,
  });
  expect(version).toBeGreaterThan(2);
  await expect(shop.reserve({ sku, orderId: 'order-002', quantity: 1 })).rejects.toMatchObject({
    code: 'hold_settled',
  });
  const raw = await readRaw(sku);
  expect(raw).toMatchObject({ available: 7, sold: 2, stocked: 9 });
  expectSound(raw);
});

test('a settlement is forgotten only when its order is terminal and its time is over', async () => {
  const asked: string[] = [];
  const shop = createShop({
    async findTerminal(orderIds) {
      asked.push(...orderIds);
      return orderIds.filter((id) => id !== 'order-001');
    },
  });
  const sku = await addSku(9);
  for (const orderId of ['order-000', 'order-001']) {
    await shop.reserve({ sku, orderId, quantity: 1 });
    await shop.commit({ sku, orderId });
  }
  const { signal } = new AbortController();
  await shop.pruneSettled(signal);
  expect(asked).toEqual([]);
  nowMs += 10 * 60_000;
  await shop.release({ sku, orderId: 'order-002' });
  await shop.pruneSettled(signal);
  const { settled } = await readRaw(sku);
  expect(settled.map(({ o }) => o)).toEqual(['order-001', 'order-002']);
});
