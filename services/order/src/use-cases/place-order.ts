import {
  isTerminal,
  newOrder,
  type Order,
  type OrderIn,
  type OrderLine,
  type OrderRequest,
  pricedLines,
  toBodyHash,
  toOrderId,
} from '../domain.js';
import { errors } from '../errors.js';
import { createBudget } from './budget.js';
import type { Budget, Driver, Ports } from './ports.js';
import type { Saga } from './saga.js';

export interface NewOrder {
  readonly sub: string;
  readonly idempotencyKey: string;
  readonly request: OrderRequest;
  /** What the caller's deadline leaves for all of it, in milliseconds. */
  readonly timeLeftMs: number;
}

/** How far it came. `in_progress`: somebody else is working on this key's order; `deferred`: a recovery will finish it. */
export type Placement =
  | { readonly outcome: 'confirmed'; readonly order: OrderIn<'CONFIRMED'> }
  | { readonly outcome: 'refused'; readonly order: OrderIn<'CANCELLED'> }
  | { readonly outcome: 'in_progress' | 'deferred'; readonly order: Order };

const attempts = 2;
const maxBudgetMs = 3_000;
/** The rest of the caller's time is for the way back, and for a database that answers late. */
const budgetShare = 0.6;
/** Outlives the budget and one hanging database call; what comes later finds the order free for a recovery. */
const leaseMs = 10_000;

/** The time that a request may spend on an order: 3 s of the gateway's 5 s. */
export const createRequestBudget = (clock: Ports['clock'], timeLeftMs: number): Budget =>
  createBudget(clock, { totalMs: Math.min(maxBudgetMs, timeLeftMs * budgetShare), attempts });

export const createRequestDriver = (id: string, by: 'request' | 'cancel', budget: Budget): Driver => ({
  id,
  by,
  leaseMs,
  budget,
});

export const createPlaceOrder = (
  { store, products, customers, probe, clock, newId }: Ports,
  saga: Saga,
): ((order: NewOrder) => Promise<Placement>) => {
  const checkCustomer = async (sub: string, budget: Budget): Promise<void> => {
    if (!(await customers.mayBuy(sub, budget))) throw errors.customerMayNotBuy();
  };

  const price = async ({ lines }: OrderRequest, budget: Budget): Promise<{ lines: OrderLine[]; currency: string }> => {
    const prices = await products.prices(
      lines.map((line) => line.sku),
      budget,
    );
    return pricedLines(lines, prices);
  };

  /** Inserts the order, or finds the one that has its id. A number that another order has is drawn again. */
  const accept = async (order: (salt: number) => Order): Promise<Order> => {
    for (let salt = 0; ; salt += 1) {
      const candidate = order(salt);
      const result = await store.insert(candidate);
      if (result === 'inserted') return candidate;
      const existing = result === 'id_taken' ? await store.find(candidate.id) : undefined;
      if (existing !== undefined) return existing;
    }
  };

  return async ({ sub, idempotencyKey, request, timeLeftMs }) => {
    const id = toOrderId(sub, idempotencyKey);
    const bodyHash = toBodyHash(request);
    const replay = (order: Order): Placement => {
      if (order.bodyHash !== bodyHash) throw errors.idempotencyKeyReused();
      probe.replayed(order);
      return toPlacement(order, 'in_progress');
    };
    const budget = createRequestBudget(clock, timeLeftMs);
    const known = await store.find(id);
    if (known !== undefined) return replay(known);

    const [priced] = await Promise.all([price(request, budget), checkCustomer(sub, budget)]);
    const driver = createRequestDriver(newId(), 'request', budget);
    const { paymentMethod } = request;
    const at = clock.now();
    const lease = { owner: driver.id, until: new Date(at.getTime() + leaseMs) };
    const traceparent = probe.traceparent();
    const order = await accept((salt) =>
      newOrder({ id, salt, sub, bodyHash, ...priced, paymentMethod, at, lease, traceparent }),
    );
    // The database's driver sends a write again whose answer was lost, and may then meet this very order.
    if (order.lease.owner !== driver.id) return replay(order);
    probe.accepted(order);
    return toPlacement(await saga.drive(order, driver), 'deferred');
  };
};

const toPlacement = (order: Order, ifOpen: 'in_progress' | 'deferred'): Placement => {
  if (!isTerminal(order)) return { outcome: ifOpen, order };
  return order.state === 'CONFIRMED' ? { outcome: 'confirmed', order } : { outcome: 'refused', order };
};
