import { type Database, isDuplicateKey, mongooseSchema, trusted } from '@glasshouse/service-kit';
import { type Order, type OrderState, openStates, orderStates, paymentMethods, toTraceId } from './domain.js';
import type { OrderPosition, OrderStore, Step } from './use-cases/ports.js';

/** An order as it is stored: the idempotency record, the saga's log and the outbox in one document. */
type OrderDocument = Omit<Order, 'id' | 'state' | 'reason'> & {
  readonly _id: string;
  readonly state: OrderState;
  readonly reason?: { readonly code: string; readonly sku?: string | undefined } | undefined;
};

const required = <T>(type: T) => ({ type, required: true }) as const;
const part = { _id: false, strict: 'throw' } as const;
const schema = mongooseSchema<OrderDocument>({
  _id: required(String),
  orderNo: { ...required(String), unique: true },
  sub: required(String),
  bodyHash: required(String),
  lines: [
    mongooseSchema(
      { sku: required(String), name: required(String), quantity: required(Number), unitPrice: required(Number) },
      part,
    ),
  ],
  total: required(Number),
  currency: required(String),
  paymentMethod: { ...required(String), enum: paymentMethods },
  state: { ...required(String), enum: orderStates },
  reason: mongooseSchema({ code: required(String), sku: String }, part),
  version: required(Number),
  attempts: required(Number),
  nextAttemptAt: Date,
  lease: mongooseSchema({ owner: required(String), until: required(Date) }, part),
  traceparent: String,
  createdAt: required(Date),
  history: [
    mongooseSchema({ state: required(String), at: required(Date), by: required(String), traceId: String }, part),
  ],
});
// A customer's list, an administrator's list, the work that is due, and the oldest order that is not at its end.
schema.index({ sub: 1, createdAt: -1, _id: -1 });
schema.index({ createdAt: -1, _id: -1 });
schema.index({ nextAttemptAt: 1 });
schema.index({ state: 1, createdAt: 1 });

export const createOrderStore = (database: Database): OrderStore => {
  const orders = database.model('orders', schema);

  return {
    async insert({ id, ...order }) {
      try {
        await orders.create({ _id: id, ...order });
        return 'inserted';
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return 'orderNo' in ((error as { keyPattern?: object }).keyPattern ?? {}) ? 'number_taken' : 'id_taken';
      }
    },

    async find(id) {
      const found = await orders.findById(id).lean<OrderDocument>();
      return found === null ? undefined : toOrder(found);
    },

    async advance(order, move, step) {
      const found = await orders
        .findOneAndUpdate({ _id: order.id, state: order.state }, toUpdate(move, step), { returnDocument: 'after' })
        .lean<OrderDocument>();
      return found === null ? undefined : toOrder(found);
    },

    async claim(order, lease, now) {
      const found = await orders
        .findOneAndUpdate(
          {
            _id: order.id,
            nextAttemptAt: trusted({ $lte: now }),
            'lease.owner': order.lease.owner,
            'lease.until': order.lease.until,
          },
          { $set: { lease, nextAttemptAt: lease.until }, $inc: { attempts: 1 } },
          { returnDocument: 'after' },
        )
        .lean<OrderDocument>();
      return found === null ? undefined : toOrder(found);
    },

    async release(order, owner, nextAttemptAt) {
      await orders.updateOne(
        { _id: order.id, state: trusted({ $in: [...openStates] }), 'lease.owner': owner },
        { $set: { 'lease.until': nextAttemptAt, nextAttemptAt } },
      );
    },

    async settle(ids) {
      await orders.updateMany(
        { _id: trusted({ $in: [...ids] }), state: trusted({ $nin: [...openStates] }) },
        { $unset: { nextAttemptAt: true } },
      );
    },

    async due(now, limit) {
      const found = await orders
        .find({ nextAttemptAt: trusted({ $lte: now }) })
        .sort({ nextAttemptAt: 1 })
        .limit(limit)
        .lean<OrderDocument[]>();
      return found.map(toOrder);
    },

    async list(sub, { limit, after }) {
      const found = await orders
        .find({ ...(sub === undefined ? {} : { sub }), ...(after === undefined ? {} : olderThan(after)) })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .lean<OrderDocument[]>();
      return found.map(toOrder);
    },

    async terminal(ids) {
      const found = await orders
        .find({ _id: trusted({ $in: [...ids] }), state: trusted({ $nin: [...openStates] }) }, { _id: 1 })
        .lean<Pick<OrderDocument, '_id'>[]>();
      return found.map(({ _id }) => _id);
    },

    async oldestOpen() {
      const ages = await orders
        .find({ state: trusted({ $in: [...openStates] }) }, { createdAt: 1 })
        .sort({ createdAt: 1 })
        .limit(1)
        .lean<Pick<OrderDocument, 'createdAt'>[]>();
      return ages[0]?.createdAt;
    },
  };
};

const toOrder = ({ _id, ...rest }: OrderDocument): Order => ({ id: _id, ...rest }) as Order;

/** One arrow: state, version, history and lease in one write. */
const toUpdate = ({ to, reason }: { to: OrderState; reason?: object | undefined }, step: Step): object => {
  const { at, by, traceparent, lease } = step;
  return {
    $set: { state: to, lease, nextAttemptAt: lease.until, ...(reason === undefined ? {} : { reason }) },
    $inc: { version: 1 },
    $push: { history: { state: to, at, by, traceId: toTraceId(traceparent) } },
  };
};

/** Orders after a position in the list. The bound on the time alone lets the index find the place; ids only break ties. */
const olderThan = ({ createdAt, id }: OrderPosition): object => ({
  createdAt: trusted({ $lte: createdAt }),
  $or: [{ createdAt: trusted({ $lt: createdAt }) }, { _id: trusted({ $lt: id }) }],
});
