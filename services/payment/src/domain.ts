/** The test methods that card processors offer: each behaves in one way. They are card data: never in telemetry, never stored. */
export const paymentMethods = ['card_ok', 'card_declined', 'card_slow', 'card_flaky'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

/** What the processor says. Once stored it is final, whoever asks again. */
export type Decision = 'SUCCEEDED' | 'DECLINED';

/** One currency, as in the rest of the shop. */
export const currencies = ['EUR'] as const;
export type Currency = (typeof currencies)[number];

export interface Money {
  /** Integer minor units (cents). */
  readonly amount: number;
  readonly currency: Currency;
}

/** A charge as the order service asks for it. */
export interface Charge {
  readonly orderId: string;
  readonly money: Money;
  /** The customer who pays. */
  readonly sub: string;
  readonly paymentMethod: PaymentMethod;
}

interface ChargedPayment {
  readonly orderId: string;
  readonly money: Money;
  readonly sub: string;
  /** When the payment came into this state; RFC 3339 text. */
  readonly at: string;
}

/** VOIDED is a tombstone: nothing was ever charged, and nothing ever will be, so it has neither an amount nor an owner. */
export type Payment =
  | ({ readonly state: 'SUCCEEDED' | 'DECLINED' | 'REFUNDED' } & ChargedPayment)
  | { readonly state: 'VOIDED'; readonly orderId: string; readonly at: string };

export type PaymentState = Payment['state'];
export const paymentStates = ['SUCCEEDED', 'DECLINED', 'VOIDED', 'REFUNDED'] as const satisfies PaymentState[];

/** What a charge meets when its order has a payment already. */
export const compareToCharge = (payment: Payment, charge: Charge): 'same' | 'given_up' | 'different' => {
  if (payment.state === 'VOIDED' || payment.state === 'REFUNDED') return 'given_up';
  const isSame =
    payment.money.amount === charge.money.amount &&
    payment.money.currency === charge.money.currency &&
    payment.sub === charge.sub;
  return isSame ? 'same' : 'different';
};

/** Whose payment it is. Nobody owns a tombstone. */
export const isOwnedBy = (payment: Payment, sub: string): boolean => payment.state !== 'VOIDED' && payment.sub === sub;
