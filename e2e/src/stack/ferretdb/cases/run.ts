import mongoose from 'mongoose';
import { type Case, collection, cursor, type Document } from './case.js';
import { toText } from './text.js';

const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/** Runs cases on one server and says what came out as a line of text, the same words for the same outcome. */
export const createRunner = (db: mongoose.mongo.Db) => {
  const shared = new Map<readonly Document[], string>();
  let collections = 0;

  const newCollection = async (given: readonly Document[]): Promise<string> => {
    collections += 1;
    const name = `c${collections}`;
    // One by one, so that a server that does not take one of them still has the others.
    for (const document of given) await db.command({ insert: name, documents: [document] }).catch(() => undefined);
    return name;
  };

  const prepare = async ({ given = [], show }: Case): Promise<string> => {
    const name = (show === 'ids' ? shared.get(given) : undefined) ?? (await newCollection(given));
    if (show === 'ids') shared.set(given, name);
    return name;
  };

  return async (each: Case): Promise<string> => {
    const name = await prepare(each);
    const replies: Document[] = [];
    let open: unknown;
    const fill = (value: unknown): unknown => {
      if (value === collection) return name;
      if (value === cursor) return open;
      return isPlain(value)
        ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fill(field)]))
        : fillList(value);
    };
    const fillList = (value: unknown): unknown => (Array.isArray(value) ? value.map(fill) : value);
    for (const command of each.when) {
      const reply = await ask(db, fill(command) as Document);
      if (reply.cursor !== undefined) open = reply.cursor.id;
      replies.push(reply);
    }
    const last = replies.at(-1) ?? {};
    if (each.show === 'replies') return replies.map((reply) => toText(reply, name)).join(' | ');
    if (each.show === 'reply' || last.code !== undefined) return toText(last, name);
    if (each.show === 'ids') return last.cursor.firstBatch.map(({ _id }: Document) => String(_id)).join('; ');
    const found = await ask(db, { find: name, sort: {} });
    return `${toText(last, name)} then ${toText(found.cursor?.firstBatch ?? found, name)}`;
  };
};

const isPlain = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The reply, or of a refusal its code. */
const ask = async (db: mongoose.mongo.Db, command: Document): Promise<Document> => {
  try {
    return await db.command(command, exact);
  } catch (error) {
    if (error instanceof mongoose.mongo.MongoNetworkError) return { code: 'none', connection: 'closed' };
    if (!(error instanceof mongoose.mongo.MongoServerError)) throw error;
    const { code, codeName, keyPattern, keyValue } = error.errorResponse as Document;
    return { code, codeName, ...(keyPattern && { keyPattern }), ...(keyValue && { keyValue }) };
  }
};
