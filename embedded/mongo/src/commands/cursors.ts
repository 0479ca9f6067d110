import { calculateObjectSize, Long } from 'bson';
import { check } from '../bson/errors.js';
import type { Document } from '../bson/values.js';

const maxCursors = 1000;
const maxIdleMs = 600_000;
const maxBatchBytes = 16 * 1024 * 1024;

/** Always one document ahead, so that no cursor stays open with nothing behind it. */
type Cursor = { id: Long; namespace: string; documents: Iterator<Document>; next: IteratorResult<Document> };
export type Cursors = ReturnType<typeof createCursors>;

export const createCursors = (clock: { now(): Date }) => {
  const cursors = new Map<string, Cursor & { usedAtMs: number }>();
  let lastId = 0;

  /** The next batch as the answer of a command; what is left stays open under the cursor's id, zero when nothing is. */
  const reply = (cursor: Cursor, name: string, size: number, isLast = false): Document => {
    const batch: Document[] = [];
    for (let bytes = 0; cursor.next.done !== true && batch.length < size; cursor.next = cursor.documents.next()) {
      bytes += calculateObjectSize(cursor.next.value) + 16;
      if (bytes > maxBatchBytes && batch.length > 0) break;
      batch.push(cursor.next.value);
    }
    const isOpen = cursor.next.done !== true && !isLast;
    check(!isOpen || cursors.size < maxCursors, 'QueryExceededMemoryLimitNoDiskUseAllowed', 'too many open cursors');
    if (isOpen) cursors.set(String(cursor.id), { ...cursor, usedAtMs: clock.now().getTime() });
    return { cursor: { [name]: batch, id: isOpen ? cursor.id : Long.ZERO, ns: cursor.namespace } };
  };

  return {
    open: (namespace: string, found: Iterable<Document>, size = 101, isSingle = false): Document => {
      lastId += 1;
      const documents = found[Symbol.iterator]();
      const cursor = { id: Long.fromNumber(lastId), namespace, documents, next: documents.next() };
      return reply(cursor, 'firstBatch', size, isSingle);
    },
    next: (id: Long, namespace: string, size = 0): Document => {
      const cursor = cursors.get(String(id));
      check(cursor, 'CursorNotFound', `cursor id ${id} not found`);
      check(cursor.namespace === namespace, 'Unauthorized', `cursor id ${id} was not created on ${namespace}`);
      cursors.delete(String(id));
      return reply(cursor, 'nextBatch', size || Number.POSITIVE_INFINITY);
    },
    kill: (id: Long): boolean => cursors.delete(String(id)),
    closeIdle: (now: Date): void => {
      for (const [id, { usedAtMs }] of cursors) if (now.getTime() - usedAtMs > maxIdleMs) cursors.delete(id);
    },
  };
};
