import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import mongoose from 'mongoose';
import {
  createDatabase,
  isDuplicateKey,
  isOutcomeUnknown,
  type ManagedDatabase,
  mongooseSchema,
  toDatabaseError,
  trusted,
} from './database.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';
import { waitFor } from './testing/wait-for.js';

// What works is covered by the tests of the services, with a store behind them; here the store is out of order.

const { MongoNetworkError, MongoServerError } = mongoose.mongo;

interface OrderDocument {
  _id: string;
  total: number;
}

let recorded: RecordedTelemetry;
let database: ManagedDatabase;
let server: Server;
let sockets: Socket[];

/** A port that accepts connections and never says a word. */
const listen = (port = 0): Promise<number> =>
  new Promise((resolve) => {
    sockets = [];
    server = createServer((socket) => sockets.push(socket));
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const stopListening = (): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });

const create = (port: number): mongoose.Model<OrderDocument> => {
  recorded = recordTelemetry();
  database = createDatabase({ url: `mongodb://127.0.0.1:${port}/order`, telemetry: recorded.telemetry });
  return database.model('orders', mongooseSchema<OrderDocument>({ _id: String, total: Number }));
};

describe('before the first connection', () => {
  let orders: mongoose.Model<OrderDocument>;

  beforeEach(async () => {
    const port = await listen();
    await stopListening();
    orders = create(port);
  });

  afterEach(() => database.close());

  test('every command is refused at once as database_unavailable, and has certainly not been done', async () => {
    const error: unknown = await orders.create({ _id: 'o-1', total: 1 }).catch((thrown: unknown) => thrown);
    expect(toDatabaseError(error)).toMatchObject({ code: 'database_unavailable', status: 503, retryAfterSeconds: 1 });
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(await database.isReady()).toBe(false);
  });

  test('connecting is tried again and again, and the loss is stated once', async () => {
    const attempts = jest.spyOn(database.connection, 'openUri');
    const connected = database.connect();
    await waitFor('another attempt', () => attempts.mock.calls.length >= 2);
    expect(recorded.facts('database.lost')).toMatchObject([{ 'log.level': 'warn' }]);
    await database.close();
    await expect(connected).rejects.toMatchObject({ code: 'shutting_down' });
  });

  test('the address is never logged with its password', async () => {
    recorded = recordTelemetry();
    const url = 'mongodb://order:s3cret@127.0.0.1:1/order';
    const other = createDatabase({ url, telemetry: recorded.telemetry });
    const connected = other.connect().catch(() => {});
    await waitFor('the loss to be stated', () => recorded.facts('database.lost').length > 0);
    await other.close();
    await connected;
    expect(JSON.stringify(recorded.logs)).not.toContain('s3cret');
  });
});

test('a store that accepts and then says nothing is lost too, and does not hold up the end', async () => {
  create(await listen());
  const connected = database.connect().catch((error: unknown) => error);
  await waitFor('the loss to be stated', () => recorded.facts('database.lost').length > 0);
  await database.close();
  expect(await connected).toMatchObject({ code: 'shutting_down' });
  await stopListening();
});

describe('an error', () => {
  const serverError = (code: number) => new MongoServerError({ message: 'x', code });

  test.each([
    ['a lost connection', new MongoNetworkError('connection closed'), 'database_unavailable', true],
    ['a primary that steps down', serverError(11_602), 'database_unavailable', true],
    ['a full disk', serverError(14_031), 'database_unavailable', true],
    ['a duplicate key', serverError(11_000), undefined, false],
    ['a mistake in a query', serverError(2), undefined, false],
    ['an error of the service', new Error('x'), undefined, false],
    ['no error', undefined, undefined, false],
  ])('%s is told from the others', (_name, error, code, isUnknown) => {
    expect(toDatabaseError(error)?.code).toBe(code);
    expect(isOutcomeUnknown(error)).toBe(isUnknown);
  });

  test('of a duplicate key is recognised', () => {
    expect([isDuplicateKey(serverError(11_000)), isDuplicateKey(serverError(2)), isDuplicateKey(null)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a model', () => {
  const orders = () => create(1);

  test('has a collection of its own name, without version key', () => {
    expect(orders().collection.collectionName).toBe('orders');
    expect(Object.keys(orders().schema.paths)).toEqual(['_id', 'total']);
  });

  test('refuses unknown fields in documents and filters', () => {
    expect(() => new (orders())({ _id: 'o-1', admin: true })).toThrow('strict');
    const query = orders().find({ admin: true } as mongoose.QueryFilter<OrderDocument>);
    expect(() => query.cast(query.model, query.getFilter())).toThrow('strictQuery');
  });

  test('takes an operator in a filter for a value unless it is trusted', async () => {
    const find = (filter: mongoose.QueryFilter<OrderDocument>) => orders().find(filter).exec();
    await expect(find({ total: { $gte: 1 } })).rejects.toMatchObject({ name: 'CastError' });
    await expect(find({ total: trusted({ $gte: 1 }) })).rejects.toThrow('before initial connection');
  });
});
