import mongoose from 'mongoose';

export const { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } =
  mongoose.mongo.BSON;
export type Document = mongoose.mongo.BSON.Document;

/** Commands in, replies out: the same on every server. */
export interface Case {
  readonly name: string;
  /** What the collection holds before. Those that only read and hold the same share one collection. */
  readonly given?: readonly Document[];
  /** Sent one after the other. `'C'` stands for the collection, `'CURSOR'` for the cursor that the last reply has opened. */
  readonly when: readonly Document[];
  /**
   * What is compared: the ids of the documents found; the last reply; every reply; or the last reply and all documents
   * afterwards, with their types. Of a refusal it is always the code with its name.
   */
  readonly show: 'ids' | 'reply' | 'replies' | 'documents';
}

export const collection = 'C';
export const cursor = 'CURSOR';
export const noDocuments: readonly Document[] = [];

/** A find whose matches are compared. */
export const finds = (name: string, given: readonly Document[], filter: Document, more: Document = {}): Case => ({
  name,
  given,
  when: [{ find: collection, filter, ...more }],
  show: 'ids',
});

/** An update of what is there: the reply and the documents afterwards are compared. */
export const updates = (name: string, given: readonly Document[], ...statements: readonly Document[]): Case => ({
  name,
  given,
  when: [{ update: collection, updates: statements }],
  show: 'documents',
});

/** Every pair of two lists of named values. */
export const pairs = <A, B, T>(
  left: Readonly<Record<string, A>>,
  right: Readonly<Record<string, B>>,
  make: (names: string, a: A, b: B) => T,
): T[] =>
  Object.entries(left).flatMap(([leftName, a]) =>
    Object.entries(right).map(([rightName, b]) => make(`${leftName} ${rightName}`, a, b)),
  );
