import { isDuplicateKey, trusted } from '@glasshouse/service-kit';
import {
  type NewProduct,
  type Position,
  type Product,
  type ProductQuery,
  parseSortOrder,
  toLiteralPattern,
} from '../domain.js';
import type { CatalogueStore } from '../use-cases.js';
import {
  catalogueFields,
  type SkuDocument,
  type Skus,
  toDetailFields,
  toListedFilter,
  toMoney,
  toProduct,
} from './document.js';

const answering = { returnDocument: 'after', projection: catalogueFields, lean: true } as const;
const sortFields = { name: 'nameKey', price: 'price.amount', created: 'createdAt' } as const;

export const createCatalogueStore = (skus: Skus): CatalogueStore => {
  /** Lists a removed product again. It kept its sales, and nothing holds it, so its stock starts anew beside them. */
  const relist = async (product: NewProduct, at: Date): Promise<Product | undefined> => {
    const removed = await skus.findOne({ _id: product.sku, listed: false }, catalogueFields, { lean: true });
    if (removed === null) return undefined;
    const { available } = product;
    const fields = { ...toDetailFields(product), available, stocked: removed.sold + available };
    const relisted = await skus.findOneAndUpdate(
      { _id: product.sku, listed: false, version: removed.version },
      { $set: { ...fields, listed: true, createdAt: at, updatedAt: at }, $inc: { version: 1 } },
      answering,
    );
    return relisted === null ? undefined : toProduct(relisted);
  };

  return {
    async list(query) {
      const { key, isDescending } = parseSortOrder(query.sort);
      const direction = isDescending ? -1 : 1;
      const sort = { [sortFields[key]]: direction, _id: direction } as const;
      const found = await skus.find(toFilter(query), catalogueFields, { sort, limit: query.limit, lean: true });
      return found.map(toProduct);
    },

    async find(sku) {
      const found = await skus.findOne({ _id: sku, listed: true }, catalogueFields, { lean: true });
      return found === null ? undefined : toProduct(found);
    },

    async findPrices(wanted) {
      const filter = { _id: trusted({ $in: [...wanted] }), listed: true };
      const found = await skus.find(filter, { name: 1, price: 1 }, { lean: true });
      return found.map(({ _id, name, price }) => ({ sku: _id, name, unitPrice: toMoney(price) }));
    },

    async findKnown(wanted) {
      const found = await skus.find({ _id: trusted({ $in: [...wanted] }) }, { _id: 1 }, { lean: true });
      return found.map(({ _id }) => _id);
    },

    async add(product, at) {
      const document = toDocument(product, at);
      try {
        await skus.create(document);
        return toProduct(document);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return relist(product, at);
      }
    },

    async edit(guard, changes, at) {
      const edited = await skus.findOneAndUpdate(
        toListedFilter(guard),
        { $set: { ...toDetailFields(changes), updatedAt: at }, $inc: { version: 1 } },
        answering,
      );
      return edited === null ? undefined : toProduct(edited);
    },

    async remove(guard, at) {
      const result = await skus.updateOne(
        { ...toListedFilter(guard), holds: trusted({ $size: 0 }) },
        { $set: { listed: false, updatedAt: at }, $inc: { version: 1 } },
      );
      return result.modifiedCount === 1 || undefined;
    },

    async changeStock(guard, delta, at) {
      const changed = await skus.findOneAndUpdate(
        { ...toListedFilter(guard), available: trusted({ $gte: -delta }) },
        { $inc: { stocked: delta, available: delta, version: 1 }, $set: { updatedAt: at } },
        answering,
      );
      return changed === null ? undefined : toProduct(changed);
    },

    countOutOfStock: () => skus.countDocuments({ listed: true, available: 0 }),
  };
};

const toDocument = ({ sku, name, description, price, tags, available }: NewProduct, at: Date): SkuDocument => ({
  ...(toDetailFields({ name, description, price, tags }) as Pick<SkuDocument, keyof ReturnType<typeof toDetailFields>>),
  _id: sku,
  listed: true,
  version: 1,
  createdAt: at,
  updatedAt: at,
  stocked: available,
  available,
  sold: 0,
  holds: [],
  settled: [],
});

const toMatch = (word: string) => trusted({ $regex: toLiteralPattern(word) });

/** Only fixed operators around literal values: whatever a stranger typed is compared, never interpreted. */
const toFilter = ({ words, tag, isAvailable, sort, after }: ProductQuery) => {
  const matches = words.map((word) => ({
    $or: [{ _id: toMatch(word.toUpperCase()) }, { nameKey: toMatch(word) }, { descriptionKey: toMatch(word) }],
  }));
  const conditions = [...matches, ...(after === undefined ? [] : [toBehind(after, sort)])];
  return {
    listed: true,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(isAvailable === undefined ? {} : { available: isAvailable ? trusted({ $gt: 0 }) : 0 }),
    ...(conditions.length === 0 ? {} : { $and: conditions }),
  };
};

/** Everything behind a position of the sorted list. The SKU breaks ties, so no product is skipped or given twice. */
const toBehind = ({ value, sku }: Position, sort: ProductQuery['sort']) => {
  const { key, isDescending } = parseSortOrder(sort);
  const field = sortFields[key];
  const operator = isDescending ? '$lt' : '$gt';
  const stored = key === 'created' ? new Date(value) : value;
  return {
    $or: [{ [field]: trusted({ [operator]: stored }) }, { [field]: stored, _id: trusted({ [operator]: sku }) }],
  };
};
