import { type Database, isDuplicateKey, mongooseSchema } from '@glasshouse/service-kit';
import type { Credential, Role } from '../domain.js';
import type { CredentialStore } from '../use-cases/ports.js';

interface CredentialDocument {
  _id: string;
  state: Credential['state'];
  /** Normalised; a tombstone has a placeholder of its own, so that the address is free again. */
  email: string;
  passwordHash?: string;
  roles?: Role[];
  createdAt?: Date;
  removedAt?: Date;
}

const schema = mongooseSchema<CredentialDocument>({
  _id: { type: String, required: true },
  state: { type: String, required: true },
  email: { type: String, required: true, unique: true },
  passwordHash: String,
  roles: { type: [String], default: undefined },
  createdAt: Date,
  removedAt: Date,
});

export const createCredentialStore = (database: Database): CredentialStore => {
  const credentials = database.model<CredentialDocument>('credentials', schema);
  return {
    async find(id) {
      const found = await credentials.findOne({ _id: id }).lean<CredentialDocument>();
      return found === null ? undefined : toCredential(found);
    },

    async findByEmail(email) {
      const found = await credentials.findOne({ email, state: 'ACTIVE' }).lean<CredentialDocument>();
      const credential = found === null ? undefined : toCredential(found);
      return credential?.state === 'ACTIVE' ? credential : undefined;
    },

    async insert({ id, roles, ...credential }) {
      try {
        await credentials.create({ _id: id, ...credential, roles: [...roles] });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    async replacePassword(id, passwordHash) {
      await credentials.updateOne({ _id: id, state: 'ACTIVE' }, { $set: { passwordHash } });
    },

    async remove(id, now) {
      const tombstone = { state: 'REMOVED' as const, email: `removed:${id}`, removedAt: now };
      const before = await credentials
        .findOneAndUpdate(
          { _id: id, state: 'ACTIVE' },
          { $set: tombstone, $unset: { passwordHash: '', roles: '', createdAt: '' } },
        )
        .lean<CredentialDocument>();
      if (before !== null) return true;
      try {
        await credentials.create({ _id: id, ...tombstone });
        return false;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      // Somebody was first: either the tombstone stands already, or a creation came in between and has to go as well.
      const standing = await this.find(id);
      return standing?.state === 'ACTIVE' ? this.remove(id, now) : false;
    },
  };
};

const toCredential = (document: CredentialDocument): Credential => {
  const { _id: id, state, email, passwordHash = '', roles = [], createdAt = new Date(0) } = document;
  return state === 'ACTIVE'
    ? { state, id, email, passwordHash, roles, createdAt }
    : { state, id, removedAt: document.removedAt ?? new Date(0) };
};
