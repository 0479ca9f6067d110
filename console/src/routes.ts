import { defineRoute, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import { type GatewayClient, paymentMethods } from './clients/gateway.js';
import type { Config } from './config.js';
import { errors } from './errors.js';
import type { Events } from './events.js';

export const orderPath = '/api/orders';

export interface RouteParts {
  readonly config: Config;
  readonly gateway: GatewayClient;
  readonly events: Events;
}

const settingsSchema = z.object({
  isDemo: z.boolean(),
  /** Where the backends and the shop are, for a person to read; the page asks them through its own origin. */
  addresses: z.object({ jaeger: z.string(), elasticsearch: z.string(), prometheus: z.string(), gateway: z.string() }),
});

const purchaseSchema = z.object({
  traceId: z.string(),
  status: z.int(),
  orderId: z.string().optional(),
  orderNo: z.string().optional(),
  code: z.string().optional(),
});

const texts = z.record(z.string().max(200), z.string().max(4_000));

/** Version 4 of Alertmanager's webhook; what else it carries is left out. */
const alertsSchema = z.object({
  version: z.literal('4'),
  status: z.enum(['firing', 'resolved']),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: texts,
        annotations: texts.default({}),
        startsAt: z.string().max(40),
        endsAt: z.string().max(40).optional(),
        fingerprint: z.string().max(64).optional(),
      }),
    )
    .max(100),
});

export const createRoutes = ({ config, gateway, events }: RouteParts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/settings',
    access: 'anyone',
    tag: 'console',
    summary: 'What the page must know of where it runs',
    answers: { 200: { description: 'The settings', body: settingsSchema } },
    handler: () =>
      ok({
        isDemo: config.DEMO_MODE,
        addresses: {
          jaeger: config.JAEGER_QUERY_URL,
          elasticsearch: config.ELASTICSEARCH_URL,
          prometheus: config.PROMETHEUS_URL,
          gateway: config.PUBLIC_URL,
        },
      }),
  }),
  defineRoute({
    method: 'post',
    path: orderPath,
    access: 'anyone',
    tag: 'console',
    summary: 'One purchase by a new customer, in demo mode',
    body: z.strictObject({ paymentMethod: z.enum(paymentMethods).default('card_ok') }),
    answers: { 200: { description: 'What became of it', body: purchaseSchema } },
    errors: [errors.notInDemoMode, errors.gatewayUnavailable],
    deadlineMs: 12_000,
    handler: async ({ body }) => {
      if (!config.DEMO_MODE) throw errors.notInDemoMode();
      return ok(await gateway.purchase(body.paymentMethod));
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/alerts',
    access: 'anyone',
    tag: 'console',
    summary: "Alertmanager's webhook: open pages are told at once",
    body: alertsSchema,
    answers: { 202: { description: 'The pages are told' } },
    handler: ({ body }) => {
      events.publish({ type: 'alerts', data: body.alerts });
      return { status: 202 };
    },
  }),
];
