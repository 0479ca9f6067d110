import { type Database, mongooseSchema, trusted } from '@glasshouse/service-kit';
import type { RefreshFamily } from '../domain.js';
import type { FamilyStore } from '../use-cases/ports.js';

interface FamilyDocument extends Omit<RefreshFamily, 'id' | 'scope'> {
  _id: string;
  scope: string[];
}

const schema = mongooseSchema<FamilyDocument>({
  _id: { type: String, required: true },
  sub: { type: String, required: true, index: true },
  clientId: { type: String, required: true },
  scope: { type: [String], required: true },
  secret: { type: String, required: true },
  currentHash: { type: String, required: true },
  previousHash: String,
  rotatedAt: Date,
  createdAt: { type: Date, required: true },
  // The database drops a family once none of its tokens could be used any more.
  expiresAt: { type: Date, required: true, index: { expireAfterSeconds: 0 } },
  revokedAt: Date,
});

const absent = trusted({ $exists: false });

export const createFamilyStore = (database: Database): FamilyStore => {
  const families = database.model<FamilyDocument>('families', schema);
  return {
    async insert({ id, scope, ...family }) {
      await families.create({ _id: id, scope: [...scope], ...family });
    },

    async find(id) {
      const found = await families.findOne({ _id: id }).lean<FamilyDocument>();
      if (found === null) return undefined;
      const { _id, ...family } = found;
      return { id: _id, ...family };
    },

    async rotate({ id, from, to, now }) {
      const before = await families
        .findOneAndUpdate(
          { _id: id, currentHash: from, revokedAt: absent, expiresAt: trusted({ $gt: now }) },
          { $set: { currentHash: to, previousHash: from, rotatedAt: now } },
        )
        .lean<FamilyDocument>();
      return before !== null;
    },

    async revoke(id, now) {
      const before = await families
        .findOneAndUpdate({ _id: id, revokedAt: absent }, { $set: { revokedAt: now } })
        .lean<FamilyDocument>();
      return before !== null;
    },

    async revokeAllOf(sub, now) {
      await families.updateMany({ sub, revokedAt: absent }, { $set: { revokedAt: now } });
    },
  };
};
