import { check, MongoError, toErrorReply } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, wholeNumber } from '../bson/values.js';
import { aggregateCommands } from './aggregate.js';
import { collectionReads, collectionWrites } from './collections.js';
import { type Call, type Connection, type Context, databaseOf, type Handler, type Handlers } from './command.js';
import { indexCommands, listIndexes } from './indexes.js';
import { queryCommands } from './queries.js';
import { serverCommands } from './server-info.js';
import { runOnce } from './sessions.js';
import { writeCommands } from './writes.js';

const reads: Handlers = { ...queryCommands, ...aggregateCommands, ...collectionReads, ...serverCommands, listIndexes };
const writes: Handlers = { ...writeCommands, ...indexCommands, ...collectionWrites };

const handlerIn = (handlers: Handlers, name: string): Handler | undefined =>
  Object.hasOwn(handlers, name) ? handlers[name] : undefined;

/** Every command here is one atomic commit; several together are not, and this store cannot read an older state. */
const refuseUnsupported = (command: Document): void => {
  const isTransaction = Object.hasOwn(command, 'startTransaction') || Object.hasOwn(command, 'autocommit');
  check(
    !isTransaction,
    'OperationNotSupportedInTransaction',
    'transactions are not supported by the embedded document store',
  );
  const { level = 'local' } = isDocument(command.readConcern) ? command.readConcern : {};
  const isReadable = ['local', 'available', 'majority', 'linearizable'].includes(String(level));
  check(isReadable, 'InvalidOptions', `the read concern level '${String(level)}' is not supported`);
};

/** One node can only ever promise one acknowledgement; more is answered as a real replica set of one does. */
const writeConcernError = ({ writeConcern }: Document): Document => {
  const w = isDocument(writeConcern) ? wholeNumber(fieldOf(writeConcern, 'w')) : undefined;
  const error = { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'Not enough data-bearing nodes' };
  return w === undefined || w <= 1 ? {} : { writeConcernError: error };
};

const runWrite = async (run: Handler, command: Document, call: Call): Promise<Document> => {
  const { engine, catalog, clock } = call;
  const once = (): Document => runOnce(engine.store, command, clock.now(), () => run(command, call));
  const reply = await engine.write(() => catalog.guard(once));
  return { ...reply, ...writeConcernError(command) };
};

const toMongoError = (error: unknown): MongoError => {
  if (error instanceof MongoError) return error;
  const isFull = /MAP_FULL|ENOSPC|No space left/i.test(String(error));
  return isFull
    ? new MongoError('OutOfDiskSpace', 'the disk under the embedded document store is full')
    : new MongoError('InternalError', 'the embedded document store failed; its log has the reason');
};

export type Dispatch = (command: Document, connection: Connection) => Promise<Document>;

/** Answers one command; every failure is an answer with a MongoDB code. `report` hears of those that should not happen. */
export const createDispatch =
  (context: Context, report: (error: unknown) => void): Dispatch =>
  async (command, connection) => {
    try {
      const [name = ''] = Object.keys(command);
      const write = handlerIn(writes, name);
      const run = write ?? handlerIn(reads, name);
      check(run, 'CommandNotFound', `no such command: '${name}'`);
      const call = { ...context, connection, database: databaseOf(command) };
      refuseUnsupported(command);
      return write === undefined ? run(command, call) : await runWrite(write, command, call);
    } catch (error) {
      if (!(error instanceof MongoError)) {
        report(error);
        context.catalog.reload();
      }
      return toErrorReply(toMongoError(error));
    }
  };
