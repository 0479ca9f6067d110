import { deserialize, serialize } from 'bson';
import { MongoError } from '../commands/errors.js';
import type { Document } from '../query/values.js';

export const maxDocumentBytes = 16 * 1024 * 1024;
/** MongoDB's limit for nesting; deeper values would also endanger every recursive walk. */
const maxDepth = 180;

/** Keeps every type: numbers stay Int32, Double, Long, Decimal128; regular expressions and binary data stay as sent. */
export const decode = (bytes: Uint8Array): Document =>
  deserialize(bytes, {
    promoteValues: false,
    promoteBuffers: false,
    promoteLongs: false,
    bsonRegExp: true,
    validation: { utf8: true },
  });

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
    if (Buffer.compare(encode(document), bytes) === 0) return document;
  } catch (error) {
    if (error instanceof MongoError) throw error;
    throw new MongoError(
      'InvalidBSON',
      `invalid BSON: ${error instanceof RangeError ? 'nested too deeply' : (error as Error).message}`,
    );
  }
  throw new MongoError(
    'InvalidBSON',
    'the document cannot be kept exactly: a field twice, numeric field names out of order, or an undefined value',
  );
};

const refuseDepth = (value: unknown, left: number): void => {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return;
  if (left === 0) throw new MongoError('Overflow', `document exceeded maximum nested object depth: ${maxDepth}`);
  if (Object.hasOwn(value, '__proto__')) throw new MongoError('BadValue', "a field named '__proto__' is not supported");
  for (const field of Object.values(value)) refuseDepth(field, left - 1);
};
