import { type Database, isDuplicateKey, mongooseSchema, trusted } from '@glasshouse/service-kit';
import { throttleTtlMs } from '../domain.js';
import type { ThrottleStore } from '../use-cases/ports.js';

interface ThrottleDocument {
  /** A digest of the normalised e-mail address, so that the addresses people mistype are kept nowhere. */
  _id: string;
  failures: number;
  blockedUntil: Date;
  expiresAt: Date;
}

const schema = mongooseSchema<ThrottleDocument>({
  _id: { type: String, required: true },
  failures: { type: Number, required: true },
  blockedUntil: { type: Date, required: true },
  expiresAt: { type: Date, required: true, index: { expireAfterSeconds: 0 } },
});

const toExpiry = (from: Date): Date => new Date(from.getTime() + throttleTtlMs);

export const createThrottleStore = (database: Database): ThrottleStore => {
  const throttles = database.model<ThrottleDocument>('throttles', schema);
  return {
    async find(key) {
      const found = await throttles.findOne({ _id: key }).lean<ThrottleDocument>();
      return found === null ? undefined : { failures: found.failures, blockedUntil: found.blockedUntil };
    },

    async replace(key, seen, { failures, blockedUntil }) {
      const before = await throttles
        .findOneAndUpdate(
          { _id: key, failures: seen.failures, blockedUntil: seen.blockedUntil },
          { $set: { failures, blockedUntil, expiresAt: toExpiry(blockedUntil) } },
        )
        .lean<ThrottleDocument>();
      return before !== null;
    },

    async countFailure(key, now) {
      try {
        const after = await throttles
          .findOneAndUpdate(
            { _id: key },
            { $inc: { failures: 1 }, $set: { expiresAt: toExpiry(now) }, $setOnInsert: { blockedUntil: now } },
            { upsert: true, returnDocument: 'after' },
          )
          .lean<ThrottleDocument>();
        return after?.failures ?? 1;
      } catch (error) {
        // Two first failures at once: one upsert inserts, the other finds the document when it asks again.
        if (isDuplicateKey(error)) return this.countFailure(key, now);
        throw error;
      }
    },

    async block(key, until) {
      await throttles.updateOne({ _id: key, blockedUntil: trusted({ $lt: until }) }, { $set: { blockedUntil: until } });
    },

    async clear(key) {
      await throttles.deleteOne({ _id: key });
    },
  };
};
