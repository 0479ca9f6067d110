import type { Clock } from '@glasshouse/service-kit';
import { type Charge, compareToCharge, type Decision, isOwnedBy, type Payment, type PaymentState } from './domain.js';
import { errors } from './errors.js';

/** Every write is one guarded write on one document; an order's payment is never deleted. */
export interface PaymentStore {
  find(orderId: string): Promise<Payment | undefined>;
  /** The decision stands from this insert on. `undefined`: the order has a payment already. */
  insertDecision(charge: Charge, decision: Decision, at: Date): Promise<Payment | undefined>;
  /** `undefined`: the order has a payment already. */
  insertVoided(orderId: string, at: Date): Promise<Payment | undefined>;
  /** `undefined`: the payment is not, or no longer, SUCCEEDED. */
  refund(orderId: string, at: Date): Promise<Payment | undefined>;
}

export interface Processor {
  /**
   * Decides on a charge without effect: money only moves by the insert of the decision.
   * @throws processor_unavailable if it fails, or the signal aborts before it has decided
   */
  decide(charge: Charge, signal: AbortSignal): Promise<Decision>;
}

export interface Probe {
  paymentSucceeded(payment: Payment): void;
  paymentDeclined(payment: Payment): void;
  paymentVoided(payment: Payment): void;
  paymentRefunded(payment: Payment): void;
  paymentRepeated(orderId: string, operation: 'charge' | 'void'): void;
  chargeRefused(orderId: string, reason: 'payment_voided' | 'payment_mismatch'): void;
  processorFailed(orderId: string): void;
}

export interface Caller {
  readonly sub: string;
  readonly isAdmin: boolean;
}

export interface Ports {
  store: PaymentStore;
  processor: Processor;
  probe: Probe;
  clock: Clock;
}

export type UseCases = ReturnType<typeof createUseCases>;

export const createUseCases = ({ store, processor, probe, clock }: Ports) => {
  /** The answer to a charge whose order has a payment: the stored decision, or why there will never be one. */
  const repeat = (payment: Payment, charge: Charge): Payment => {
    const comparison = compareToCharge(payment, charge);
    if (comparison === 'same') {
      probe.paymentRepeated(charge.orderId, 'charge');
      return payment;
    }
    const refusal = comparison === 'given_up' ? errors.paymentVoided() : errors.paymentMismatch();
    probe.chargeRefused(charge.orderId, comparison === 'given_up' ? 'payment_voided' : 'payment_mismatch');
    throw refusal;
  };

  const decide = async (charge: Charge, signal: AbortSignal): Promise<Decision> => {
    try {
      return await processor.decide(charge, signal);
    } catch (error) {
      probe.processorFailed(charge.orderId);
      throw error;
    }
  };

  const findExisting = async (orderId: string): Promise<Payment> => {
    const payment = await store.find(orderId);
    if (payment === undefined) throw errors.paymentNotFound();
    return payment;
  };

  return {
    /**
     * Charges an order at most once, however often and from wherever it is asked: whoever inserts the decision first
     * has made it, and everybody else finds it.
     * @throws payment_voided, payment_mismatch, processor_unavailable
     */
    async charge(charge: Charge, signal: AbortSignal): Promise<Payment> {
      const stored = await store.find(charge.orderId);
      if (stored !== undefined) return repeat(stored, charge);
      const decision = await decide(charge, signal);
      const payment = await store.insertDecision(charge, decision, clock.now());
      if (payment === undefined) return repeat(await findExisting(charge.orderId), charge);
      if (decision === 'SUCCEEDED') probe.paymentSucceeded(payment);
      else probe.paymentDeclined(payment);
      return payment;
    },

    /**
     * Makes sure that an order is not, and never will be, paid: money that was taken goes back, and where there is no
     * payment yet a tombstone stops a charge that comes late. A declined payment is already what it should be.
     */
    async void(orderId: string): Promise<PaymentState> {
      const voided = await store.insertVoided(orderId, clock.now());
      if (voided !== undefined) {
        probe.paymentVoided(voided);
        return voided.state;
      }
      const refunded = await store.refund(orderId, clock.now());
      if (refunded !== undefined) {
        probe.paymentRefunded(refunded);
        return refunded.state;
      }
      probe.paymentRepeated(orderId, 'void');
      return (await findExisting(orderId)).state;
    },

    /** @throws payment_not_found also for somebody else's payment: that it exists is none of their business */
    async getPayment(orderId: string, caller: Caller): Promise<Payment> {
      const payment = await findExisting(orderId);
      if (!caller.isAdmin && !isOwnedBy(payment, caller.sub)) throw errors.paymentNotFound();
      return payment;
    },
  };
};
