import { backoffMs, isTerminal, isTooOld, type MoveFrom, type Order, type OrderIn } from '../domain.js';
import { errors } from '../errors.js';
import type { Outbox } from './outbox.js';
import type { Driver, Ports } from './ports.js';

export type Saga = ReturnType<typeof createSaga>;

/**
 * Drives an order from wherever it stands towards its end. The request that places it, the one that cancels it and the recovery
 * use this same code, and may do so at once: each step can be repeated, and each arrow is followed by one of them only.
 */
export const createSaga = ({ store, products, payments, probe, clock, random }: Ports, outbox: Outbox) => {
  const readAgain = async (order: Order): Promise<Order> => {
    const found = await store.find(order.id);
    if (found === undefined) throw errors.sagaContradicted({ detail: 'The order is gone.' });
    return found;
  };

  /** Another driver must have moved the order on. If none has, going on from the same state would only go round in circles. */
  const readProgress = async (order: Order): Promise<Order> => {
    const found = await readAgain(order);
    if (found.version === order.version)
      throw errors.sagaContradicted({ detail: `Nothing moved on from ${order.state}.` });
    return found;
  };

  const advance = async <O extends Order>(order: O, move: MoveFrom<O['state']>, driver: Driver): Promise<Order> => {
    const at = clock.now();
    const lease = { owner: driver.id, until: new Date(at.getTime() + driver.leaseMs) };
    const step = { at, by: driver.by, traceparent: probe.traceparent(), lease };
    const moved = await store.advance(order, move, step).catch(async (cause: unknown) => {
      // The outcome is unknown: the arrow was followed if what stands there now bears this driver's mark.
      const found = await readAgain(order);
      if (found.version === order.version) throw cause;
      return found.version === order.version + 1 && found.lease.owner === driver.id ? found : undefined;
    });
    if (moved === undefined) return readAgain(order);
    probe.advanced(moved, driver.by);
    if (isTerminal(moved)) outbox.told(moved);
    return moved;
  };

  const reserve = async (order: OrderIn<'ACCEPTED'>, driver: Driver): Promise<Order> => {
    if (isTooOld(order, clock.now())) return advance(order, { to: 'CANCELLING', reason: { code: 'expired' } }, driver);
    for (const { sku, quantity } of order.lines) {
      const answer = await products.reserve({ orderId: order.id, sku, quantity }, driver.budget);
      if (answer === 'settled') return readProgress(order);
      if (answer === 'out_of_stock')
        return advance(order, { to: 'CANCELLING', reason: { code: 'out_of_stock', sku } }, driver);
    }
    return advance(order, { to: 'RESERVED' }, driver);
  };

  const charge = async (order: OrderIn<'RESERVED'>, driver: Driver): Promise<Order> => {
    if (isTooOld(order, clock.now())) return advance(order, { to: 'CANCELLING', reason: { code: 'expired' } }, driver);
    const { id: orderId, total: amount, currency, paymentMethod, sub } = order;
    const answer = await payments.charge({ orderId, amount, currency, paymentMethod, sub }, driver.budget);
    switch (answer) {
      case 'succeeded':
        return advance(order, { to: 'CHARGED' }, driver);
      case 'declined':
        return advance(order, { to: 'CANCELLING', reason: { code: 'payment_declined' } }, driver);
      case 'voided':
        return readProgress(order);
      case 'mismatch':
        throw errors.sagaContradicted({ detail: 'The order was charged with another amount.' });
    }
  };

  const confirm = async (order: OrderIn<'CHARGED'>, driver: Driver): Promise<Order> => {
    for (const { sku } of order.lines) {
      const answer = await products.commit({ orderId: order.id, sku }, driver.budget);
      if (answer === 'lost') {
        probe.commitLost(order, sku);
        throw errors.sagaContradicted({ detail: `The hold of ${sku} is gone although it is paid for.` });
      }
    }
    return advance(order, { to: 'CONFIRMED' }, driver);
  };

  /** Both calls leave tombstones where they find nothing, so that a charge or hold still on its way comes too late. */
  const cancel = async (order: OrderIn<'CANCELLING'>, driver: Driver): Promise<Order> => {
    await payments.void(order.id, driver.budget);
    for (const { sku } of order.lines) await products.release({ orderId: order.id, sku }, driver.budget);
    return advance(order, { to: 'CANCELLED' }, driver);
  };

  const stepFrom = async (order: Order, driver: Driver): Promise<Order> => {
    switch (order.state) {
      case 'ACCEPTED':
        return reserve(order, driver);
      case 'RESERVED':
        return charge(order, driver);
      case 'CHARGED':
        return confirm(order, driver);
      case 'CANCELLING':
        return cancel(order, driver);
      case 'CONFIRMED':
      case 'CANCELLED':
        return order;
    }
  };

  return {
    advance,

    /**
     * Follows arrows until the order is terminal, the budget is spent or a step fails, and returns where it stands then. Never
     * rejects: an accepted order is never lost, and whatever stopped this driver, a recovery goes on.
     */
    async drive(order: Order, driver: Driver): Promise<Order> {
      let current = order;
      try {
        while (!isTerminal(current)) {
          const from = current;
          current = await probe.step(from, () => stepFrom(from, driver));
        }
      } catch (cause) {
        probe.deferred(current, driver.by, cause);
        const nextAttemptAt = new Date(clock.now().getTime() + backoffMs(current.attempts, random()));
        // If this fails too, the lease runs out by itself.
        await store.release(current, driver.id, nextAttemptAt).catch(() => undefined);
      }
      return current;
    },
  };
};
