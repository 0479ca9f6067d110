import type { Database } from '@glasshouse/service-kit';
import type { ProductStore } from '../use-cases.js';
import { createCatalogueStore } from './catalogue.js';
import { createSchema, type SkuDocument } from './document.js';
import { createStockStore } from './stock.js';

/** Catalogue and stock live in one collection; they are two files because they are two stories. */
export const createStore = (database: Database): ProductStore => {
  const skus = database.model<SkuDocument>('skus', createSchema());
  return { ...createCatalogueStore(skus), ...createStockStore(skus) };
};
