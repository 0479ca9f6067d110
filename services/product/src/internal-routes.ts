import { defineRoute, ok, type Route } from '@glasshouse/service-kit';
import { errors } from './errors.js';
import * as schemas from './schemas.js';
import type { UseCases } from './use-cases.js';

/** What the order service asks; every call may come twice, late, or after the one that was meant to follow it. */
export const createInternalRoutes = (useCases: UseCases): Route[] => {
  const holds = '/internal/skus/:sku/holds/:orderId';
  const base = { access: { services: ['order'] }, tag: 'stock', params: schemas.holdParams } as const;

  return [
    defineRoute({
      ...base,
      method: 'put',
      path: holds,
      summary: 'Reserve units for an order',
      body: schemas.holdBody,
      answers: { 200: { description: 'The order holds them', body: schemas.claimAnswer('HELD') } },
      errors: [errors.outOfStock, errors.holdSettled, errors.holdMismatch],
      handler: async ({ params, body }) => {
        await useCases.reserve({ ...params, quantity: body.quantity });
        return ok({ state: 'HELD' });
      },
    }),
    defineRoute({
      ...base,
      method: 'put',
      path: `${holds}/commit`,
      summary: 'Turn held units into sold ones',
      answers: { 200: { description: 'They are sold', body: schemas.claimAnswer('COMMITTED') } },
      errors: [errors.commitLost],
      handler: async ({ params }) => {
        await useCases.commit(params);
        return ok({ state: 'COMMITTED' });
      },
    }),
    defineRoute({
      ...base,
      method: 'delete',
      path: holds,
      summary: 'Give held units back, and refuse to hold for this order again',
      answers: { 200: { description: 'The order holds nothing', body: schemas.claimAnswer('RELEASED', 'COMMITTED') } },
      handler: async ({ params }) => ok({ state: await useCases.release(params) }),
    }),
    defineRoute({
      method: 'post',
      path: '/internal/prices',
      access: { services: ['order'] },
      tag: 'prices',
      summary: 'Current name and price of each SKU',
      body: schemas.pricesBody,
      answers: { 200: { description: 'Unknown SKUs are missing', body: schemas.pricesAnswer } },
      handler: async ({ body }) => ok({ items: await useCases.findPrices(body.skus) }),
    }),
  ];
};
