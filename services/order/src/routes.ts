import {
  accepted,
  created,
  createLinks,
  defineRoute,
  type Links,
  ok,
  type Reply,
  type Route,
} from '@glasshouse/service-kit';
import { isTerminal, type Order, type OrderIn } from './domain.js';
import { errors } from './errors.js';
import * as schemas from './schemas.js';
import type { UseCases } from './use-cases/index.js';
import type { Placement } from './use-cases/place-order.js';

const tag = 'orders';
const path = '/api/orders/:id';
/** Whoever meets an order in progress may look again after this time; most need less. */
const retryAfterSeconds = 1;

/** The public endpoints, behind the gateway. */
export const createRoutes = (useCases: UseCases, links: Links = createLinks('http://localhost:8080')): Route[] => {
  const self = (order: Order): string => links(`/api/orders/${order.id}`);
  const toBody = (order: Order) => ({
    id: order.id,
    orderNo: order.orderNo,
    state: order.state,
    reason: 'reason' in order ? order.reason.code : undefined,
    lines: order.lines.map(({ sku, name, quantity, unitPrice }) => ({
      sku,
      name,
      quantity,
      unitPrice: { amount: unitPrice, currency: order.currency },
    })),
    total: { amount: order.total, currency: order.currency },
    createdAt: order.createdAt.toISOString(),
    history: order.history.map(({ state, at }) => ({ state, at: at.toISOString() })),
    links: { self: self(order), invoice: `${self(order)}/invoice`, payment: links(`/api/payments/${order.id}`) },
  });
  const acceptedReply = (order: Order): Reply =>
    accepted(self(order), toBody(order), { 'retry-after': String(retryAfterSeconds) });

  /** The first answer and each repetition of it are made here, from the order alone, so they cannot differ. */
  const toReply = ({ outcome, order }: Placement): Reply => {
    const headers = { location: self(order) };
    switch (outcome) {
      case 'confirmed':
        return created(self(order), toBody(order));
      case 'refused':
        throw toRefusal(order, headers);
      case 'in_progress':
        throw errors.orderInProgress({ retryAfterSeconds, headers });
      case 'deferred':
        return acceptedReply(order);
    }
  };

  return [
    defineRoute({
      method: 'post',
      path: '/api/orders',
      access: 'customer',
      tag,
      summary: 'Place an order',
      description:
        'Reserves every line, charges the payment method, and confirms. Repeat a request whose answer was lost with the same key; after a refusal use a new one.',
      headers: schemas.placeHeaders,
      body: schemas.orderRequest,
      answers: {
        201: { description: 'The order is confirmed and paid for', body: schemas.orderAnswer },
        202: { description: 'It is accepted and will be finished; look at Location', body: schemas.orderAnswer },
      },
      errors: [
        errors.paymentDeclined,
        errors.customerMayNotBuy,
        errors.outOfStock,
        errors.orderInProgress,
        errors.orderCancelled,
        errors.idempotencyKeyReused,
        errors.unknownSku,
        errors.mixedCurrencies,
        errors.totalOutOfBounds,
      ],
      handler: async ({ headers, body: request, caller, deadlineMs }) => {
        const idempotencyKey = schemas.toIdempotencyKey(headers['idempotency-key']);
        const { sub } = caller;
        return toReply(await useCases.placeOrder({ sub, idempotencyKey, request, timeLeftMs: deadlineMs() }));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/orders',
      access: 'user',
      tag,
      summary: 'List orders, newest first',
      description: 'A customer sees their own orders, an administrator all of them.',
      query: schemas.listQuery,
      answers: { 200: { description: 'A page of orders', body: schemas.ordersAnswer } },
      handler: async ({ query: { limit, cursor }, caller }) => {
        const page = await useCases.listOrders(caller, { limit, after: schemas.parsePosition(cursor) });
        return ok({ items: page.orders.map(toBody), next: page.next && schemas.toCursor(page.next) });
      },
    }),
    defineRoute({
      method: 'get',
      path,
      access: 'user',
      tag,
      summary: 'Read an order with its history',
      params: schemas.orderParams,
      answers: { 200: { description: 'The order', body: schemas.orderAnswer } },
      errors: [errors.orderNotFound],
      handler: async ({ params, caller }) => ok(toBody(await useCases.getOrder(params.id, caller))),
    }),
    defineRoute({
      method: 'post',
      path: `${path}/cancel`,
      access: 'customer',
      tag,
      summary: 'Cancel an order that is not paid for yet',
      description: 'Cancelling an order that is cancelled already changes nothing.',
      params: schemas.orderParams,
      answers: {
        200: { description: 'The order is cancelled', body: schemas.orderAnswer },
        202: { description: 'It will be; look at Location', body: schemas.orderAnswer },
      },
      errors: [errors.orderNotFound, errors.orderNotCancellable],
      handler: async ({ params, caller, deadlineMs }) => {
        const order = await useCases.cancelOrder({ id: params.id, sub: caller.sub, timeLeftMs: deadlineMs() });
        return isTerminal(order) ? ok(toBody(order)) : acceptedReply(order);
      },
    }),
    defineRoute({
      method: 'get',
      path: `${path}/invoice`,
      access: 'user',
      tag,
      summary: 'The invoice of a confirmed order',
      params: schemas.orderParams,
      answers: { 200: { description: 'A PDF document', contentType: 'application/pdf' } },
      errors: [errors.orderNotFound, errors.orderNotConfirmed],
      handler: async ({ params, caller }) => {
        const { order, pdf } = await useCases.renderInvoice(params.id, caller);
        return ok(pdf, {
          'content-type': 'application/pdf',
          'content-disposition': `inline; filename="invoice-${order.orderNo}.pdf"`,
        });
      },
    }),
  ];
};

const toRefusal = (order: OrderIn<'CANCELLED'>, headers: Record<string, string>): Error => {
  const { code, sku } = order.reason;
  switch (code) {
    case 'payment_declined':
      return errors.paymentDeclined({ headers });
    case 'out_of_stock': {
      const index = order.lines.findIndex((line) => line.sku === sku);
      const problem = { path: `body.lines.${index}`, problem: `not enough of ${sku} in stock` };
      return errors.outOfStock({ detail: `There is not enough of ${sku} in stock.`, headers, errors: [problem] });
    }
    case 'cancelled_by_customer':
      return errors.orderCancelled({ detail: 'It was cancelled while it was being placed.', headers });
    case 'expired':
      return errors.orderCancelled({ detail: 'It could not be charged in time.', headers });
  }
};
