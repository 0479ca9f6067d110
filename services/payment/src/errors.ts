import { defineError } from '@glasshouse/service-kit';

/** Every refusal of this service that is not one of the kit's own. A declined card is a decision, not an error. */
export const errors = {
  paymentNotFound: defineError({
    kind: 'not_found',
    code: 'payment_not_found',
    message: 'There is no payment for this order.',
  }),
  paymentMismatch: defineError({
    kind: 'unprocessable',
    code: 'payment_mismatch',
    message: 'This order was already charged with another amount or for another customer.',
  }),
  paymentVoided: defineError({
    kind: 'conflict',
    code: 'payment_voided',
    message: 'The payment of this order was given up and can never be charged.',
  }),
  processorUnavailable: defineError({
    kind: 'unavailable',
    code: 'processor_unavailable',
    message: 'The card processor has not decided yet; send the same charge again.',
  }),
};
