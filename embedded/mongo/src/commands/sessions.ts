import { Binary } from 'bson';
import { decode, encode } from '../bson/codec.js';
import { check } from '../bson/errors.js';
import { type Document, fieldOf, isDocument, wholeNumber } from '../bson/values.js';
import { entriesIn, type KeyValueStore } from '../storage/engine.js';
import { sessionKey, sessionRange } from '../storage/keys.js';

export const sessionMinutes = 30;

/**
 * Retryable writes: the last answer of each session is stored in the same commit as the write. The same number again,
 * even after a crash, gets that answer and changes nothing.
 */
export const runOnce = (store: KeyValueStore, command: Document, now: Date, run: () => Document): Document => {
  if (!Object.hasOwn(command, 'txnNumber')) return run();
  const number = wholeNumber(command.txnNumber);
  const id = isDocument(command.lsid) ? fieldOf(command.lsid, 'id') : undefined;
  check(id instanceof Binary && number !== undefined, 'InvalidOptions', 'a txnNumber needs a logical session id');
  const key = sessionKey(id.value());
  const bytes = store.getBinary(key);
  if (bytes !== undefined) {
    const last = decode(bytes) as { number: unknown; reply: Document };
    const lastNumber = wholeNumber(last.number) ?? 0;
    if (lastNumber === number) return last.reply;
    check(
      lastNumber < number,
      'TransactionTooOld',
      `Retryable write with txnNumber ${number} is prohibited: ${lastNumber} has already started`,
    );
  }
  const reply = run();
  store.putSync(key, Buffer.from(encode({ number, at: now, reply })));
  return reply;
};

export const forgetOldSessions = (store: KeyValueStore, now: Date): void => {
  for (const { key, value } of entriesIn(store, sessionRange())) {
    const { at } = decode(value) as { at: Date };
    if (now.getTime() - at.getTime() > 2 * sessionMinutes * 60_000) store.removeSync(key);
  }
};
