import { type Database, mongooseSchema } from '@glasshouse/service-kit';
import type { ClientStore } from '../use-cases/ports.js';

interface ClientDocument {
  _id: string;
  secretHash: string;
  scope: string[];
}

const schema = mongooseSchema<ClientDocument>({
  _id: { type: String, required: true },
  secretHash: { type: String, required: true },
  scope: { type: [String], required: true },
});

export const createClientStore = (database: Database): ClientStore => {
  const clients = database.model<ClientDocument>('clients', schema);
  return {
    async find(id) {
      const found = await clients.findOne({ _id: id }).lean<ClientDocument>();
      return found === null ? undefined : { id: found._id, secretHash: found.secretHash, scope: found.scope };
    },

    async put({ id, secretHash, scope }) {
      await clients.updateOne({ _id: id }, { $set: { secretHash, scope: [...scope] } }, { upsert: true });
    },
  };
};
