import { createHash } from 'node:crypto';
import { errors } from './errors.js';

/** The states of an order and the arrows between them. A driver may only follow an arrow, and each arrow is one guarded write. */
export const arrows = {
  ACCEPTED: ['RESERVED', 'CANCELLING'],
  RESERVED: ['CHARGED', 'CANCELLING'],
  // A paid order never cancels by itself: giving the money back is a refund, which is a saga of its own.
  CHARGED: ['CONFIRMED'],
  CANCELLING: ['CANCELLED'],
  CONFIRMED: [],
  CANCELLED: [],
} as const satisfies Record<string, readonly string[]>;

export type OrderState = keyof typeof arrows;
type NextState<S extends OrderState> = (typeof arrows)[S][number];

/** From here a driver can still go on. */
export type OpenState = Exclude<OrderState, 'CONFIRMED' | 'CANCELLED'>;

export const orderStates = Object.keys(arrows) as OrderState[];
export const openStates = orderStates.filter((state) => arrows[state].length > 0);

export type CancelCode = 'out_of_stock' | 'payment_declined' | 'cancelled_by_customer' | 'expired';
/** Why an order was given up; `sku` names the line that could not be reserved. */
interface CancelReason {
  readonly code: CancelCode;
  readonly sku?: string | undefined;
}

export const paymentMethods = ['card_ok', 'card_declined', 'card_slow', 'card_flaky'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

export interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
}
/** What the customer asked for. Money is absent on purpose: prices come from the product service. */
export interface OrderRequest {
  readonly lines: readonly RequestedLine[];
  readonly paymentMethod: PaymentMethod;
}
/** `unitPrice` in minor units of the order's currency. */
export interface OrderLine extends RequestedLine {
  readonly name: string;
  readonly unitPrice: number;
}
export type Actor = 'request' | 'recovery' | 'cancel';
interface HistoryEntry {
  readonly state: OrderState;
  readonly at: Date;
  readonly by: Actor;
  readonly traceId?: string | undefined;
}

interface OrderCore {
  readonly id: string;
  readonly orderNo: string;
  readonly sub: string;
  readonly bodyHash: string;
  readonly lines: readonly OrderLine[];
  /** Minor units of `currency`. */
  readonly total: number;
  readonly currency: string;
  /** Kept so that a recovery can send the charge again; a test method's name, never card data. */
  readonly paymentMethod: PaymentMethod;
  readonly createdAt: Date;
  readonly version: number;
  /** How often a recovery has taken this order up. */
  readonly attempts: number;
  /** When a recovery may next look at it; absent once the order is terminal and has been told of. */
  readonly nextAttemptAt?: Date | undefined;
  /** Saves two drivers from doing the same work. Safety never depends on it. */
  readonly lease: { readonly owner: string; readonly until: Date };
  /** W3C trace context of the request that placed the order; a recovery's trace refers to it. */
  readonly traceparent?: string | undefined;
  readonly history: readonly HistoryEntry[];
}

type InState<S extends OrderState> = S extends 'CANCELLING' | 'CANCELLED'
  ? OrderCore & { readonly state: S; readonly reason: CancelReason }
  : OrderCore & { readonly state: S };
/** An order in one of the given states; only one that is given up has a reason. */
export type OrderIn<S extends OrderState> = S extends OrderState ? InState<S> : never;
export type Order = OrderIn<OrderState>;

type MoveTo<S extends OrderState> = S extends 'CANCELLING'
  ? { readonly to: S; readonly reason: CancelReason }
  : { readonly to: S; readonly reason?: undefined };
/** Where an order may go from a state, and what has to be said with it. */
export type MoveFrom<S extends OrderState> = NextState<S> extends infer To extends OrderState ? MoveTo<To> : never;

export const isTerminal = (order: Order): order is OrderIn<'CONFIRMED' | 'CANCELLED'> =>
  arrows[order.state].length === 0;

/** Until the charge is known to have succeeded an order can still be given up; afterwards it can only be finished. */
export const isCancellable = (order: Order): order is OrderIn<'ACCEPTED' | 'RESERVED'> =>
  order.state === 'ACCEPTED' || order.state === 'RESERVED';

/** Whether the states, in this order, are a walk along the arrows that starts at ACCEPTED. */
export const isPath = (states: readonly OrderState[]): boolean =>
  states[0] === 'ACCEPTED' &&
  states.slice(1).every((state, i) => {
    const from = states[i];
    return from !== undefined && (arrows[from] as readonly OrderState[]).includes(state);
  });

/** Uniqueness of a key lives in the id. The subject is part of it, so that nobody can meet another customer's order by guessing a key. */
export const toOrderId = (sub: string, idempotencyKey: string): string =>
  createHash('sha256').update(`${sub}|${idempotencyKey}`).digest('base64url');

/** Digest of the request in one fixed spelling: white space and the order of JSON members do not make another request, other lines do. */
export const toBodyHash = ({ lines, paymentMethod }: OrderRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([paymentMethod, lines.map(({ sku, quantity }) => [sku, quantity])]))
    .digest('base64url');

// Crockford's base 32: no I, L, O, U, so that a number read out on the telephone arrives.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The number people use, `G-2026-7K3M9Q`. Thirty bits of the id's digest; `salt` gives another one when two orders meet. */
export const toOrderNo = (id: string, year: number, salt: number): string => {
  const digest = createHash('sha256').update(`${id}|${salt}`).digest();
  const symbols = Array.from(digest.subarray(0, 6), (byte) => alphabet.charAt(byte % 32));
  return `G-${year}-${symbols.join('')}`;
};

/** Sum of the lines in minor units. */
const totalOf = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);

/** Minor units: a million euros. */
const maxTotal = 100_000_000;

/** What the product service says of a SKU; `amount` in minor units. */
export interface Price {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: { readonly amount: number; readonly currency: string };
}

/** Puts names and prices to the lines. All must exist and have one currency, and the sum has to be worth a charge. */
export const pricedLines = (
  requested: readonly RequestedLine[],
  prices: readonly Price[],
): { lines: OrderLine[]; currency: string } => {
  const bySku = new Map(prices.map((price) => [price.sku, price]));
  const unknown = requested.flatMap(({ sku }, i) => (bySku.has(sku) ? [] : [`body.lines.${i}.sku`]));
  if (unknown.length > 0) {
    throw errors.unknownSku({ errors: unknown.map((path) => ({ path, problem: 'is not a product' })) });
  }
  const lines = requested.flatMap(({ sku, quantity }) => {
    const price = bySku.get(sku);
    return price === undefined ? [] : [{ sku, name: price.name, quantity, unitPrice: price.unitPrice.amount }];
  });
  const [currency = '', ...others] = new Set(prices.map((price) => price.unitPrice.currency));
  if (others.length > 0) throw errors.mixedCurrencies();
  const total = totalOf(lines);
  if (total < 1 || total > maxTotal) throw errors.totalOutOfBounds();
  return { lines, currency };
};

interface NewOrder extends Pick<OrderCore, 'id' | 'sub' | 'bodyHash' | 'lines' | 'currency' | 'paymentMethod'> {
  readonly lease: OrderCore['lease'];
  readonly traceparent: string | undefined;
  readonly at: Date;
  /** Draws another order number if the first one is taken. */
  readonly salt: number;
}

/** An accepted order that a request's driver holds. Until its lease ends no recovery takes it up. */
export const newOrder = ({ at, salt, ...order }: NewOrder): OrderIn<'ACCEPTED'> => ({
  ...order,
  orderNo: toOrderNo(order.id, at.getUTCFullYear(), salt),
  state: 'ACCEPTED',
  total: totalOf(order.lines),
  createdAt: at,
  version: 1,
  attempts: 0,
  nextAttemptAt: order.lease.until,
  history: [{ state: 'ACCEPTED', at, by: 'request', traceId: toTraceId(order.traceparent) }],
});

/** The trace id of a W3C traceparent (version-traceid-parentid-flags). */
export const toTraceId = (traceparent: string | undefined): string | undefined => traceparent?.split('-')[1];

const expiryMs = 15 * 60_000;
/** Nobody waits for an order that has not been charged for a quarter of an hour. */
export const isTooOld = (order: Order, now: Date): boolean => now.getTime() - order.createdAt.getTime() > expiryMs;

/**
 * How long a recovery waits after its n-th attempt: min(60 s, 2^n s) times 0.5 to 0.9, so that the orders of one outage do not
 * come back together, and each ends within 60 s of the last fault.
 */
export const backoffMs = (attempts: number, random: number): number =>
  Math.round(Math.min(60_000, 1000 * 2 ** attempts) * (0.9 - 0.4 * random));
