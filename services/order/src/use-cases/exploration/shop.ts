import { type Order, openStates, toTraceId } from '../../domain.js';
import type { Charge, Hold, OrderStore, Payments, Products, Step } from '../ports.js';

/** Rules that the protocol would not be right without; each can be broken, to see that the exploration notices. */
export type Mutation =
  | 'none'
  | 'no_release_tombstone'
  | 'no_void_tombstone'
  | 'no_guard'
  | 'charge_not_idempotent'
  | 'commit_not_idempotent'
  | 'hold_expires';

interface Sku {
  readonly stocked: number;
  available: number;
  sold: number;
  readonly holds: Map<string, number>;
  readonly settled: Map<string, 'C' | 'R'>;
}
interface Payment {
  state: 'SUCCEEDED' | 'DECLINED' | 'VOIDED' | 'REFUNDED';
  amount: number;
  captures: number;
  refunds: number;
}

/** A call that may be delivered once, twice, late or never. What it does, it does at the instant of its delivery. */
export type Send = <T>(what: string, effect: () => T) => Promise<T>;

/** The stores of all services in memory, each write as the protocol describes it: one guarded write on one document. */
export const createShop = (stock: Readonly<Record<string, number>>, mutation: Mutation) => {
  const orders = new Map<string, Order>();
  const payments = new Map<string, Payment>();
  const skus = new Map<string, Sku>(
    Object.entries(stock).map(([sku, stocked]) => [
      sku,
      { stocked, available: stocked, sold: 0, holds: new Map(), settled: new Map() },
    ]),
  );
  const skuOf = (name: string): Sku => {
    const found = skus.get(name);
    if (found === undefined) throw new Error(`the scenario stocks no ${name}`);
    return found;
  };
  const change = (id: string, isMatch: (order: Order) => boolean, changes: (order: Order) => object) => {
    const order = orders.get(id);
    if (order === undefined || !isMatch(order)) return undefined;
    const changed = { ...order, ...changes(order) } as Order;
    orders.set(id, changed);
    return changed;
  };
  const isOpen = ({ state }: Order): boolean => openStates.includes(state);

  const reserve = ({ sku: name, orderId, quantity }: Hold & { quantity: number }) => {
    const sku = skuOf(name);
    if (sku.settled.has(orderId)) return 'settled';
    if (sku.holds.has(orderId)) return 'held';
    if (sku.available < quantity) return 'out_of_stock';
    sku.available -= quantity;
    sku.holds.set(orderId, quantity);
    return 'held';
  };
  const commit = ({ sku: name, orderId }: Hold) => {
    const sku = skuOf(name);
    const quantity = sku.holds.get(orderId);
    if (quantity !== undefined) {
      sku.holds.delete(orderId);
      sku.settled.set(orderId, 'C');
      sku.sold += quantity;
      return 'committed';
    }
    if (mutation === 'commit_not_idempotent') sku.sold += 1;
    return sku.settled.get(orderId) === 'C' ? 'committed' : 'lost';
  };
  const release = ({ sku: name, orderId }: Hold): void => {
    const sku = skuOf(name);
    const quantity = sku.holds.get(orderId);
    if (quantity !== undefined) {
      sku.available += quantity;
      sku.holds.delete(orderId);
      sku.settled.set(orderId, 'R');
    } else if (!sku.settled.has(orderId) && mutation !== 'no_release_tombstone') sku.settled.set(orderId, 'R');
  };
  const charge = ({ orderId, amount, paymentMethod }: Charge) => {
    const payment = payments.get(orderId);
    if (payment === undefined) {
      const isPaid = paymentMethod !== 'card_declined';
      const state = isPaid ? 'SUCCEEDED' : 'DECLINED';
      payments.set(orderId, { state, amount, captures: isPaid ? 1 : 0, refunds: 0 });
      return isPaid ? 'succeeded' : 'declined';
    }
    if (payment.amount !== amount) return 'mismatch';
    if (payment.state === 'DECLINED') return 'declined';
    if (payment.state !== 'SUCCEEDED') return 'voided';
    if (mutation === 'charge_not_idempotent') payment.captures += 1;
    return 'succeeded';
  };
  const voidPayment = (orderId: string, amount: number): void => {
    const payment = payments.get(orderId);
    if (payment?.state === 'SUCCEEDED') {
      payment.state = 'REFUNDED';
      payment.refunds += 1;
    } else if (payment === undefined && mutation !== 'no_void_tombstone') {
      payments.set(orderId, { state: 'VOIDED', amount, captures: 0, refunds: 0 });
    }
  };

  const storeOver = (send: Send): OrderStore => ({
    insert: (order) =>
      send('insert', () => {
        if (orders.has(order.id)) return 'id_taken';
        orders.set(order.id, order);
        return 'inserted';
      }),
    find: (id) => send('find', () => orders.get(id)),
    advance: (order, move, step: Step) =>
      send(`advance ${order.state} ${move.to}`, () =>
        change(
          order.id,
          (current) => current.state === order.state || mutation === 'no_guard',
          ({ version, history }) => ({
            state: move.to,
            ...(move.reason === undefined ? {} : { reason: move.reason }),
            version: version + 1,
            lease: step.lease,
            nextAttemptAt: openStates.includes(move.to) ? step.lease.until : undefined,
            history: [...history, { state: move.to, at: step.at, by: step.by, traceId: toTraceId(step.traceparent) }],
          }),
        ),
      ),
    claim: (order, lease, now) =>
      send('claim', () =>
        change(
          order.id,
          (current) =>
            current.nextAttemptAt !== undefined && current.nextAttemptAt <= now && current.lease === order.lease,
          ({ attempts }) => ({ lease, nextAttemptAt: lease.until, attempts: attempts + 1 }),
        ),
      ),
    release: (order, owner, nextAttemptAt) =>
      send('release lease', () => {
        change(
          order.id,
          (current) => isOpen(current) && current.lease.owner === owner,
          ({ lease }) => ({ lease: { ...lease, until: nextAttemptAt }, nextAttemptAt }),
        );
      }),
    due: (now, limit) =>
      send('due', () =>
        [...orders.values()]
          .filter(({ nextAttemptAt }) => nextAttemptAt !== undefined && nextAttemptAt <= now)
          .slice(0, limit),
      ),
    list: async () => [],
    terminal: async () => [],
    oldestOpen: async () => undefined,
  });

  const productsOver = (send: Send): Products => ({
    prices: async (asked) => asked.map((sku) => ({ sku, name: sku, unitPrice: { amount: 100, currency: 'EUR' } })),
    reserve: (hold) => send(`reserve ${hold.sku}`, () => reserve(hold)),
    commit: (hold) => send(`commit ${hold.sku}`, () => commit(hold)),
    release: (hold) => send(`release ${hold.sku}`, () => release(hold)),
  });

  const paymentsOver = (send: Send): Payments => ({
    charge: (asked) => send('charge', () => charge(asked)),
    void: (orderId) => send('void', () => voidPayment(orderId, orders.get(orderId)?.total ?? 0)),
  });

  /** The forbidden thing itself: the product service gives a hold up by its own clock. */
  const expireHolds = (): void => {
    for (const sku of skus.values()) {
      for (const [orderId, quantity] of sku.holds) {
        sku.available += quantity;
        sku.holds.delete(orderId);
      }
    }
  };

  return { orders, skus, payments, storeOver, productsOver, paymentsOver, expireHolds };
};

export type Shop = ReturnType<typeof createShop>;
