import { Binary } from 'bson';
import { decode, encode } from '../bson/codec.js';
import { check, MongoError, toErrorReply } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, wholeNumber } from '../bson/values.js';
import { entriesIn } from '../storage/engine.js';
import { keyOf, rangeOf } from '../storage/keys.js';
import { ProtocolError } from '../wire/message.js';
import { type Call, type Connection, type Context, type Handlers, readAs } from './command.js';
import { readCommands } from './reads.js';
import { schemaReads, schemaWrites } from './schema.js';
import { serverCommands, sessionMinutes } from './server.js';
import { writeCommands } from './writes.js';

export const reads: Handlers = { ...readCommands, ...schemaReads, ...serverCommands };
export const writes: Handlers = { ...writeCommands, ...schemaWrites };

const toCall = (context: Context, connection: Connection, command: Document): Call => {
  const { $db: database } = command;
  const isDatabase = typeof database === 'string' && /^[^/\\. "$*<>:|?\0]{1,63}$/.test(database);
  check(isDatabase, 'InvalidNamespace', `Invalid database name: '${database}'`);
  const [target] = Object.values(command);
  return {
    ...{ ...context, connection, database, target },
    get namespace() {
      const isName = typeof target === 'string' && /^[^$\0.](?:[^$\0]*[^$\0.])?$/.test(target);
      const isShort = isName && Buffer.byteLength(`${database}.${target}`) <= 255;
      check(isShort, 'InvalidNamespace', `Invalid name of a collection in the database ${database}`);
      return `${database}.${target}`;
    },
  };
};

/** Every command here is one atomic commit on one node; several together are not, and no older state can be read. */
const refuseUnsupported = (command: Document): void => {
  const isTransaction = 'startTransaction' in command || 'autocommit' in command;
  check(!isTransaction, 'OperationNotSupportedInTransaction', 'the embedded document store has no transactions');
  const { level } = readAs('document', command.readConcern ?? {}, 'readConcern');
  check(level !== 'snapshot', 'InvalidOptions', "the read concern level 'snapshot' is not supported");
  const { w } = readAs('document', command.writeConcern ?? {}, 'writeConcern');
  check((wholeNumber(w) ?? 1) <= 1, 'UnsatisfiableWriteConcern', 'Not enough data-bearing nodes');
};

/** A retried write, even after a crash, gets its first answer: each session's last is stored with what was written. */
const runOnce = ({ store, clock }: Context, { txnNumber, lsid }: Document, run: () => Document): Document => {
  if (txnNumber === undefined) return run();
  const number = wholeNumber(txnNumber);
  const id = isDocument(lsid) ? lsid.id : undefined;
  check(id instanceof Binary && number !== undefined, 'InvalidOptions', 'a txnNumber needs a logical session id');
  const key = keyOf('session', id.value());
  const bytes = store.getBinary(key);
  const last = bytes && (decode(bytes) as { number: unknown; reply: Document });
  if (Number(last?.number) === number) return last?.reply ?? {};
  check(!(Number(last?.number) > number), 'TransactionTooOld', `txnNumber ${number} is older than ${last?.number}`);
  const reply = run();
  store.putSync(key, Buffer.from(encode({ number, at: clock.now(), reply })));
  return reply;
};

export const forgetOldSessions = ({ store, clock }: Context): void => {
  for (const { key, value } of entriesIn(store, rangeOf(keyOf('session')))) {
    const ageMs = clock.now().getTime() - (decode(value).at as Date).getTime();
    if (ageMs > 2 * sessionMinutes * 60_000) store.removeSync(key);
  }
};

const run = async (command: Document, context: Context, connection: Connection): Promise<Document> => {
  const [name = ''] = Object.keys(command);
  const handler = fieldOf(reads, name) ?? fieldOf(writes, name);
  check(handler, 'CommandNotFound', `no such command: '${name}'`);
  const call = toCall(context, connection, command);
  refuseUnsupported(command);
  const answer = (): Document => {
    const endsAt = Date.now() + (wholeNumber(command.maxTimeMS) || Number.POSITIVE_INFINITY);
    const reply = handler(command, call);
    check(Date.now() <= endsAt, 'MaxTimeMSExpired', 'operation exceeded time limit');
    return reply;
  };
  return Object.hasOwn(reads, name) ? answer() : context.write(() => runOnce(context, command, answer));
};

export type Dispatch = ReturnType<typeof createDispatch>;
/** Answers one command; every failure is an answer with a MongoDB code. `report` hears of those that should not happen. */
export const createDispatch = (context: Context, report: (error: unknown) => void) => {
  return async (readCommand: () => Document, connection: Connection): Promise<Document> => {
    try {
      return { ...(await run(readCommand(), context, connection)), ok: 1 };
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      if (error instanceof MongoError) return toErrorReply(error);
      report(error);
      const isFull = /MAP_FULL|ENOSPC|No space left/i.test(String(error));
      return toErrorReply(new MongoError(isFull ? 'OutOfDiskSpace' : 'InternalError', 'the embedded store has failed'));
    }
  };
};
