import { isPath, isTerminal, type Order } from '../../domain.js';
import type { Shop } from './shop.js';

/** What must hold at any instant, whoever has crashed: stock is conserved, nobody pays twice, and confirmed means paid and sold. */
export const brokenAtAnyInstant = ({ orders, skus, payments }: Shop): string[] => {
  const broken: string[] = [];
  for (const [name, { stocked, available, holds, sold }] of skus) {
    const held = [...holds.values()].reduce((sum, quantity) => sum + quantity, 0);
    if (available < 0 || stocked !== available + held + sold) broken.push(`I1: stock of ${name} is not conserved`);
  }
  for (const [id, { captures, refunds }] of payments) {
    if (captures > 1) broken.push('I3: an order was charged twice');
    if (refunds > captures) broken.push('I3: more was refunded than charged');
    const order = orders.get(id);
    if (order?.state === 'CONFIRMED' && captures - refunds !== 1) broken.push('I3: a confirmed order is not paid');
  }
  for (const { history } of orders.values()) {
    if (!isPath(history.map(({ state }) => state))) broken.push('I4: a history is no path of the graph');
  }
  return broken;
};

/** What must hold besides once the last fault is over and the recovery has run. */
export const brokenAtRest = (shop: Shop): string[] => {
  const { orders, skus, payments } = shop;
  const broken = brokenAtAnyInstant(shop);
  const confirmed = [...orders.values()].filter(({ state }) => state === 'CONFIRMED');
  for (const [name, { holds, sold }] of skus) {
    if (holds.size > 0) broken.push(`I2: ${name} is held for ever`);
    if (sold !== soldBy(confirmed, name)) broken.push(`I2: what was sold of ${name} is not what was confirmed`);
  }
  for (const order of orders.values()) {
    if (!isTerminal(order)) broken.push(`I4: an order stays ${order.state}`);
    const payment = payments.get(order.id);
    const net = payment === undefined ? 0 : payment.captures - payment.refunds;
    if (order.state === 'CONFIRMED' && (payment?.state !== 'SUCCEEDED' || payment.amount !== order.total)) {
      broken.push('I3: a confirmed order has no payment of its total');
    }
    if (order.state === 'CANCELLED' && net !== 0) broken.push('I3: the money of a cancelled order was kept');
  }
  return broken;
};

const soldBy = (orders: readonly Order[], sku: string): number =>
  orders.flatMap(({ lines }) => lines).reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
