import { decodeExactly, encode } from '../bson/codec.js';
import { check } from '../bson/errors.js';
import { type Document, isDocument } from '../bson/values.js';

export const headerBytes = 16;
export const maxMessageBytes = 48_000_000;
const opCodes = { reply: 1, query: 2004, message: 2013 };
const moreToCome = 2;

/** The bytes are not a message of the MongoDB wire protocol: the connection cannot go on. */
export class ProtocolError extends Error {}

const insist = (condition: boolean, message: string): void => {
  if (!condition) throw new ProtocolError(message);
};

/** The length that a header announces, checked before anything is kept in memory. */
export const messageLength = (header: Buffer): number => {
  const length = header.readInt32LE(0);
  insist(length >= headerBytes + 10 && length <= maxMessageBytes, `message length ${length} is not allowed`);
  return length;
};

/** What stands before the command. A silent message wants no answer, a legacy one an OP_REPLY. */
export const parseHead = (message: Buffer) => {
  const [opCode, flags] = [message.readInt32LE(12), message.readUInt32LE(headerBytes)];
  const isLegacy = opCode === opCodes.query;
  // The lower sixteen flags must be understood. That of a checksum is not: no driver sends one.
  const isKnown = opCode === opCodes.message && (flags & 0xffff & ~moreToCome) === 0;
  insist(isLegacy || isKnown, `op code ${opCode} with flags ${flags} is not supported`);
  return { requestId: message.readInt32LE(4), isLegacy, isSilent: !isLegacy && (flags & moreToCome) !== 0 };
};

/** What is left of a message that is taken apart from its front. */
type Rest = { bytes: Buffer };
/** Takes so many bytes, or a part that begins with its own length. */
const take = (rest: Rest, length = rest.bytes.length < 4 ? -1 : rest.bytes.readInt32LE()): Buffer => {
  insist(length >= 0 && length <= rest.bytes.length, 'a part reaches beyond its message');
  const part = rest.bytes.subarray(0, length);
  rest.bytes = rest.bytes.subarray(length);
  return part;
};
const takeName = (rest: Rest): string => String(take(rest, rest.bytes.indexOf(0) + 1)).slice(0, -1);

/** Throws ProtocolError for bad framing, MongoError for a bad document inside a good frame. */
export const parseCommand = (message: Buffer, isLegacy: boolean): Document => {
  const content = { bytes: message.subarray(headerBytes + 4) };
  if (isLegacy) return parseHello(content);
  const bodies: Document[] = [];
  const lists: [string, Document[]][] = [];
  while (content.bytes.length > 0) {
    const [kind] = take(content, 1);
    insist(kind === 0 || kind === 1, `section kind ${kind} is not supported`);
    if (kind === 0) bodies.push(decodeExactly(take(content)));
    else lists.push(parseList({ bytes: take(content).subarray(4) }));
  }
  const [body = {}] = bodies;
  const names = [...Object.keys(body), ...lists.map(([name]) => name)];
  const isClear = bodies.length === 1 && new Set(names).size === names.length;
  insist(isClear, 'a message has one body, and each of its fields once');
  return { ...body, ...Object.fromEntries(lists) };
};

/** A list of documents that stands beside the body is a field of the command like any other. */
const parseList = (list: Rest): [string, Document[]] => {
  const name = takeName(list);
  const documents: Document[] = [];
  while (list.bytes.length > 0) documents.push(decodeExactly(take(list)));
  return [name, documents];
};

/** Drivers say their first hello in OP_QUERY; nothing else is taken in it. */
const parseHello = (content: Rest): Document => {
  const name = takeName(content);
  take(content, 8);
  const query = decodeExactly(take(content));
  const command = isDocument(query.$query) ? query.$query : query;
  const isHello = /^(hello|is[mM]aster)$/.test(Object.keys(command)[0] ?? '') && name.endsWith('.$cmd');
  check(isHello, 'ProtocolError', 'OP_QUERY is no longer supported; only hello may be said in it');
  return { ...command, $db: name.slice(0, -5) };
};

/** OP_MSG with one section of kind 0, or OP_REPLY with one document. */
export const encodeReply = (reply: Document, requestId: number, isLegacy: boolean): Buffer => {
  const body = encode(reply);
  const head = Buffer.alloc(headerBytes + (isLegacy ? 20 : 5));
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(isLegacy ? opCodes.reply : opCodes.message, 12);
  if (isLegacy) head.writeInt32LE(1, headerBytes + 16);
  return Buffer.concat([head, body]);
};
