import type mongoose from 'mongoose';

type Document = mongoose.mongo.BSON.Document;
type Collection = mongoose.mongo.Collection;

/**
 * What FerretDB 1.24 does not have, or has wrong, and the services use: each is made from what it has. Everything else
 * that a service says and hears passes unchanged.
 */
export interface Gaps {
  /** The command as FerretDB can take it. */
  prepare(command: Document): Promise<Document>;
  /** The answer as MongoDB would have given it. */
  complete(command: Document, reply: Document): Promise<Document>;
}

/** The client asks FerretDB itself: which item of an array matches, and which document has a value, is its own word. */
export const createGaps = (client: mongoose.mongo.MongoClient): Gaps => ({
  async prepare(command) {
    const [[name = '', target] = []] = Object.entries(command);
    const collection = client.db(command.$db).collection(String(target));
    return (await changes[name]?.(command, collection)) ?? command;
  },
  async complete(command, reply) {
    if (command.findAndModify && command.fields && reply.value)
      return { ...reply, value: project(reply.value, command.fields) };
    const [document] = command.insert === undefined ? [] : (command.documents ?? []);
    const [error] = reply.writeErrors ?? [];
    if (document === undefined || Number(error?.code) !== duplicateKey) return reply;
    const keyPattern = await findTakenKey(client.db(command.$db).collection(command.insert), document);
    return { ...reply, writeErrors: [{ ...error, keyPattern }] };
  },
});

const changes: Readonly<Record<string, (command: Document, collection: Collection) => Promise<Document>>> = {
  /** It refuses an index that says when documents expire. No document of a test lives that long. */
  createIndexes: async (command) => ({
    ...command,
    indexes: command.indexes.map(({ expireAfterSeconds: _, ...index }: Document) => index),
  }),
  find: async (command, collection) => {
    const { filter = {} } = command;
    const changed = await toFilter(collection, filter);
    return changed === filter ? command : { ...command, filter: changed };
  },
  /** Its projection of what it has modified is not implemented; `complete` does that. */
  findAndModify: async ({ fields: _, ...command }, collection) => ({
    ...command,
    query: await toFilter(collection, command.query),
  }),
  update: async (command, collection) => ({
    ...command,
    updates: await Promise.all(
      command.updates.map(async (statement: Document) => {
        const q = await toFilter(collection, statement.q);
        return { ...statement, q, u: await withPullAll(collection, q, statement.u) };
      }),
    ),
  }),
};

const duplicateKey = 11_000;
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/**
 * Its $elemMatch knows no fields, and its $ne on a path through an array is true as soon as one item differs. The first
 * becomes the ids of those that match, the second the opposite of equality.
 */
const toFilter = async (collection: Collection, filter: Document): Promise<Document> => {
  const clauses: Document[] = [];
  for (const [name, condition] of Object.entries(filter)) {
    const { $elemMatch, $ne } = condition ?? {};
    const isOfFields = $elemMatch !== undefined && !Object.keys($elemMatch)[0]?.startsWith('$');
    if (isOfFields) {
      const stages = [{ $unwind: `$${name}` }, { $match: below(name, $elemMatch) }, { $project: { _id: 1 } }];
      const found = await collection.aggregate([{ $match: plain(filter) }, ...stages], exact).toArray();
      clauses.push({ _id: { $in: found.map(({ _id }) => _id) } });
    } else if ($ne !== undefined && name.includes('.')) clauses.push({ $nor: [{ [name]: $ne }] });
  }
  return clauses.length === 0 ? filter : { $and: [plain(filter), ...clauses] };
};

/** The clauses of a filter that need no help. */
const plain = (filter: Document): Document =>
  Object.fromEntries(
    Object.entries(filter).filter(
      ([name, condition]) =>
        condition?.$elemMatch === undefined && (condition?.$ne === undefined || !name.includes('.')),
    ),
  );

const below = (name: string, condition: Document): Document =>
  Object.fromEntries(Object.entries(condition).map(([field, wanted]) => [`${name}.${field}`, wanted]));

/** Its $pull takes no conditions, its $pullAll does without: the items that match are looked up and named. */
const withPullAll = async (collection: Collection, filter: Document, update: Document): Promise<Document> => {
  const { $pull, ...others } = update;
  if ($pull === undefined) return update;
  const $pullAll: Document = {};
  for (const [name, condition] of Object.entries<Document>($pull)) {
    const stages = [{ $match: filter }, { $limit: 1 }, { $unwind: `$${name}` }, { $match: below(name, condition) }];
    const found = await collection.aggregate(stages, exact).toArray();
    $pullAll[name] = found.map((each) => each[name]);
  }
  return { ...others, $pullAll };
};

/** The services name fields of the document that they have modified: those to have, or those to leave out. */
const project = (value: Document, fields: Document): Document => {
  const isExclusion = Object.values(fields).every((flag) => Number(flag) === 0);
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => (isExclusion ? !(name in fields) : name === '_id' || name in fields)),
  );
};

/** Its error for a duplicate key does not say which index it was. */
const findTakenKey = async (collection: Collection, document: Document): Promise<Document> => {
  for (const { key, unique } of await collection.listIndexes().toArray()) {
    const isUnique = unique === true || '_id' in key;
    const taken = Object.fromEntries(Object.keys(key).map((name) => [name, document[name]]));
    if (isUnique && (await collection.findOne(taken)) !== null) return key;
  }
  return {};
};
