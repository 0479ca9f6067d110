import { Long } from 'bson';
import { encode } from '../bson/codec.js';
import { check } from '../bson/errors.js';
import type { Document } from '../bson/values.js';

const maxCursors = 1000;
const maxIdleMs = 600_000;
const maxBatchBytes = 16 * 1024 * 1024;

interface Cursor {
  namespace: string;
  documents: Iterator<Document, unknown>;
  /** Taken from the iterator but not yet sent. */
  pending: Document | undefined;
  usedAt: number;
}

export interface Cursors {
  /** The first batch as the answer of a command; what is left stays open under the cursor's id, zero when nothing is. */
  open(namespace: string, documents: Iterable<Document>, size?: number, isSingle?: boolean): Document;
  next(id: Long, namespace: string, size?: number): Document;
  kill(id: Long, namespace: string): boolean;
  closeIdle(now: Date): void;
}

const take = (cursor: Cursor, size: number): Document[] => {
  const batch: Document[] = [];
  for (let bytes = 0; cursor.pending !== undefined && batch.length < size; ) {
    bytes += encode(cursor.pending).length + 16;
    if (bytes > maxBatchBytes && batch.length > 0) break;
    batch.push(cursor.pending);
    advance(cursor);
  }
  return batch;
};

/** Always one document ahead, so that no cursor stays open with nothing behind it. */
const advance = (cursor: Cursor): void => {
  const { value, done } = cursor.documents.next();
  cursor.pending = done === true ? undefined : (value as Document);
};

const toReply = (ns: string, name: string, batch: readonly Document[], id: Long): Document => ({
  cursor: { [name]: batch, id, ns },
  ok: 1,
});

export const createCursors = (clock: { now(): Date }): Cursors => {
  const cursors = new Map<string, Cursor>();
  let lastId = 0;
  return {
    open: (namespace, documents, size = 101, isSingle = false) => {
      const cursor: Cursor = {
        namespace,
        documents: documents[Symbol.iterator](),
        pending: undefined,
        usedAt: clock.now().getTime(),
      };
      advance(cursor);
      const batch = take(cursor, size);
      if (isSingle || cursor.pending === undefined) return toReply(namespace, 'firstBatch', batch, Long.ZERO);
      check(
        cursors.size < maxCursors,
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `more than ${maxCursors} open cursors`,
      );
      lastId += 1;
      cursors.set(String(lastId), cursor);
      return toReply(namespace, 'firstBatch', batch, Long.fromNumber(lastId));
    },
    next: (id, namespace, size = Number.POSITIVE_INFINITY) => {
      const cursor = cursors.get(id.toString());
      check(cursor, 'CursorNotFound', `cursor id ${id.toString()} not found`);
      check(
        cursor.namespace === namespace,
        'Unauthorized',
        `cursor id ${id.toString()} was not created on ${namespace}`,
      );
      cursors.delete(id.toString());
      cursor.usedAt = clock.now().getTime();
      const batch = take(cursor, size === 0 ? Number.POSITIVE_INFINITY : size);
      if (cursor.pending === undefined) return toReply(namespace, 'nextBatch', batch, Long.ZERO);
      cursors.set(id.toString(), cursor);
      return toReply(namespace, 'nextBatch', batch, id);
    },
    kill: (id, namespace) => cursors.get(id.toString())?.namespace === namespace && cursors.delete(id.toString()),
    closeIdle: (now) => {
      for (const [id, { usedAt }] of cursors) if (now.getTime() - usedAt > maxIdleMs) cursors.delete(id);
    },
  };
};
