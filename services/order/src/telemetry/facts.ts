import type { Fact, Fields } from '@glasshouse/service-kit';
import type { CancelCode, Order } from '../domain.js';

/** The fact that an order is given up, and its word in `orders_total`. */
const refusals = {
  out_of_stock: { action: 'order.out_of_stock', outcome: 'out_of_stock', because: 'a product is out of stock' },
  payment_declined: { action: 'order.declined', outcome: 'declined', because: 'the payment was declined' },
  cancelled_by_customer: {
    action: 'order.cancel_requested',
    outcome: 'cancelled',
    because: 'the customer cancelled it',
  },
  expired: { action: 'order.expired', outcome: 'expired', because: 'it was not charged in time' },
} as const satisfies Record<CancelCode, object>;

export const outcomes = ['confirmed', ...Object.values(refusals).map(({ outcome }) => outcome)];

/** The word for how an order ended; undefined while it has not. */
export const outcomeOf = (order: Order): string | undefined => {
  if (order.state === 'CONFIRMED') return 'confirmed';
  return order.state === 'CANCELLED' ? refusals[order.reason.code].outcome : undefined;
};

/** Both names of an order. They stand in each of its facts and on each of its spans, which is how an order finds its trace. */
export const idsOf = (order: Order): Fields => ({
  'glasshouse.order.id': order.id,
  'glasshouse.order.number': order.orderNo,
});

/** What may be known of an order, picked one by one. */
export const fieldsOf = (order: Order): Fields => ({
  ...idsOf(order),
  'glasshouse.order.state': order.state,
  'glasshouse.order.attempts': order.attempts,
  'glasshouse.order.total': order.total,
  'glasshouse.order.currency': order.currency,
  'user.id': order.sub,
});

/** What has become true when an order is in its state. */
export const factOf = (order: Order): Fact => {
  switch (order.state) {
    case 'ACCEPTED':
      return { action: 'order.accepted', message: `Order ${order.orderNo} was accepted.` };
    case 'RESERVED':
      return { action: 'order.reserved', message: `Every line of order ${order.orderNo} is reserved.` };
    case 'CHARGED':
      return { action: 'order.charged', message: `Order ${order.orderNo} is paid for.` };
    case 'CONFIRMED':
      return { action: 'order.placed', message: `Order ${order.orderNo} is confirmed.` };
    case 'CANCELLING': {
      const { action, because } = refusals[order.reason.code];
      return {
        action,
        message: `Order ${order.orderNo} is being given up: ${because}.`,
        fields: { 'glasshouse.sku': order.reason.sku },
      };
    }
    case 'CANCELLED':
      return { action: 'order.cancelled', message: `Order ${order.orderNo} is cancelled.` };
  }
};
