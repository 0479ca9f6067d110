import type { Fact, Telemetry } from '@glasshouse/service-kit';
import type { Payment } from './domain.js';
import type { Probe } from './use-cases.js';

const outcomes = ['succeeded', 'declined', 'voided', 'refunded', 'unavailable'] as const;

/** What each business fact becomes. Nothing here ever sees how a payment was made: the method is card data. */
export const createProbe = (telemetry: Telemetry): Probe => {
  const payments = telemetry.metrics.counter({
    name: 'payments_total',
    help: 'Charges and voids, by outcome; each counts once, however often it was asked for.',
    labels: { outcome: outcomes },
  });
  const state = (orderId: string, fact: Fact): void => {
    const fields = { 'glasshouse.order.id': orderId, ...fact.fields };
    telemetry.fact({ ...fact, fields, tags: fields });
  };
  const conclude = (payment: Payment, outcome: (typeof outcomes)[number], fact: Fact): void => {
    payments.inc({ outcome });
    const money = payment.state === 'VOIDED' ? undefined : payment.money;
    const fields = { 'glasshouse.payment.amount': money?.amount, 'glasshouse.payment.currency': money?.currency };
    state(payment.orderId, { ...fact, fields });
  };

  return {
    paymentSucceeded: (payment) =>
      conclude(payment, 'succeeded', { action: 'payment.succeeded', message: 'A payment succeeded.' }),

    paymentDeclined: (payment) =>
      conclude(payment, 'declined', { action: 'payment.declined', message: 'A payment was declined.' }),

    paymentVoided: (payment) =>
      conclude(payment, 'voided', {
        action: 'payment.voided',
        message: 'An order that was not charged never will be.',
      }),

    paymentRefunded: (payment) =>
      conclude(payment, 'refunded', { action: 'payment.refunded', message: 'A payment was given back.' }),

    paymentRepeated: (orderId, operation) =>
      state(orderId, {
        action: 'payment.repeated',
        message: 'A call came again; nothing was changed.',
        level: 'debug',
        fields: { 'glasshouse.operation': operation },
      }),

    chargeRefused: (orderId, reason) =>
      state(orderId, {
        action: 'payment.refused',
        message: 'A charge contradicts the payment that its order already has.',
        level: 'warn',
        fields: { 'glasshouse.reason': reason },
      }),

    processorFailed(orderId) {
      payments.inc({ outcome: 'unavailable' });
      const message = 'The card processor did not decide; the charge has to be sent again.';
      state(orderId, { action: 'payment.processor_failed', message, level: 'warn' });
    },
  };
};
