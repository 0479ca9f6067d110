import { decodeCursor, kitErrors, pageQuery } from '@glasshouse/service-kit';
import { z } from 'zod';
import { currencies, type Position, parseSortOrder, type SortOrder, sortOrders } from './domain.js';

// Control characters and half surrogates are no text; a line break is, in a description.
const line = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');
const paragraph = z.string().regex(/^(?:[^\p{Cc}\p{Cs}]|\n)*$/u, 'must not contain control characters');

const time = z.string().meta({
  format: 'date-time',
  description: 'RFC 3339, UTC',
  examples: ['2026-01-01T12:00:00.000Z'],
});

const money = z
  .strictObject({
    amount: z
      .int()
      .min(1)
      .max(100_000_000)
      .meta({ description: 'Minor units (cents)', examples: [1290] }),
    currency: z.enum(currencies).meta({ description: 'The only currency of this shop', examples: ['EUR'] }),
  })
  .meta({ description: 'A price', examples: [{ amount: 1290, currency: 'EUR' }] });

const tag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,29}$/, 'must be lower-case letters, digits and hyphens, at most 30')
  .meta({ examples: ['black'] });

const details = {
  name: line
    .trim()
    .min(1)
    .max(120)
    .meta({ description: 'Shown to customers', examples: ['Assam Second Flush'] }),
  description: paragraph
    .trim()
    .max(2_000)
    .meta({ examples: ['Malty and strong; takes milk well.'] }),
  price: money,
  tags: z
    .array(tag)
    .max(10)
    .refine((tags) => new Set(tags).size === tags.length, 'must not repeat a tag')
    .meta({ description: 'At most ten, each once', examples: [['black', 'india']] }),
};

const units = z.int().min(0);

export const newProductBody = z
  .strictObject({
    sku: z
      .string()
      .regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/, 'must be upper-case letters, digits and hyphens, at most 40')
      .meta({ description: 'Stock keeping unit; never changes', examples: ['TEA-001'] }),
    ...details,
    description: details.description.default(''),
    tags: details.tags.default([]),
    available: units
      .max(1_000_000)
      .default(0)
      .meta({ description: 'Units in stock at the start', examples: [400] }),
  })
  .meta({ id: 'NewProduct' });

export const replaceBody = z.strictObject(details).meta({ description: 'All that an admin may edit; stock is not.' });

export const patchBody = z
  .strictObject(details)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ description: 'Only what changes', examples: [{ price: { amount: 1390, currency: 'EUR' } }] });

export const stockBody = z.strictObject({
  delta: z
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .refine((delta) => delta !== 0, 'must not be zero')
    .meta({ description: 'Units added; negative takes units away', examples: [25] }),
});

/** Wider than the SKUs that can be created, so that a wrong one is answered with 404. */
const skuParam = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be letters, digits, dots, hyphens or underscores, at most 64')
  .meta({ examples: ['TEA-001'] });

export const skuParams = z.object({ sku: skuParam });

export const holdParams = z.object({
  sku: skuParam,
  orderId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8 to 64 characters of base64url')
    .meta({ description: 'The order that holds' }),
});

export const holdBody = z.strictObject({
  quantity: z
    .int()
    .min(1)
    .max(1_000)
    .meta({ examples: [2] }),
});

export const pricesBody = z.strictObject({
  skus: z.array(z.string().max(100)).min(1).max(100).meta({ description: 'Unknown ones are missing in the answer' }),
});

export const ifMatchHeaders = z.object({
  'if-match': z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: 'ETag that was read, or `*`', examples: ['"7"'] }),
});

export const ifNoneMatchHeaders = z.object({
  'if-none-match': z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: 'ETag of the copy at hand', examples: ['"7"'] }),
});

export const listQuery = z.strictObject({
  q: line.max(100).optional().meta({ description: 'Words that must occur in SKU, name or description' }),
  tag: tag.optional(),
  available: z.enum(['true', 'false']).optional().meta({ description: 'Only in stock, or only out of stock' }),
  sort: z.enum(sortOrders).default('name').meta({ description: 'With a hyphen: descending' }),
  ...pageQuery,
});

const link = z.url().meta({ examples: ['http://localhost:8080/api/products/TEA-001'] });

export const productAnswer = z
  .object({
    sku: z.string().meta({ examples: ['TEA-001'] }),
    ...details,
    available: units.meta({ description: 'Units that can be ordered now', examples: [412] }),
    createdAt: time,
    updatedAt: time.meta({ description: 'Last change by an admin; sales do not count' }),
    links: z.object({ self: link, availability: link }),
  })
  .meta({ id: 'Product' });

export const productsAnswer = z.object({
  items: z.array(productAnswer),
  next: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last one' }),
});

export const availabilityAnswer = z.object({
  sku: z.string().meta({ examples: ['TEA-001'] }),
  available: units.meta({ examples: [412] }),
  links: z.object({ product: link }),
});

export const claimAnswer = (...states: [string, ...string[]]) => z.object({ state: z.enum(states) });

export const pricesAnswer = z.object({
  items: z.array(z.object({ sku: z.string(), name: z.string(), unitPrice: money })),
});

/**
 * The place that a cursor names. It must have been made for the same order of sorting.
 * @throws invalid_request
 */
export const parsePosition = (cursor: string | undefined, sort: SortOrder): Position | undefined => {
  if (cursor === undefined) return undefined;
  const values = { name: z.string(), price: z.number(), created: z.iso.datetime() };
  const position = z.strictObject({
    sort: z.literal(sort),
    value: values[parseSortOrder(sort).key] as z.ZodType<string | number>,
    sku: z.string(),
  });
  const parsed = position.safeParse(decodeCursor(cursor));
  if (parsed.success) return { value: parsed.data.value, sku: parsed.data.sku };
  const problem = 'is not a cursor of this list and this order of sorting';
  throw kitErrors.invalidRequest({ errors: [{ path: 'query.cursor', problem }] });
};
