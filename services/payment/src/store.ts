import { type Database, isDuplicateKey, mongooseSchema } from '@glasshouse/service-kit';
import type { Attempts } from './clients/processor.js';
import type { Currency, Payment, PaymentState } from './domain.js';
import type { PaymentStore } from './use-cases.js';

/** Amount and owner are absent in a tombstone. How it was paid is never stored. */
interface PaymentDocument {
  _id: string;
  state: PaymentState;
  amount?: number;
  currency?: string;
  sub?: string;
  at: Date;
}

/** The processor's memory of charges that it has seen; `_id` is the order. */
interface AttemptDocument {
  _id: string;
  at: Date;
}

const text = { type: String, required: true } as const;
const date = { type: Date, required: true } as const;

export const createStore = (database: Database): PaymentStore => {
  const payments = database.model<PaymentDocument>(
    'payments',
    mongooseSchema<PaymentDocument>({
      _id: text,
      state: text,
      amount: Number,
      currency: String,
      sub: String,
      at: date,
    }),
  );

  /** The unique `_id` decides who was first: no lock, no transaction. */
  const insert = async (document: PaymentDocument): Promise<Payment | undefined> => {
    try {
      await payments.create(document);
      return toPayment(document);
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  };

  return {
    async find(orderId) {
      const found = await payments.findOne({ _id: orderId }, null, { lean: true });
      return found === null ? undefined : toPayment(found);
    },

    insertDecision: ({ orderId, money, sub }, decision, at) =>
      insert({ _id: orderId, state: decision, amount: money.amount, currency: money.currency, sub, at }),

    insertVoided: (orderId, at) => insert({ _id: orderId, state: 'VOIDED', at }),

    async refund(orderId, at) {
      const refunded = await payments.findOneAndUpdate(
        { _id: orderId, state: 'SUCCEEDED' },
        { $set: { state: 'REFUNDED', at } },
        { returnDocument: 'after', lean: true },
      );
      return refunded === null ? undefined : toPayment(refunded);
    },
  };
};

/** A day is far longer than any order is tried; an attempt forgotten after it does no harm. */
const attemptKeptSeconds = 24 * 60 * 60;

export const createAttempts = (database: Database): Attempts => {
  const attempts = database.model<AttemptDocument>(
    'attempts',
    mongooseSchema<AttemptDocument>({ _id: text, at: date }).index(
      { at: 1 },
      { expireAfterSeconds: attemptKeptSeconds },
    ),
  );
  return {
    async begin(orderId, at) {
      try {
        await attempts.create({ _id: orderId, at });
        return { isFirst: true, firstAt: at };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const first = await attempts.findOne({ _id: orderId }, null, { lean: true });
        return { isFirst: false, firstAt: first?.at ?? at };
      }
    },
  };
};

const toPayment = ({ _id, state, amount, currency, sub, at }: PaymentDocument): Payment => {
  const base = { orderId: _id, at: at.toISOString() };
  if (state === 'VOIDED') return { ...base, state };
  return { ...base, state, sub: sub ?? '', money: { amount: amount ?? 0, currency: currency as Currency } };
};
