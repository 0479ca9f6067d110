import { randomUUID } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { buy, type Purchase, type Wish } from './buyer.js';
import type { Evidence } from './evidence.js';
import type { TestShop } from './shop.js';

export interface NewPurchase {
  readonly token: string;
  readonly wish: Wish;
  /** A new one if it is absent. */
  readonly key?: string | undefined;
}

/** Buys in a shop, remembers what was promised, and checks it against what the shop's API tells once it has come to rest. */
export interface Books {
  place(purchase: NewPurchase): Promise<Purchase>;
  /** Every order of the shop, once no order is on its way any more. */
  orders(): Promise<Order[]>;
  /** Invariants I1 to I5 of an order (services/order/src/testing/invariants.ts). @returns each contradiction, in words */
  contradictions(): Promise<string[]>;
}

/** @param stocked units by SKU: products that are made here, and that nobody else may touch */
export const openBooks = async (shop: TestShop, stocked: Readonly<Record<string, number>>): Promise<Books> => {
  const purchases: Purchase[] = [];
  const keys = new Set<string>();
  const adminToken = await shop.adminToken();
  for (const [sku, available] of Object.entries(stocked)) {
    const body = { sku, name: `Test ${sku}`, price: { amount: 250, currency: 'EUR' }, available };
    const { status } = await shop.call('POST', '/api/products', { token: adminToken, body });
    if (status !== 201) throw new Error(`product ${sku}: ${status}`);
  }
  const orders = async (token: string): Promise<Order[]> =>
    waitFor(
      'every order to be at its end',
      async () => {
        const found = await readOrders(shop, token);
        return found.every(isTerminal) ? found : undefined;
      },
      90_000,
    );
  return {
    async place({ token, wish, key = randomUUID() }) {
      keys.add(`${token} ${key}`);
      const purchase = await buy(shop, { token, key, wish });
      purchases.push(purchase);
      return purchase;
    },
    orders: async () => orders(await shop.adminToken()),
    async contradictions() {
      const token = await shop.adminToken();
      return audit({ shop, adminToken: token, orders: await orders(token), purchases, keys: keys.size, stocked });
    },
  };
};

export interface Order {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly total: { readonly amount: number; readonly currency: string };
  readonly history: readonly { readonly state: string }[];
}

/** The walks along the arrows that an order may take; the last state is where it rests. */
const paths = [
  'ACCEPTED RESERVED CHARGED CONFIRMED',
  'ACCEPTED CANCELLING CANCELLED',
  'ACCEPTED RESERVED CANCELLING CANCELLED',
];

/** An administrator sees every order. */
const readOrders = async (shop: TestShop, adminToken: string): Promise<Order[]> => {
  const orders: Order[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor === undefined ? {} : { cursor }) });
    const { status, body } = await shop.call('GET', `/api/orders?${query}`, { token: adminToken });
    if (status !== 200) throw new Error(`orders: ${status}`);
    orders.push(...body.items);
    cursor = body.next;
  } while (cursor !== undefined);
  return orders;
};

const isTerminal = ({ state }: Order): boolean => state === 'CONFIRMED' || state === 'CANCELLED';

interface Audit {
  readonly shop: TestShop;
  readonly adminToken: string;
  readonly orders: readonly Order[];
  readonly purchases: readonly Purchase[];
  /** How many idempotency keys were sent, also those whose outcome nobody has seen. */
  readonly keys: number;
  /** Units that were put in stock, by SKU; nothing else may have been sold of them. */
  readonly stocked: Readonly<Record<string, number>>;
}

const audit = async (given: Audit): Promise<string[]> => [
  ...(await findWrongStock(given)),
  ...(await findWrongPayments(given)),
  ...findWrongHistories(given),
  ...findWrongAnswers(given),
];

/** I1 and I2: what is no longer available was sold by a confirmed order, and nothing else. */
const findWrongStock = async ({ shop, orders, stocked }: Audit): Promise<string[]> => {
  const problems = Object.entries(stocked).map(async ([sku, units]) => {
    const { body } = await shop.call('GET', `/api/products/${sku}/availability`);
    const sold = orders
      .filter(({ state }) => state === 'CONFIRMED')
      .flatMap(({ lines }) => lines)
      .filter((line) => line.sku === sku)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    return units - body.available === sold ? [] : [`${sku}: ${units} stocked, ${body.available} left, ${sold} sold`];
  });
  return (await Promise.all(problems)).flat();
};

/** I3: one payment of the total for a confirmed order; no money for a cancelled one. */
const findWrongPayments = async ({ shop, adminToken, orders }: Audit): Promise<string[]> => {
  const problems: string[] = [];
  for (const { id, state, total } of orders) {
    const { status, body } = await shop.call('GET', `/api/payments/${id}`, { token: adminToken });
    if (status !== 200 && status !== 404) throw new Error(`payment of ${id}: ${status}`);
    const payment = status === 404 ? 'none' : body.state;
    const hasPaid = payment === 'SUCCEEDED' && JSON.stringify(body.amount) === JSON.stringify(total);
    const hasNotPaid = ['none', 'DECLINED', 'VOIDED', 'REFUNDED'].includes(payment);
    if (state === 'CONFIRMED' ? hasPaid : hasNotPaid) continue;
    problems.push(`${id} is ${state}, ${total.amount}, and its payment ${payment}, ${body.amount?.amount}`);
  }
  return problems;
};

/** I4: every order has ended, by a walk along the arrows. */
const findWrongHistories = ({ orders }: Audit): string[] =>
  orders.flatMap(({ id, state, history }) => {
    const path = history.map((entry) => entry.state).join(' ');
    return paths.includes(path) && path.endsWith(state) ? [] : [`${id} is ${state} after ${path}`];
  });

/** I5: who was told 201 has a confirmed order, who was refused has none; and each key made one order at most. */
const findWrongAnswers = ({ orders, purchases, keys }: Audit): string[] => {
  const byId = new Map(orders.map((order) => [order.id, order]));
  const wrong = purchases.flatMap(({ key, answers, final }) => {
    const promised = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
    const id: string | undefined = final.body.id ?? final.headers.get('location')?.split('/').at(-1);
    const state = byId.get(id ?? '')?.state;
    if (promised.size > 1) return [`${key} was promised ${promised.size} orders`];
    if (final.status === 201 && state !== 'CONFIRMED') return [`${key} was told 201 and its order is ${state}`];
    if (final.status !== 201 && state === 'CONFIRMED') return [`${key} was told ${final.status} and is CONFIRMED`];
    return [];
  });
  const isOneEach = byId.size === orders.length && orders.length <= keys;
  return isOneEach ? wrong : [...wrong, `${orders.length} orders of ${keys} keys`];
};

/** I7: no order without a log line and a trace that bear its id. @returns the ids that have not */
export const findSilentOrders = async (evidence: Evidence, orders: readonly Order[]): Promise<string[]> => {
  const traced = new Set((await evidence.spansOf('order')).map(({ tags }) => tags['glasshouse.order.id']));
  const silent: string[] = [];
  for (const { id } of orders) {
    const lines = await evidence.count({ term: { 'glasshouse.order.id': id } });
    if (lines === 0 || !traced.has(id)) silent.push(id);
  }
  return silent;
};
