import { type Document, fieldOf, wholeNumber } from '../query/values.js';
import { aggregateCommands } from './aggregate.js';
import { databaseOf, optionalDocument, refuseUnknown } from './arguments.js';
import { collectionCommands } from './collections.js';
import type { Command, Commands, Connection, Context } from './context.js';
import { diagnosticCommands } from './diagnostics.js';
import { MongoError, toErrorReply } from './errors.js';
import { queryCommands } from './queries.js';
import { refuseTransaction, runOnce } from './sessions.js';
import { writeCommands } from './writes.js';

const commands: Commands = {
  ...queryCommands,
  ...writeCommands,
  ...collectionCommands,
  ...aggregateCommands,
  ...diagnosticCommands,
};

const genericFields = [
  ...[
    '$db',
    'lsid',
    'txnNumber',
    '$clusterTime',
    '$readPreference',
    'readConcern',
    'writeConcern',
    'comment',
    'maxTimeMS',
  ],
  ...['apiVersion', 'apiStrict', 'apiDeprecationErrors', '$client', 'stmtId', 'stmtIds'],
];

const readConcerns = ['local', 'available', 'majority', 'linearizable'];

const refuseReadConcern = (command: Document): void => {
  const concern = optionalDocument(command, 'readConcern') ?? {};
  for (const [name, value] of Object.entries(concern)) {
    if (name === 'afterClusterTime' || (name === 'level' && readConcerns.includes(String(value)))) continue;
    throw new MongoError('InvalidOptions', `the read concern ${name}: ${String(value)} is not supported`);
  }
};

/** One node can only ever promise one acknowledgement; more is answered as a real replica set of one does. */
const writeConcernError = (command: Document): Document => {
  const w = wholeNumber(fieldOf(optionalDocument(command, 'writeConcern') ?? {}, 'w'));
  if (w === undefined || w <= 1) return {};
  return {
    writeConcernError: { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'Not enough data-bearing nodes' },
  };
};

const runWrite = async (
  entry: Command,
  command: Document,
  context: Context,
  connection: Connection,
): Promise<Document> => {
  const { engine, catalog, clock } = context;
  const reply = await engine.write(() =>
    catalog.guard(() => runOnce(engine.store, command, clock.now(), () => entry.run(command, context, connection))),
  );
  return { ...reply, ...writeConcernError(command) };
};

export type Dispatch = (command: Document, connection: Connection) => Promise<Document>;

/** Answers one command; every failure is an answer with a MongoDB code. `report` hears of those that should not happen. */
export const createDispatch =
  (context: Context, report: (error: unknown) => void): Dispatch =>
  async (command, connection) => {
    try {
      const [name = ''] = Object.keys(command);
      const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (entry === undefined) throw new MongoError('CommandNotFound', `no such command: '${name}'`);
      databaseOf(command);
      if (entry.fields.length > 0) refuseUnknown(command, name, new Set([...entry.fields, ...genericFields]));
      refuseTransaction(command);
      refuseReadConcern(command);
      return await (entry.isWrite === true
        ? runWrite(entry, command, context, connection)
        : entry.run(command, context, connection));
    } catch (error) {
      if (error instanceof MongoError) return toErrorReply(error);
      report(error);
      return toErrorReply(toStorageError(error));
    }
  };

const toStorageError = (error: unknown): MongoError =>
  error instanceof Error && /MAP_FULL|ENOSPC|No space left/i.test(error.message)
    ? new MongoError('OutOfDiskSpace', 'the disk under the embedded document store is full')
    : new MongoError('InternalError', 'the embedded document store failed; its log has the reason');
