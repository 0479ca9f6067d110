import { defineRoute, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import { currencies, type Payment, paymentMethods, paymentStates } from './domain.js';
import { errors } from './errors.js';
import type { UseCases } from './use-cases.js';

const orderId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8 to 64 characters of base64url')
  .meta({ description: 'The order that is paid', examples: ['n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'] });

const orderParams = z.object({ orderId });

const amount = z
  .int()
  .min(1)
  .max(1_000_000_000_000)
  .meta({ description: 'Minor units (cents)', examples: [2580] });
const currency = z.enum(currencies).meta({ examples: ['EUR'] });

const chargeBody = z.strictObject({
  amount,
  currency,
  // The messages of zod would list the methods, and they are card data as far as logs are concerned.
  paymentMethod: z
    .enum(paymentMethods, { error: 'is not a payment method' })
    .meta({ description: 'A test method; decides how the processor behaves', examples: ['card_ok'] }),
  sub: z.string().min(1).max(128).meta({ description: 'The customer who pays' }),
});

const paymentAnswer = z
  .object({
    orderId,
    state: z.enum(paymentStates).meta({ description: 'VOIDED: never charged; REFUNDED: charged and given back' }),
    amount: z.object({ amount, currency }).optional().meta({ description: 'Absent in VOIDED, which charged nothing' }),
    at: z.string().meta({
      format: 'date-time',
      description: 'Since when it is in this state',
      examples: ['2026-01-01T12:00:00.000Z'],
    }),
  })
  .meta({ id: 'Payment' });

const toBody = (payment: Payment) => ({
  orderId: payment.orderId,
  state: payment.state,
  ...(payment.state === 'VOIDED' ? {} : { amount: payment.money }),
  at: payment.at,
});

/** The public endpoint, behind the gateway. */
export const createRoutes = (useCases: UseCases): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/payments/:orderId',
    access: 'user',
    tag: 'payments',
    summary: 'Read the payment of an order',
    description: 'For the customer who paid and for admins; to everybody else it does not exist.',
    params: orderParams,
    answers: { 200: { description: 'The payment', body: paymentAnswer } },
    errors: [errors.paymentNotFound],
    handler: async ({ params, caller }) => ok(toBody(await useCases.getPayment(params.orderId, caller))),
  }),
];

/** What the order service asks; every call may come twice, late, or after the one that was meant to follow it. */
export const createInternalRoutes = (useCases: UseCases): Route[] => {
  const base = { access: { services: ['order'] }, tag: 'payments', params: orderParams } as const;
  return [
    defineRoute({
      ...base,
      method: 'put',
      path: '/internal/payments/:orderId',
      summary: 'Charge an order, once',
      description: 'A declined card is a decision like any other and answers 200. The same charge again gets the same.',
      body: chargeBody,
      answers: { 200: { description: 'The decision', body: paymentAnswer } },
      errors: [errors.paymentMismatch, errors.paymentVoided, errors.processorUnavailable],
      handler: async ({ params, body, signal }) => {
        const { amount, currency, sub, paymentMethod } = body;
        const charge = { orderId: params.orderId, money: { amount, currency }, sub, paymentMethod };
        return ok(toBody(await useCases.charge(charge, signal)));
      },
    }),
    defineRoute({
      ...base,
      method: 'post',
      path: '/internal/payments/:orderId/void',
      summary: 'Give the payment of an order up, for ever',
      answers: {
        200: { description: 'How it ended', body: z.object({ orderId, state: z.enum(paymentStates) }) },
      },
      handler: async ({ params }) => ok({ orderId: params.orderId, state: await useCases.void(params.orderId) }),
    }),
  ];
};
