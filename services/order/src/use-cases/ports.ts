import type { Actor, MoveFrom, OpenState, Order, OrderIn, PaymentMethod, Price } from '../domain.js';

/** What the use cases need from outside. Each adapter stands in a file of its own: store, clients, telemetry, the invoice's thread. */
export interface Ports {
  readonly store: OrderStore;
  readonly products: Products;
  readonly payments: Payments;
  readonly customers: Customers;
  readonly invoices: Invoices;
  readonly probe: Probe;
  readonly clock: { now(): Date };
  readonly newId: () => string;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** One driver works on one order at a time; `id` marks its lease and `by` its history entries. */
export interface Driver {
  readonly id: string;
  readonly by: Actor;
  readonly leaseMs: number;
  readonly budget: Budget;
}

/** The time a driver has, over all of its calls. */
export interface Budget {
  /**
   * Time-out and attempts of the next call, at most `capMs` an attempt, such that all attempts fit into what is left.
   * Throws `deadline_exceeded` when too little is left to begin.
   */
  forCall(capMs: number): { timeoutMs: number; attempts: number };
}

/** Who follows an arrow, and when. */
export interface Step {
  readonly at: Date;
  readonly by: Actor;
  readonly traceparent?: string | undefined;
  /** Who goes on from the new state; until it ends no recovery looks at the order. */
  readonly lease: Order['lease'];
}

export interface Page {
  readonly limit: number;
  readonly after?: OrderPosition | undefined;
}
/** Where a page of orders ended: newest first, ties broken by id. */
export interface OrderPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** Every write is one guarded write on one document. A rejected write means "outcome unknown". */
export interface OrderStore {
  /** `id_taken`: the key was used before; `number_taken`: try again with another order number. */
  insert(order: Order): Promise<'inserted' | 'id_taken' | 'number_taken'>;
  find(id: string): Promise<Order | undefined>;
  /** Follows one arrow if the order is still in the state that was read; undefined if another driver was faster. */
  advance<O extends Order>(order: O, move: MoveFrom<O['state']>, step: Step): Promise<Order | undefined>;
  /** Takes a due order over by compare-and-set on its lease and counts the attempt; undefined if it is not free. */
  claim(order: Order, lease: Order['lease'], now: Date): Promise<Order | undefined>;
  /** Gives the lease back, if it is still this owner's, and says when a recovery may take the order up. */
  release(order: Order, owner: string, nextAttemptAt: Date): Promise<void>;
  /** Terminal orders that have been told of; nobody has to look at them again. */
  settle(ids: readonly string[]): Promise<void>;
  /** Orders that somebody has to look at by now, longest due first. */
  due(now: Date, limit: number): Promise<Order[]>;
  /** Newest first; all customers' if `sub` is absent. */
  list(sub: string | undefined, page: Page): Promise<Order[]>;
  /** Those of the given orders that are terminal. */
  terminal(ids: readonly string[]): Promise<string[]>;
  /** When the oldest order that is not terminal was accepted. */
  oldestOpen(): Promise<Date | undefined>;
}

export interface Products {
  /** Skus that do not exist are missing in the answer. */
  prices(skus: readonly string[], budget: Budget): Promise<Price[]>;
  /** `settled`: the hold was committed or released before, so this driver is late. */
  reserve(hold: Hold & { readonly quantity: number }, budget: Budget): Promise<'held' | 'out_of_stock' | 'settled'>;
  /** `lost`: there is no hold to commit, which the protocol excludes. */
  commit(hold: Hold, budget: Budget): Promise<'committed' | 'lost'>;
  release(hold: Hold, budget: Budget): Promise<void>;
}
export interface Hold {
  readonly orderId: string;
  readonly sku: string;
}

export interface Charge {
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly paymentMethod: PaymentMethod;
  readonly sub: string;
}
export interface Payments {
  /** `voided`: the order is being given up by another driver; `mismatch`: it was charged with another amount. */
  charge(charge: Charge, budget: Budget): Promise<'succeeded' | 'declined' | 'voided' | 'mismatch'>;
  void(orderId: string, budget: Budget): Promise<void>;
}

export interface Customers {
  mayBuy(customerId: string, budget: Budget): Promise<boolean>;
}

export interface Invoices {
  /** A PDF document. */
  render(order: OrderIn<'CONFIRMED'>): Promise<Buffer>;
}

/** Business facts, stated once in the past tense; what becomes of them is the probe's business. */
export interface Probe {
  /** The caller's place in the trace: a W3C traceparent. */
  traceparent(): string | undefined;
  /** Runs one step of the saga as a part of the trace that can be seen by itself. */
  step<T>(order: OrderIn<OpenState>, work: () => Promise<T>): Promise<T>;
  /** Runs a recovery in a trace of its own that refers to the order's first one. */
  recovery<T>(order: Order, work: () => Promise<T>): Promise<T>;
  accepted(order: Order): void;
  replayed(order: Order): void;
  /** An arrow was followed; `order` is what it led to. */
  advanced(order: Order, by: Actor): void;
  /** A driver stopped before the end; a recovery will go on. `cause` is absent when nothing failed. */
  deferred(order: Order, by: Actor, cause: unknown): void;
  /** A recovery brought the order to its end. */
  recovered(order: Order): void;
  /** The order had ended before, but who ended it did not live to tell. */
  retold(order: Order): void;
  commitLost(order: Order, sku: string): void;
  invoiceRendered(order: Order, bytes: number): void;
}
