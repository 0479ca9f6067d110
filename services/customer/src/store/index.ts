import { type Database, isDuplicateKey, trusted } from '@glasshouse/service-kit';
import type { ActiveCustomer, Customer, PendingCustomer } from '../domain.js';
import type { CustomerStore, PagePosition, ProfileChanges } from '../use-cases/ports.js';
import { type CustomerDocument, createCustomerSchema, toActive, toCustomer } from './document.js';

const unfinishedStates: Customer['state'][] = ['PENDING', 'CLOSING'];
const unfinished = { state: trusted({ $in: unfinishedStates }) };

/** Every change is one guarded write on one document, and counts its version up. */
export const createStore = (database: Database): CustomerStore => {
  const customers = database.model<CustomerDocument>('customers', createCustomerSchema());

  const insert = async ({ id, ...customer }: PendingCustomer | ActiveCustomer): Promise<boolean> => {
    try {
      const beganAt = customer.state === 'PENDING' ? customer.createdAt : undefined;
      await customers.create({ _id: id, ...customer, beganAt });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };

  const findOne = async (filter: { _id: string } | { email: string }): Promise<Customer | undefined> => {
    const found = await customers.findOne(filter).lean<CustomerDocument>();
    return found === null ? undefined : toCustomer(found);
  };

  /** The document after the change; `undefined` if the filter no longer fits. */
  const change = async (filter: object, update: object): Promise<CustomerDocument | undefined> => {
    const after = await customers
      .findOneAndUpdate(filter, { $inc: { version: 1 }, ...update }, { returnDocument: 'after' })
      .lean<CustomerDocument>();
    return after ?? undefined;
  };

  return {
    insertPending: insert,
    find: (id) => findOne({ _id: id }),
    findByEmail: (email) => findOne({ email }),

    async claim(seen, now) {
      const filter = { _id: seen.id, state: seen.state, version: seen.version };
      const after = await change(filter, { $set: { claimedAt: now } });
      return after && { ...seen, version: after.version };
    },

    async release({ id, version }, claimedAt) {
      await customers.updateOne({ _id: id, state: 'PENDING', version }, { $set: { claimedAt } });
    },

    async activate({ id, version }, profile) {
      const changes = profile === undefined ? {} : { name: profile.name, address: profile.address ?? null };
      const { set, unset } = toProfileUpdate(changes);
      const update = { $set: { state: 'ACTIVE', ...set }, $unset: { claimedAt: '', beganAt: '', ...unset } };
      const after = await change({ _id: id, state: 'PENDING', version }, update);
      return after && toActive(after);
    },

    async discard({ id, version }) {
      await customers.deleteOne({ _id: id, state: 'PENDING', version });
    },

    async update(id, changes) {
      const { set, unset } = toProfileUpdate(changes);
      // An empty operator is refused by older servers.
      const update = Object.fromEntries(
        Object.entries({ $set: set, $unset: unset }).filter(([, fields]) => Object.keys(fields).length > 0),
      );
      const after = await change({ _id: id, state: 'ACTIVE' }, update);
      return after && toActive(after);
    },

    async anonymise(id, now) {
      const after = await change(
        { _id: id, state: trusted({ $in: ['ACTIVE', 'PENDING'] }) },
        {
          $set: { state: 'CLOSING', email: `removed:${id}`, beganAt: now, claimedAt: now },
          $unset: { name: '', address: '' },
        },
      );
      return after !== undefined;
    },

    async markClosed(id) {
      await change(
        { _id: id, state: 'CLOSING' },
        { $set: { state: 'CLOSED' }, $unset: { claimedAt: '', beganAt: '' } },
      );
    },

    async list(limit, after) {
      const found = await customers
        .find({ state: 'ACTIVE', ...(after === undefined ? {} : toFilterAfter(after)) })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<CustomerDocument[]>();
      const items = found.slice(0, limit).map(toActive);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, next: last && { createdAt: last.createdAt, id: last.id } };
    },

    async findUnfinished(untouchedSince, limit) {
      const found = await customers
        .find({ ...unfinished, claimedAt: trusted({ $lte: untouchedSince }) })
        .sort({ claimedAt: 1 })
        .limit(limit)
        .lean<CustomerDocument[]>();
      return found.map(({ _id: id, version, state }) => ({
        id,
        version,
        state: state === 'CLOSING' ? 'CLOSING' : 'PENDING',
      }));
    },

    async oldestUnfinished() {
      const found = await customers.findOne(unfinished).sort({ beganAt: 1 }).lean<CustomerDocument>();
      return found?.beganAt;
    },

    async seed(customer) {
      await insert(customer);
    },
  };
};

const toFilterAfter = ({ createdAt, id }: PagePosition) => ({
  $or: [{ createdAt: trusted({ $lt: createdAt }) }, { createdAt, _id: trusted({ $lt: id }) }],
});

/** `null` takes the address away; what is absent stays. */
const toProfileUpdate = ({ name, address }: ProfileChanges) => ({
  set: { ...(name === undefined ? {} : { name }), ...(address === undefined || address === null ? {} : { address }) },
  unset: address === null ? { address: '' } : {},
});
