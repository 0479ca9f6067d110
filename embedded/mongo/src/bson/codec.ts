import { DBRef, deserialize, serialize } from 'bson';
import { check, MongoError } from './errors.js';
import type { Document } from './values.js';

export const maxDocumentBytes = 16 * 1024 * 1024;
/** MongoDB's limit for nesting; deeper values would also endanger every recursive walk. */
const maxDepth = 180;

const exactTypes = { promoteValues: false, promoteBuffers: false, promoteLongs: false, bsonRegExp: true };

/** Keeps every type: numbers stay Int32, Double, Long, Decimal128; regular expressions and binary data stay as sent. */
export const decode = (bytes: Uint8Array): Document => deserialize(bytes, exactTypes);

export const encode = (document: Document): Uint8Array => serialize(document, { ignoreUndefined: false });

/**
 * Decodes what a client sent and refuses what a JavaScript object cannot hold exactly (fields twice, numeric names out of
 * order, the deprecated undefined, lossy dates): such a document would come back changed. Encoding again tells all of them.
 */
export const decodeExactly = (bytes: Uint8Array): Document => {
  let document: Document;
  try {
    document = decode(bytes);
    refuseDepth(document, maxDepth);
  } catch (error) {
    throw error instanceof MongoError ? error : new MongoError('InvalidBSON', `invalid BSON: ${String(error)}`);
  }
  const isExact = Buffer.compare(encode(document), bytes) === 0;
  check(isExact, 'InvalidBSON', 'it cannot be kept exactly: a field twice, numeric names out of order, or undefined');
  return document;
};

const refuseDepth = (value: unknown, left: number): void => {
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  const isPlain = !Object.hasOwn(value, '__proto__') && !Object.hasOwn(value, '_bsontype');
  check(isPlain, 'BadValue', "fields named '__proto__' and '_bsontype' are not supported");
  check(!(value instanceof DBRef), 'BadValue', 'DBRef values are not supported by the embedded document store');
  if ('_bsontype' in value) return;
  check(left > 0, 'Overflow', `document exceeded maximum nested object depth: ${maxDepth}`);
  for (const field of Object.values(value)) refuseDepth(field, left - 1);
};
