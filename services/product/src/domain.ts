/** One shop, one currency: an order adds up the prices of its lines. */
export const currencies = ['EUR'] as const;
export type Currency = (typeof currencies)[number];

export interface Money {
  /** Integer minor units (cents). */
  readonly amount: number;
  readonly currency: Currency;
}

/** What an admin may edit. Stock is changed by deltas only, so that an edit never overwrites a sale. */
export interface Details {
  readonly name: string;
  readonly description: string;
  readonly price: Money;
  readonly tags: readonly string[];
}

/** What one edit changes; absent fields stay. */
export type Changes = { readonly [Field in keyof Details]?: Details[Field] | undefined };

export interface NewProduct extends Details {
  readonly sku: string;
  /** Units in stock at the start. */
  readonly available: number;
}

/** Times are RFC 3339 text: a product from the cache, which is JSON, then equals one from the store. */
export interface Product extends NewProduct {
  /** Grows with every change of what a reader sees, also over removal and return; the ETag is made from it. */
  readonly version: number;
  readonly createdAt: string;
  /** The last change by an admin. Sales change `available` and the version, not this. */
  readonly updatedAt: string;
}

export interface PricedItem {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: Money;
}

/** One order's claim on one SKU. It only ever moves NONE -> HELD -> settled, or NONE -> RELEASED (the tombstone). */
export type Claim =
  | { readonly state: 'NONE' }
  | { readonly state: 'HELD'; readonly quantity: number }
  | { readonly state: 'COMMITTED' }
  | { readonly state: 'RELEASED' };

export interface ClaimKey {
  readonly sku: string;
  readonly orderId: string;
}

export interface Hold extends ClaimKey {
  readonly quantity: number;
}

/** A settlement may be forgotten this long after it: the order's lease (30 s) and 5 minutes for late messages. */
export const settledKeptMs = 30_000 + 5 * 60_000;

const sortKeys = ['name', 'price', 'created'] as const;
export const sortOrders = ['name', '-name', 'price', '-price', 'created', '-created'] as const;
export type SortKey = (typeof sortKeys)[number];
export type SortOrder = (typeof sortOrders)[number];

/** `-price` -> by price, descending. */
export const parseSortOrder = (order: SortOrder): { key: SortKey; isDescending: boolean } => {
  const isDescending = order.startsWith('-');
  return { key: (isDescending ? order.slice(1) : order) as SortKey, isDescending };
};

/** The place of a product in a sorted list. The SKU makes it unique, so a page can start exactly behind it. */
export interface Position {
  readonly value: string | number;
  readonly sku: string;
}

export const toPosition = (product: Product, order: SortOrder): Position => {
  const values = { name: toSearchKey(product.name), price: product.price.amount, created: product.createdAt };
  return { value: values[parseSortOrder(order).key], sku: product.sku };
};

export interface ProductQuery {
  /** Each of these must occur in the SKU, the name or the description; already search keys. */
  readonly words: readonly string[];
  readonly tag?: string | undefined;
  readonly isAvailable?: boolean | undefined;
  readonly sort: SortOrder;
  readonly after?: Position | undefined;
  readonly limit: number;
}

export interface Page {
  readonly items: readonly Product[];
  /** Where the next page starts; absent on the last one. */
  readonly next?: Position | undefined;
}

/** Text without case and accents, so that `cafe` finds `Café` and names sort as a reader expects. */
export const toSearchKey = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** The different words of a search text; beyond eight, more words only cost time. */
export const toSearchWords = (text: string): string[] =>
  [...new Set(toSearchKey(text).split(/\s+/u))].filter((word) => word !== '').slice(0, 8);

/** A pattern that matches this text and nothing else, whatever characters a stranger typed. */
export const toLiteralPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
