import { isCancellable, type Order } from '../domain.js';
import { errors } from '../errors.js';
import { createRequestBudget, createRequestDriver } from './place-order.js';
import type { Ports } from './ports.js';
import type { Saga } from './saga.js';

/** `timeLeftMs`: what the caller's deadline leaves, in milliseconds. */
export interface Cancellation {
  readonly id: string;
  readonly sub: string;
  readonly timeLeftMs: number;
}

/** Gives up an order that is not paid for yet, and waits for its end as long as there is time. Cancelling twice is cancelling once. */
export const createCancelOrder = (
  { store, clock, newId }: Ports,
  saga: Saga,
): ((c: Cancellation) => Promise<Order>) => {
  const find = async (id: string, sub: string): Promise<Order> => {
    const order = await store.find(id);
    if (order === undefined || order.sub !== sub) throw errors.orderNotFound();
    return order;
  };

  return async ({ id, sub, timeLeftMs }) => {
    const driver = createRequestDriver(newId(), 'cancel', createRequestBudget(clock, timeLeftMs));
    let order = await find(id, sub);
    // Who loses the race against the driver of the order tries again from where that driver has come to.
    while (isCancellable(order)) {
      order = await saga.advance(order, { to: 'CANCELLING', reason: { code: 'cancelled_by_customer' } }, driver);
    }
    if (order.state === 'CHARGED' || order.state === 'CONFIRMED') throw errors.orderNotCancellable();
    return saga.drive(order, driver);
  };
};
