import { decodeExactly, encode } from '../bson/codec.js';
import { check } from '../bson/errors.js';
import { type Document, isDocument } from '../bson/values.js';
import { crc32c } from './crc32c.js';

export const headerBytes = 16;
const opCodes = { reply: 1, query: 2004, message: 2013 };
const flags = { checksumPresent: 1, moreToCome: 2 };

export interface Request {
  requestId: number;
  command: Document;
  /** The client does not want an answer (unacknowledged write). */
  isSilent: boolean;
  /** Asked by OP_QUERY, to be answered by OP_REPLY. */
  isLegacy: boolean;
}

/** The bytes are not a message of the MongoDB wire protocol: the connection cannot go on. */
export class ProtocolError extends Error {}

const expectThat = (condition: boolean, message: string): void => {
  if (!condition) throw new ProtocolError(message);
};

/** The length that a header announces, checked against the limit before anything is kept in memory. */
export const messageLength = (header: Buffer, maxBytes: number): number => {
  const length = header.readInt32LE(0);
  expectThat(length >= headerBytes + 10 && length <= maxBytes, `message length ${length} is not allowed`);
  return length;
};

export const requestIdOf = (message: Buffer): number => message.readInt32LE(4);

/** Parses one whole message. Bad framing throws ProtocolError, a bad document inside a good frame MongoError. */
export const parseMessage = (message: Buffer): Request => {
  const opCode = message.readInt32LE(12);
  if (opCode === opCodes.query) return parseOpQuery(message);
  expectThat(opCode === opCodes.message, `op code ${opCode} is not supported`);
  return parseOpMsg(message);
};

const parseOpMsg = (message: Buffer): Request => {
  const flagBits = message.readUInt32LE(headerBytes);
  // The lower sixteen bits must be understood; only two of them are.
  expectThat(
    (flagBits & 0xffff & ~(flags.checksumPresent | flags.moreToCome)) === 0,
    `flags ${flagBits} are not supported`,
  );
  const hasChecksum = (flagBits & flags.checksumPresent) !== 0;
  const end = message.length - (hasChecksum ? 4 : 0);
  if (hasChecksum)
    expectThat(crc32c(message.subarray(0, end)) === message.readUInt32LE(end), 'the checksum does not match');
  let body: Document | undefined;
  const sequences: Record<string, Document[]> = {};
  for (let offset = headerBytes + 4; offset < end; ) {
    const kind = message[offset];
    if (kind === 0) {
      expectThat(body === undefined, 'two bodies in one message');
      const bytes = documentAt(message, offset + 1, end);
      body = decodeExactly(bytes);
      offset += 1 + bytes.length;
    } else {
      expectThat(kind === 1, `section kind ${String(kind)} is not supported`);
      const { name, documents, length } = sequenceAt(message, offset + 1, end);
      expectThat(!Object.hasOwn(sequences, name), `two sequences named ${name}`);
      sequences[name] = documents;
      offset += 1 + length;
    }
  }
  if (body === undefined) throw new ProtocolError('a message without a body');
  const isClear = !Object.keys(sequences).some((name) => Object.hasOwn(body, name));
  expectThat(isClear, 'a field stands in the body and in a sequence');
  return {
    requestId: requestIdOf(message),
    command: { ...body, ...sequences },
    isSilent: (flagBits & flags.moreToCome) !== 0,
    isLegacy: false,
  };
};

const documentAt = (message: Buffer, offset: number, end: number): Buffer => {
  const length = offset + 5 <= end ? message.readInt32LE(offset) : 0;
  expectThat(length >= 5 && offset + length <= end, 'a document reaches beyond its message');
  return message.subarray(offset, offset + length);
};

const sequenceAt = (
  message: Buffer,
  start: number,
  end: number,
): { name: string; documents: Document[]; length: number } => {
  const length = documentAt(message, start, end).length;
  const nameEnd = message.indexOf(0, start + 4);
  expectThat(nameEnd !== -1 && nameEnd < start + length, 'a sequence without a name');
  const documents: Document[] = [];
  for (let offset = nameEnd + 1; offset < start + length; ) {
    const bytes = documentAt(message, offset, start + length);
    documents.push(decodeExactly(bytes));
    offset += bytes.length;
  }
  return { name: message.toString('utf8', start + 4, nameEnd), documents, length };
};

/** Drivers say their first hello in the oldest form; nothing else is taken in it. */
const parseOpQuery = (message: Buffer): Request => {
  const nameEnd = message.indexOf(0, headerBytes + 4);
  expectThat(nameEnd !== -1, 'a query without a collection name');
  const name = message.toString('utf8', headerBytes + 4, nameEnd);
  const query = decodeExactly(documentAt(message, nameEnd + 9, message.length));
  const command = isDocument(query.$query) ? query.$query : query;
  const isHello = ['hello', 'isMaster', 'ismaster'].includes(Object.keys(command)[0] ?? '') && name.endsWith('.$cmd');
  check(isHello, 'ProtocolError', 'OP_QUERY is no longer supported; only hello may be said in it');
  return {
    requestId: requestIdOf(message),
    command: { ...command, $db: name.slice(0, -5) },
    isSilent: false,
    isLegacy: true,
  };
};

/** OP_MSG with one section of kind 0, or OP_REPLY with one document to a client that asked by OP_QUERY. */
export const encodeReply = (
  reply: Document,
  { requestId, isLegacy }: Pick<Request, 'requestId' | 'isLegacy'>,
): Buffer => {
  const body = encode(reply);
  const bodyAt = headerBytes + (isLegacy ? 20 : 5);
  const message = Buffer.alloc(bodyAt + body.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(requestId, 8);
  message.writeInt32LE(isLegacy ? opCodes.reply : opCodes.message, 12);
  if (isLegacy) message.writeInt32LE(1, headerBytes + 16);
  message.set(body, bodyAt);
  return message;
};
