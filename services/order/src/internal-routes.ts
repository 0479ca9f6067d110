import { defineRoute, ok, type Route } from '@glasshouse/service-kit';
import * as schemas from './schemas.js';
import type { UseCases } from './use-cases/index.js';

/** What other services ask. */
export const createInternalRoutes = (useCases: UseCases): Route[] => [
  defineRoute({
    method: 'post',
    path: '/internal/orders/terminal',
    access: { services: ['product'] },
    tag: 'orders',
    summary: 'Which of these orders are at their end',
    description: 'Only of those may the product service forget that a hold was settled.',
    body: schemas.terminalRequest,
    answers: { 200: { description: 'Those that are; unknown orders are not', body: schemas.terminalAnswer } },
    handler: async ({ body }) => ok({ terminal: await useCases.findTerminal(body.orderIds) }),
  }),
];
