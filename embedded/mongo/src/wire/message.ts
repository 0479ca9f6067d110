import { MongoError } from '../commands/errors.js';
import type { Document } from '../query/values.js';
import { decodeExactly, encode } from '../storage/bson.js';
import { crc32c } from './crc32c.js';

export const headerBytes = 16;
const opCodes = { reply: 1, query: 2004, message: 2013 };
const flags = { checksumPresent: 1, moreToCome: 2 };

export interface Request {
  requestId: number;
  command: Document;
  /** The client does not want an answer (unacknowledged write). */
  isSilent: boolean;
  isLegacy: boolean;
}

/** The bytes are not a message of the MongoDB wire protocol: the connection cannot go on. */
export class ProtocolError extends Error {}

/** The length that a header announces, checked against the limit before anything is kept in memory. */
export const messageLength = (header: Buffer, maxBytes: number): number => {
  const length = header.readInt32LE(0);
  if (length < headerBytes + 5 || length > maxBytes) throw new ProtocolError(`message length ${length} is not allowed`);
  return length;
};

/** Parses one whole message. Bad framing throws ProtocolError, a bad document inside a good frame MongoError. */
export const parseMessage = (message: Buffer): Request => {
  const opCode = message.readInt32LE(12);
  if (opCode === opCodes.message) return parseOpMsg(message);
  if (opCode === opCodes.query) return parseOpQuery(message);
  throw new ProtocolError(`op code ${opCode} is not supported`);
};

export const requestIdOf = (message: Buffer): number => message.readInt32LE(4);

const parseOpMsg = (message: Buffer): Request => {
  const flagBits = message.readUInt32LE(headerBytes);
  // The lower sixteen bits must be understood; only two of them are.
  if ((flagBits & 0xffff & ~(flags.checksumPresent | flags.moreToCome)) !== 0)
    throw new ProtocolError(`flags ${flagBits} are not supported`);
  const hasChecksum = (flagBits & flags.checksumPresent) !== 0;
  const end = message.length - (hasChecksum ? 4 : 0);
  if (hasChecksum && crc32c(message.subarray(0, end)) !== message.readUInt32LE(end))
    throw new ProtocolError('the checksum does not match');
  let body: Document | undefined;
  const sequences = new Map<string, Document[]>();
  let offset = headerBytes + 4;
  while (offset < end) {
    const kind = message[offset];
    offset += 1;
    if (kind === 0 && body === undefined) {
      const bytes = documentAt(message, offset, end);
      body = decodeExactly(bytes);
      offset += bytes.length;
    } else if (kind === 1) {
      const sequence = sequenceAt(message, offset, end);
      if (sequences.has(sequence.name)) throw new ProtocolError(`two sequences named ${sequence.name}`);
      sequences.set(sequence.name, sequence.documents);
      offset += sequence.length;
    } else throw new ProtocolError(`section kind ${String(kind)} is not expected`);
  }
  if (body === undefined) throw new ProtocolError('a message without a body');
  for (const [name, documents] of sequences) {
    if (Object.hasOwn(body, name)) throw new ProtocolError(`the field ${name} stands in the body and in a sequence`);
    body[name] = documents;
  }
  return {
    requestId: requestIdOf(message),
    command: body,
    isSilent: (flagBits & flags.moreToCome) !== 0,
    isLegacy: false,
  };
};

const documentAt = (message: Buffer, offset: number, end: number): Buffer => {
  const length = offset + 5 <= end ? message.readInt32LE(offset) : 0;
  if (length < 5 || offset + length > end) throw new ProtocolError('a document reaches beyond its message');
  return message.subarray(offset, offset + length);
};

const sequenceAt = (
  message: Buffer,
  start: number,
  end: number,
): { name: string; documents: Document[]; length: number } => {
  const length = start + 5 <= end ? message.readInt32LE(start) : 0;
  if (length < 5 || start + length > end) throw new ProtocolError('a sequence reaches beyond its message');
  const nameEnd = message.indexOf(0, start + 4);
  if (nameEnd === -1 || nameEnd >= start + length) throw new ProtocolError('a sequence without a name');
  const documents: Document[] = [];
  let offset = nameEnd + 1;
  while (offset < start + length) {
    const bytes = documentAt(message, offset, start + length);
    documents.push(decodeExactly(bytes));
    offset += bytes.length;
  }
  return { name: message.toString('utf8', start + 4, nameEnd), documents, length };
};

/** Drivers say their first hello in the oldest form; nothing else is taken in it. */
const parseOpQuery = (message: Buffer): Request => {
  const nameEnd = message.indexOf(0, headerBytes + 4);
  if (nameEnd === -1 || nameEnd + 9 > message.length) throw new ProtocolError('a query without a collection name');
  const name = message.toString('utf8', headerBytes + 4, nameEnd);
  const query = decodeExactly(documentAt(message, nameEnd + 9, message.length));
  const [first = ''] = Object.keys(query);
  const command = first === '$query' ? (query.$query as Document) : query;
  if (!name.endsWith('.$cmd'))
    throw new MongoError('ProtocolError', 'OP_QUERY is no longer supported; only hello may be said in it');
  return {
    requestId: requestIdOf(message),
    command: { ...command, $db: name.slice(0, -5) },
    isSilent: false,
    isLegacy: true,
  };
};

/** OP_MSG, or OP_REPLY to a client that asked by OP_QUERY. */
export const encodeReply = (
  reply: Document,
  request: Pick<Request, 'requestId' | 'isLegacy'>,
  replyId: number,
): Buffer => {
  const body = encode(reply);
  const extra = request.isLegacy ? 20 : 5;
  const message = Buffer.alloc(headerBytes + extra + body.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(replyId, 4);
  message.writeInt32LE(request.requestId, 8);
  message.writeInt32LE(request.isLegacy ? opCodes.reply : opCodes.message, 12);
  // OP_REPLY: await-capable, no cursor, from 0, one document. OP_MSG: no flags, one section of kind 0, all zeros.
  if (request.isLegacy) {
    message.writeInt32LE(8, headerBytes);
    message.writeInt32LE(1, headerBytes + 16);
  }
  message.set(body, headerBytes + extra);
  return message;
};
