import { mongooseSchema, trusted } from '@glasshouse/service-kit';
import type { Model } from 'mongoose';
import { type Changes, type Currency, type Money, type Product, toSearchKey } from '../domain.js';
import type { Guard } from '../use-cases.js';

/**
 * Catalogue and stock of one SKU in one document, so that stocked = available + sum(holds.q) + sold holds at every
 * instant. A document is never deleted, only unlisted: its version never restarts, `sold` stays true, and the
 * tombstones in `settled` still stop a message that comes late.
 */
export interface SkuDocument {
  _id: string;
  listed: boolean;
  /** Counts the changes that a reader of the product can see. */
  version: number;
  name: string;
  nameKey: string;
  description: string;
  descriptionKey: string;
  price: { amount: number; currency: string };
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  stocked: number;
  available: number;
  sold: number;
  /** o: order, q: quantity. */
  holds: { o: string; q: number; at: Date }[];
  /** r: committed or released. */
  settled: { o: string; r: 'C' | 'R'; at: Date }[];
}

export type Skus = Model<SkuDocument>;

const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;
const date = { type: Date, required: true } as const;

export const createSchema = () =>
  mongooseSchema<SkuDocument>({
    _id: text,
    listed: { type: Boolean, required: true },
    version: number,
    name: text,
    nameKey: text,
    description: String,
    descriptionKey: String,
    price: { amount: number, currency: text },
    tags: [String],
    createdAt: date,
    updatedAt: date,
    stocked: number,
    available: number,
    sold: number,
    holds: [{ _id: false, o: text, q: number, at: date }],
    settled: [{ _id: false, o: text, r: text, at: date }],
  })
    .index({ nameKey: 1, _id: 1 })
    .index({ 'price.amount': 1, _id: 1 })
    .index({ createdAt: 1, _id: 1 })
    .index({ tags: 1 });

/** Holds and settlements can be many and concern no reader of the catalogue. */
export const catalogueFields = { holds: 0, settled: 0 } as const;

export type CatalogueDocument = Omit<SkuDocument, 'holds' | 'settled'>;

export const toProduct = (document: CatalogueDocument): Product => ({
  sku: document._id,
  name: document.name,
  description: document.description,
  price: toMoney(document.price),
  tags: document.tags,
  available: document.available,
  version: document.version,
  createdAt: document.createdAt.toISOString(),
  updatedAt: document.updatedAt.toISOString(),
});

export const toMoney = ({ amount, currency }: SkuDocument['price']): Money => ({
  amount,
  currency: currency as Currency,
});

/** The stored form of what an admin writes, field by field, with the keys that search and sorting use. */
export const toDetailFields = ({ name, description, price, tags }: Changes) => ({
  ...(name === undefined ? {} : { name, nameKey: toSearchKey(name) }),
  ...(description === undefined ? {} : { description, descriptionKey: toSearchKey(description) }),
  ...(price === undefined ? {} : { price: { amount: price.amount, currency: price.currency } }),
  ...(tags === undefined ? {} : { tags: [...tags] }),
});

export const toListedFilter = ({ sku, versions }: Guard) => ({
  _id: sku,
  listed: true,
  ...(versions === undefined ? {} : { version: trusted({ $in: [...versions] }) }),
});
