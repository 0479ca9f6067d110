import type { Clock } from '@glasshouse/service-kit';
import {
  type Changes,
  type Claim,
  type ClaimKey,
  type Hold,
  type NewProduct,
  type Page,
  type PricedItem,
  type Product,
  type ProductQuery,
  settledKeptMs,
  toPosition,
} from './domain.js';
import { errors } from './errors.js';

/** Which document a write may touch: the listed product of this SKU, at one of these versions if any are given. */
export interface Guard {
  readonly sku: string;
  readonly versions?: readonly number[] | undefined;
}

/** Every write is one guarded write on one document. `undefined` or false: the guard did not match, nothing changed. */
export interface CatalogueStore {
  list(query: ProductQuery): Promise<Product[]>;
  find(sku: string): Promise<Product | undefined>;
  findPrices(skus: readonly string[]): Promise<PricedItem[]>;
  /** Those of the SKUs that exist or once did. */
  findKnown(skus: readonly string[]): Promise<string[]>;
  /** `undefined`: the SKU is taken. A removed product's SKU is free again. */
  add(product: NewProduct, at: Date): Promise<Product | undefined>;
  edit(guard: Guard, changes: Changes, at: Date): Promise<Product | undefined>;
  remove(guard: Guard, at: Date): Promise<true | undefined>;
  changeStock(guard: Guard, delta: number, at: Date): Promise<Product | undefined>;
  countOutOfStock(): Promise<number>;
}

export interface StockStore {
  hold(hold: Hold, at: Date): Promise<{ available: number } | undefined>;
  commit(hold: Hold, at: Date): Promise<true | undefined>;
  release(hold: Hold, at: Date): Promise<true | undefined>;
  /** Settles a claim that holds nothing, so that a reserve that comes late finds it and is refused. */
  bury(key: ClaimKey, at: Date): Promise<true | undefined>;
  /** `undefined`: there has never been such a SKU. */
  findClaim(key: ClaimKey): Promise<Claim | undefined>;
  settledBefore(before: Date): AsyncIterable<{ sku: string; orderIds: string[] }>;
  forgetSettled(sku: string, orderIds: readonly string[], before: Date): Promise<void>;
}

export type ProductStore = CatalogueStore & StockStore;

export interface ProductCache {
  get(sku: string, load: () => Promise<Product>): Promise<Product>;
  invalidate(sku: string): Promise<void>;
}

export interface Orders {
  /** Those of the orders that are in a terminal state. */
  findTerminal(orderIds: readonly string[]): Promise<string[]>;
}

export interface Probe {
  productCreated(product: Product): void;
  productUpdated(product: Product): void;
  productRemoved(sku: string): void;
  productsSeeded(count: number): void;
  stockChanged(product: Product, delta: number): void;
  stockReserved(hold: Hold, available: number): void;
  stockRefused(key: ClaimKey, reason: 'out_of_stock' | 'hold_settled' | 'hold_mismatch'): void;
  stockCommitted(hold: Hold): void;
  stockReleased(key: ClaimKey, quantity: number): void;
  stockRepeated(key: ClaimKey, operation: 'reserve' | 'commit' | 'release'): void;
  commitLost(key: ClaimKey, found: string): void;
  settledPruned(sku: string, count: number): void;
}

export interface Ports {
  store: ProductStore;
  /** Answers readers only. Stock, prices and conditions of writes are always decided on the store. */
  cache: ProductCache;
  orders?: Orders | undefined;
  probe: Probe;
  clock: Clock;
}

export type UseCases = ReturnType<typeof createUseCases>;

export const createUseCases = ({ store, cache, orders, probe, clock }: Ports) => {
  /** Also an error invalidates: it means that the outcome is unknown, so the cached product may be wrong. */
  const changing = async <T>(sku: string, write: () => Promise<T | undefined>): Promise<T | undefined> => {
    let isUnchanged = false;
    try {
      const result = await write();
      isUnchanged = result === undefined;
      return result;
    } finally {
      if (!isUnchanged) await cache.invalidate(sku);
    }
  };

  const findListed = async (sku: string): Promise<Product> => {
    const product = await store.find(sku);
    if (product === undefined) throw errors.productNotFound();
    return product;
  };

  /** Why a guard did not match. The state may have moved on since, but a condition that names versions stays broken. */
  const explain = async ({ sku, versions }: Guard, otherwise: () => Error): Promise<Error> => {
    const { version } = await findListed(sku);
    return versions === undefined || versions.includes(version) ? otherwise() : errors.versionMismatch();
  };

  return {
    async listProducts(query: ProductQuery): Promise<Page> {
      const found = await store.list({ ...query, limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      return found.length > items.length && last ? { items, next: toPosition(last, query.sort) } : { items };
    },

    getProduct: (sku: string): Promise<Product> => cache.get(sku, () => findListed(sku)),

    getAvailability: findListed,

    async createProduct(product: NewProduct): Promise<Product> {
      const created = await changing(product.sku, () => store.add(product, clock.now()));
      if (created === undefined) throw errors.skuTaken();
      probe.productCreated(created);
      return created;
    },

    async editProduct(guard: Guard, changes: Changes): Promise<Product> {
      const edited = await changing(guard.sku, () => store.edit(guard, changes, clock.now()));
      if (edited === undefined) throw await explain(guard, () => errors.versionMismatch());
      probe.productUpdated(edited);
      return edited;
    },

    async removeProduct(guard: Guard): Promise<void> {
      const removed = await changing(guard.sku, () => store.remove(guard, clock.now()));
      if (removed === undefined) throw await explain(guard, () => errors.productHasHolds());
      probe.productRemoved(guard.sku);
    },

    /** @param delta units added to (or, negative, taken from) what is available; held and sold units never move */
    async changeStock(guard: Guard, delta: number): Promise<Product> {
      const changed = await changing(guard.sku, () => store.changeStock(guard, delta, clock.now()));
      if (changed === undefined) throw await explain(guard, () => errors.stockBelowZero());
      probe.stockChanged(changed, delta);
      return changed;
    },

    findPrices: (skus: readonly string[]): Promise<PricedItem[]> => store.findPrices([...new Set(skus)]),

    async reserve(hold: Hold): Promise<void> {
      const held = await changing(hold.sku, () => store.hold(hold, clock.now()));
      if (held !== undefined) return probe.stockReserved(hold, held.available);
      const claim = (await store.findClaim(hold)) ?? { state: 'NONE' };
      if (claim.state === 'HELD' && claim.quantity === hold.quantity) return probe.stockRepeated(hold, 'reserve');
      const refuse = { NONE: errors.outOfStock, HELD: errors.holdMismatch } as const;
      const refusal = claim.state in refuse ? refuse[claim.state as keyof typeof refuse]() : errors.holdSettled();
      probe.stockRefused(hold, refusal.code as Parameters<Probe['stockRefused']>[1]);
      throw refusal;
    },

    async commit(key: ClaimKey): Promise<void> {
      // A claim never moves back, so a lost race ends the loop in its next round.
      for (;;) {
        const claim = (await store.findClaim(key)) ?? { state: 'NONE' };
        if (claim.state === 'COMMITTED') return probe.stockRepeated(key, 'commit');
        if (claim.state !== 'HELD') {
          probe.commitLost(key, claim.state);
          throw errors.commitLost();
        }
        const hold = { ...key, quantity: claim.quantity };
        if (await store.commit(hold, clock.now())) return probe.stockCommitted(hold);
      }
    },

    /**
     * Gives a hold back. Without one it leaves a tombstone, or a reserve that was delayed would hold stock for ever.
     * A SKU that never existed needs none: no order could be priced with it.
     */
    async release(key: ClaimKey): Promise<'RELEASED' | 'COMMITTED'> {
      for (;;) {
        const claim = (await store.findClaim(key)) ?? { state: 'RELEASED' };
        if (claim.state === 'COMMITTED' || claim.state === 'RELEASED') {
          probe.stockRepeated(key, 'release');
          return claim.state;
        }
        const quantity = claim.state === 'HELD' ? claim.quantity : 0;
        const release = () => changing(key.sku, () => store.release({ ...key, quantity }, clock.now()));
        if (await (quantity > 0 ? release() : store.bury(key, clock.now()))) {
          probe.stockReleased(key, quantity);
          return 'RELEASED';
        }
      }
    },

    /** Forgets settlements that no message can ask for any more: the order is terminal and lease + 5 min are over. */
    async pruneSettled(signal: AbortSignal): Promise<void> {
      if (orders === undefined) return;
      const before = new Date(clock.now().getTime() - settledKeptMs);
      for await (const { sku, orderIds } of store.settledBefore(before)) {
        if (signal.aborted) return;
        const terminal = await orders.findTerminal(orderIds);
        if (terminal.length === 0) continue;
        await store.forgetSettled(sku, terminal, before);
        probe.settledPruned(sku, terminal.length);
      }
    },

    /** Adds the products that have never been there; one that an admin edited or removed stays as it is. */
    async seed(products: readonly NewProduct[]): Promise<void> {
      const known = new Set(await store.findKnown(products.map(({ sku }) => sku)));
      let count = 0;
      for (const product of products) {
        if (!known.has(product.sku) && (await store.add(product, clock.now()))) count += 1;
      }
      if (count > 0) probe.productsSeeded(count);
    },
  };
};
