import { decodeCursor, encodeCursor, kitErrors, pageQuery } from '@glasshouse/service-kit';
import { z } from 'zod';
import { orderStates, paymentMethods } from './domain.js';
import type { OrderPosition } from './use-cases/ports.js';

const orderId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be the id of an order')
  .meta({ description: 'The id of an order', examples: ['Yx5gqjZyQ2d2V0mUqFh1X3c8nVb7TzKp4LwRs9Ea0oM'] });

export const orderParams = z.object({ id: orderId });

// A String of RFC 9651 section 3.3.3, as draft-ietf-httpapi-idempotency-key-header wants it, or the bare text most clients send.
const quotedKey = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}"$/;
const bareKey = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/;

export const placeHeaders = z.object({
  'idempotency-key': z
    .string({ error: 'is required: a new value, such as a UUID, for each new order' })
    .regex(
      new RegExp(`${quotedKey.source}|${bareKey.source}`),
      'must be 1 to 255 visible ASCII characters, in double quotes or without quotes, commas and backslashes',
    )
    .meta({
      description: 'Makes the request repeatable: the same key never places a second order.',
      examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    }),
});

/** The key itself: with and without quotes it is the same one. */
export const toIdempotencyKey = (header: string): string =>
  header.startsWith('"') ? header.slice(1, -1).replace(/\\(.)/g, '$1') : header;

const sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a SKU')
  .meta({ description: 'Stock keeping unit', examples: ['TEA-001'] });
const quantity = z
  .int()
  .min(1)
  .max(1_000)
  .meta({ examples: [2] });

export const orderRequest = z
  .strictObject({
    lines: z
      .array(z.strictObject({ sku, quantity }))
      .min(1)
      .max(20)
      .refine((lines) => new Set(lines.map((line) => line.sku)).size === lines.length, 'must name each SKU once')
      .meta({ description: 'What is wanted, each SKU once' }),
    // The messages of zod would list the methods, and they are card data as far as logs are concerned.
    paymentMethod: z.enum(paymentMethods, { error: 'is not a payment method' }).meta({
      description: 'A test method: succeeds, is declined, answers after three seconds, or fails once and then succeeds',
      examples: ['card_ok'],
    }),
  })
  .meta({ examples: [{ lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' }] });

export const listQuery = z.strictObject(pageQuery);

const money = z
  .object({ amount: z.int().meta({ description: 'Minor units (cents)' }), currency: z.string() })
  .meta({ examples: [{ amount: 1290, currency: 'EUR' }] });
const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC', examples: ['2026-01-01T12:00:00.000Z'] });
const state = z.enum(orderStates as [string, ...string[]]);
const link = (path: string) => z.url().meta({ examples: [`http://localhost:8080${path}`] });

export const orderAnswer = z.object({
  id: orderId,
  orderNo: z.string().meta({ description: 'The number for people', examples: ['G-2026-7K3M9Q'] }),
  state: state.meta({ description: 'CONFIRMED and CANCELLED are final', examples: ['CONFIRMED'] }),
  reason: z
    .enum(['out_of_stock', 'payment_declined', 'cancelled_by_customer', 'expired'])
    .optional()
    .meta({ description: 'Why the order is given up', examples: ['out_of_stock'] }),
  lines: z.array(
    z.object({ sku, name: z.string().meta({ examples: ['Assam Second Flush'] }), quantity, unitPrice: money }),
  ),
  total: money,
  createdAt: time,
  history: z.array(z.object({ state, at: time })).meta({ description: 'Every state it was in, oldest first' }),
  links: z.object({
    self: link('/api/orders/Yx5gqjZyQ2d2V0mUqFh1X3c8nVb7TzKp4LwRs9Ea0oM'),
    invoice: link('/api/orders/Yx5gqjZyQ2d2V0mUqFh1X3c8nVb7TzKp4LwRs9Ea0oM/invoice').meta({
      description: 'There once the order is confirmed',
    }),
    payment: link('/api/payments/Yx5gqjZyQ2d2V0mUqFh1X3c8nVb7TzKp4LwRs9Ea0oM'),
  }),
});

export const ordersAnswer = z.object({
  items: z.array(orderAnswer),
  next: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last one' }),
});

export const terminalRequest = z.strictObject({ orderIds: z.array(z.string().max(64)).min(1).max(1_000) });
export const terminalAnswer = z.object({ terminal: z.array(z.string()) });

const position = z.strictObject({ at: z.iso.datetime(), id: orderId });

export const toCursor = ({ createdAt, id }: OrderPosition): string => encodeCursor({ at: createdAt.toISOString(), id });

/** @throws invalid_request if the text is no cursor of this list */
export const parsePosition = (cursor: string | undefined): OrderPosition | undefined => {
  if (cursor === undefined) return undefined;
  const { data } = position.safeParse(decodeCursor(cursor));
  if (data === undefined) {
    throw kitErrors.invalidRequest({ errors: [{ path: 'query.cursor', problem: 'is not a cursor of this list' }] });
  }
  return { createdAt: new Date(data.at), id: data.id };
};
