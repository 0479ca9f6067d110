import { type Database, isDuplicateKey, mongooseSchema } from '@glasshouse/service-kit';
import type { RingStore, StoredKey, StoredRing } from '../signing-keys.js';

interface RingDocument extends StoredRing {
  _id: string;
}

/** There is one ring; all replicas share it. */
const ringId = 'signing';

const keyDefinition = {
  _id: false,
  kid: { type: String, required: true },
  publicKey: { type: String, required: true },
  sealedPrivateKey: String,
  createdAt: { type: Date, required: true },
};
const keySchema = mongooseSchema<StoredKey>(keyDefinition);

const schema = mongooseSchema<RingDocument>({
  _id: { type: String, required: true },
  version: { type: Number, required: true },
  next: { type: keySchema, required: true },
  current: { type: keySchema, required: true },
  previous: { type: keySchema },
  rotatedAt: Date,
});

export const createRingStore = (database: Database): RingStore => {
  const rings = database.model<RingDocument>('keyrings', schema);
  return {
    async find() {
      const found = await rings.findOne({ _id: ringId }).lean<RingDocument>();
      if (found === null) return undefined;
      const { _id, ...ring } = found;
      return ring;
    },

    async insert(ring) {
      try {
        await rings.create({ _id: ringId, ...ring });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    async replace(ring) {
      const before = await rings
        .findOneAndUpdate({ _id: ringId, version: ring.version - 1 }, { $set: ring })
        .lean<RingDocument>();
      return before !== null;
    },
  };
};
