import { Binary } from 'bson';
import { type Document, fieldOf, isDocument, wholeNumber } from '../query/values.js';
import { decode, encode } from '../storage/bson.js';
import type { KeyValueStore } from '../storage/engine.js';
import { sessionKey, sessionRange } from '../storage/keys.js';
import { MongoError } from './errors.js';

export const sessionMinutes = 30;

/** Refuses transactions: every command here is one atomic commit, several together are not. */
export const refuseTransaction = (command: Document): void => {
  if (Object.hasOwn(command, 'startTransaction') || Object.hasOwn(command, 'autocommit')) {
    throw new MongoError(
      'OperationNotSupportedInTransaction',
      'transactions are not supported by the embedded document store',
    );
  }
};

const sessionOf = (command: Document): { key: Buffer; number: number } | undefined => {
  const number = wholeNumber(fieldOf(command, 'txnNumber'));
  if (!Object.hasOwn(command, 'txnNumber')) return undefined;
  const session = fieldOf(command, 'lsid');
  const id = isDocument(session) ? fieldOf(session, 'id') : undefined;
  if (!(id instanceof Binary) || number === undefined)
    throw new MongoError('InvalidOptions', 'a txnNumber needs a logical session id');
  return { key: sessionKey(Buffer.from(id.value())), number };
};

/**
 * Retryable writes: the last answer of each session is stored in the same commit as the write. The same number again,
 * even after a crash, gets that answer and changes nothing.
 */
export const runOnce = (store: KeyValueStore, command: Document, now: Date, run: () => Document): Document => {
  const session = sessionOf(command);
  if (session === undefined) return run();
  const bytes = store.getBinary(session.key);
  if (bytes !== undefined) {
    const last = decode(bytes) as { number: unknown; reply: Document };
    const number = wholeNumber(last.number) ?? 0;
    if (number === session.number) return last.reply;
    if (number > session.number) {
      throw new MongoError(
        'TransactionTooOld',
        `Retryable write with txnNumber ${session.number} is prohibited because a newer retryable write with txnNumber ${number} has already started on this session.`,
      );
    }
  }
  const reply = run();
  store.putSync(session.key, Buffer.from(encode({ number: session.number, at: now, reply })));
  return reply;
};

export const forgetOldSessions = (store: KeyValueStore, now: Date): void => {
  for (const { key, value } of [...store.getRange(sessionRange())]) {
    const { at } = decode(value) as { at: Date };
    if (now.getTime() - at.getTime() > 2 * sessionMinutes * 60_000) store.removeSync(key);
  }
};
