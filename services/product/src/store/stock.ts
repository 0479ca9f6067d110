import { trusted } from '@glasshouse/service-kit';
import type { Claim, ClaimKey } from '../domain.js';
import type { StockStore } from '../use-cases.js';
import type { SkuDocument, Skus } from './document.js';

/** How many settlements of one SKU are looked at in one round of pruning. */
const pruneLimit = 500;

/**
 * The stock protocol: each operation is one guarded write on one document. Only what a reader sees (`available`)
 * changes the version; a commit moves held units to sold ones, which no reader notices.
 */
export const createStockStore = (skus: Skus): StockStore => ({
  async hold({ sku, orderId, quantity }, at) {
    const held = await skus.findOneAndUpdate(
      { _id: sku, listed: true, available: trusted({ $gte: quantity }), ...untouchedBy(orderId) },
      { $inc: { available: -quantity, version: 1 }, $push: { holds: { o: orderId, q: quantity, at } } },
      { returnDocument: 'after', projection: { available: 1 }, lean: true },
    );
    return held === null ? undefined : { available: held.available };
  },

  async commit({ sku, orderId, quantity }, at) {
    const result = await skus.updateOne(
      { _id: sku, holds: trusted({ $elemMatch: { o: orderId, q: quantity } }) },
      { $inc: { sold: quantity }, $pull: { holds: { o: orderId } }, $push: { settled: { o: orderId, r: 'C', at } } },
    );
    return result.modifiedCount === 1 || undefined;
  },

  async release({ sku, orderId, quantity }, at) {
    const result = await skus.updateOne(
      { _id: sku, holds: trusted({ $elemMatch: { o: orderId, q: quantity } }) },
      {
        $inc: { available: quantity, version: 1 },
        $pull: { holds: { o: orderId } },
        $push: { settled: { o: orderId, r: 'R', at } },
      },
    );
    return result.modifiedCount === 1 || undefined;
  },

  async bury({ sku, orderId }, at) {
    const result = await skus.updateOne(
      { _id: sku, ...untouchedBy(orderId) },
      { $push: { settled: { o: orderId, r: 'R', at } } },
    );
    return result.modifiedCount === 1 || undefined;
  },

  async findClaim({ sku, orderId }) {
    const found = await skus.findOne({ _id: sku }, { holds: 1, settled: 1 }, { lean: true });
    return found === null ? undefined : toClaim(found, orderId);
  },

  async *settledBefore(before) {
    const filter = { settled: trusted({ $elemMatch: { at: { $lt: before } } }) };
    for await (const { _id, settled } of skus.find(filter, { settled: 1 }, { lean: true }).cursor({ batchSize: 10 })) {
      const old = settled.filter(({ at }) => at < before).slice(0, pruneLimit);
      yield { sku: _id, orderIds: old.map(({ o }) => o) };
    }
  },

  async forgetSettled(sku, orderIds, before) {
    await skus.updateOne({ _id: sku }, { $pull: { settled: { o: { $in: [...orderIds] }, at: { $lt: before } } } });
  },
});

/** Neither held nor settled: this order has not been here. */
const untouchedBy = (orderId: ClaimKey['orderId']) => ({
  'holds.o': trusted({ $ne: orderId }),
  'settled.o': trusted({ $ne: orderId }),
});

const toClaim = ({ holds, settled }: Pick<SkuDocument, 'holds' | 'settled'>, orderId: string): Claim => {
  const held = holds.find(({ o }) => o === orderId);
  if (held !== undefined) return { state: 'HELD', quantity: held.q };
  const ended = settled.find(({ o }) => o === orderId);
  if (ended === undefined) return { state: 'NONE' };
  return { state: ended.r === 'C' ? 'COMMITTED' : 'RELEASED' };
};
