import { defineError } from '@glasshouse/service-kit';

export const errors = {
  customerMayNotBuy: defineError({
    kind: 'forbidden',
    code: 'customer_may_not_buy',
    message: 'This customer may not place orders.',
  }),
  unknownSku: defineError({
    kind: 'unprocessable',
    code: 'unknown_sku',
    message: 'The order names a product that does not exist.',
  }),
  mixedCurrencies: defineError({
    kind: 'unprocessable',
    code: 'mixed_currencies',
    message: 'All lines of an order must have one currency.',
  }),
  totalOutOfBounds: defineError({
    kind: 'unprocessable',
    code: 'total_out_of_bounds',
    message: 'The total of the order is zero or too large.',
  }),
  idempotencyKeyReused: defineError({
    kind: 'unprocessable',
    code: 'idempotency_key_reused',
    message: 'This idempotency key was used for another order.',
  }),
  orderInProgress: defineError({
    kind: 'conflict',
    code: 'order_in_progress',
    message: 'The order of this idempotency key is still being worked on.',
  }),
  paymentDeclined: defineError({
    kind: 'payment_required',
    code: 'payment_declined',
    message: 'The payment was declined.',
  }),
  outOfStock: defineError({ kind: 'conflict', code: 'out_of_stock', message: 'Not enough stock.' }),
  orderCancelled: defineError({ kind: 'conflict', code: 'order_cancelled', message: 'The order was cancelled.' }),
  orderNotFound: defineError({ kind: 'not_found', code: 'order_not_found', message: 'There is no such order.' }),
  orderNotCancellable: defineError({
    kind: 'conflict',
    code: 'order_not_cancellable',
    message: 'The order is paid for and can no longer be cancelled.',
  }),
  orderNotConfirmed: defineError({
    kind: 'conflict',
    code: 'order_not_confirmed',
    message: 'Only a confirmed order has an invoice.',
  }),
  /** Another service's answer contradicts the protocol. The order stays as it is, is tried again, and a person has to look. */
  sagaContradicted: defineError({
    kind: 'bad_gateway',
    code: 'saga_contradicted',
    message: 'An answer contradicts the state of the order.',
  }),
} as const;
