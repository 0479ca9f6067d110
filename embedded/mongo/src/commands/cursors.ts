import { Long } from 'bson';
import type { Document } from '../query/values.js';
import { encode } from '../storage/bson.js';
import { MongoError } from './errors.js';

const maxCursors = 1000;
const maxIdleMs = 600_000;
const maxBatchBytes = 16 * 1024 * 1024;

interface Cursor {
  namespace: string;
  documents: Iterator<Document>;
  /** Taken from the iterator but too big for the last batch. */
  pending: Document | undefined;
  usedAt: number;
}

export interface Batch {
  id: Long;
  documents: Document[];
}

export interface Cursors {
  /** The first batch; what is left stays open under the batch's id, which is zero when nothing is left. */
  open(namespace: string, documents: Iterable<Document>, options: { size: number; single?: boolean }): Batch;
  next(id: Long, namespace: string, size: number): Batch;
  kill(id: Long, namespace: string): boolean;
  closeIdle(now: number): void;
}

export const createCursors = (clock: { now(): Date }): Cursors => {
  const cursors = new Map<string, Cursor>();
  let lastId = 0;

  const take = (cursor: Cursor, size: number): { documents: Document[]; isDone: boolean } => {
    const documents: Document[] = [];
    let bytes = 0;
    while (documents.length < size) {
      const document = cursor.pending ?? nextOf(cursor);
      cursor.pending = undefined;
      if (document === undefined) return { documents, isDone: true };
      bytes += encode(document).length + 16;
      if (bytes > maxBatchBytes && documents.length > 0) {
        cursor.pending = document;
        return { documents, isDone: false };
      }
      documents.push(document);
    }
    return { documents, isDone: false };
  };

  return {
    open: (namespace, documents, { size, single }) => {
      const cursor: Cursor = {
        namespace,
        documents: documents[Symbol.iterator](),
        pending: undefined,
        usedAt: clock.now().getTime(),
      };
      const first = take(cursor, size);
      if (first.isDone || single === true) return { id: Long.ZERO, documents: first.documents };
      // A batch that is exactly full: look ahead, so that no cursor stays open with nothing behind it.
      cursor.pending ??= size > 0 ? nextOf(cursor) : undefined;
      if (size > 0 && cursor.pending === undefined) return { id: Long.ZERO, documents: first.documents };
      if (cursors.size >= maxCursors)
        throw new MongoError('QueryExceededMemoryLimitNoDiskUseAllowed', `more than ${maxCursors} open cursors`);
      lastId += 1;
      const id = Long.fromNumber(lastId);
      cursors.set(id.toString(), cursor);
      return { id, documents: first.documents };
    },
    next: (id, namespace, size) => {
      const cursor = cursors.get(id.toString());
      if (cursor === undefined) throw new MongoError('CursorNotFound', `cursor id ${id.toString()} not found`);
      if (cursor.namespace !== namespace) {
        throw new MongoError(
          'Unauthorized',
          `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
        );
      }
      cursor.usedAt = clock.now().getTime();
      try {
        const { documents, isDone } = take(cursor, size);
        if (isDone) cursors.delete(id.toString());
        return { id: isDone ? Long.ZERO : id, documents };
      } catch (error) {
        cursors.delete(id.toString());
        throw error;
      }
    },
    kill: (id, namespace) => cursors.get(id.toString())?.namespace === namespace && cursors.delete(id.toString()),
    closeIdle: (now) => {
      for (const [id, { usedAt }] of cursors) if (now - usedAt > maxIdleMs) cursors.delete(id);
    },
  };
};

const nextOf = ({ documents }: Cursor): Document | undefined => {
  const { value, done } = documents.next();
  return done === true ? undefined : (value as Document);
};
