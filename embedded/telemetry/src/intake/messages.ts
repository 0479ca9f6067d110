/** The bytes are not what the Forward protocol allows; the connection cannot go on. */
export class ProtocolError extends Error {}

const maxParts = 1_000_000;
const smallest = 16 * 1_024;

export interface MessageReader {
  /** The complete messages so far, one by one; each is valid only until the next one is asked for. */
  read(chunk: Uint8Array): Generator<Uint8Array>;
  /** Bytes that are set aside for the unfinished message. */
  readonly capacity: number;
}

/**
 * Cuts a stream of MessagePack values into whole values without decoding them: it only counts how many parts are still
 * missing. A value that announces more than `maxBytes` is refused at once, not after that many bytes came.
 */
export const createMessageReader = (maxBytes: number): MessageReader => {
  let buffer = new Uint8Array(0);
  let end = 0;
  let scan = 0;
  let missing = 1;

  const append = (chunk: Uint8Array): void => {
    if (end + chunk.length > buffer.length) {
      const grown = new Uint8Array(Math.max(smallest, 2 ** Math.ceil(Math.log2(end + chunk.length))));
      grown.set(buffer.subarray(0, end));
      buffer = grown;
    }
    buffer.set(chunk, end);
    end += chunk.length;
  };

  // Moves `scan` behind the next whole value; false while it is not all there.
  const scanValue = (start: number): boolean => {
    while (missing > 0) {
      const part = measure(buffer, scan, end);
      if (part === undefined) return false;
      scan += part.bytes;
      missing += part.parts - 1;
      if (scan - start > maxBytes || missing > maxParts) throw new ProtocolError('the message is too large');
    }
    return scan <= end;
  };

  const drop = (bytes: number): void => {
    buffer.copyWithin(0, bytes, end);
    end -= bytes;
    scan -= bytes;
    if (end === 0 && buffer.length > smallest) buffer = new Uint8Array(0);
  };

  return {
    get capacity() {
      return buffer.length;
    },
    *read(chunk) {
      append(chunk);
      let start = 0;
      while (scanValue(start)) {
        yield buffer.subarray(start, scan);
        start = scan;
        missing = 1;
      }
      drop(start);
    },
  };
};

// https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats": the bytes of a head with its payload, and how many values it contains.
const measure = (buffer: Uint8Array, at: number, end: number): { bytes: number; parts: number } | undefined => {
  if (at >= end) return undefined;
  const head = buffer[at] ?? 0;
  const value = (bytes: number) => ({ bytes, parts: 0 });
  if (head < 0x80 || head >= 0xe0) return value(1);
  if (head < 0x90) return { bytes: 1, parts: (head & 15) * 2 };
  if (head < 0xa0) return { bytes: 1, parts: head & 15 };
  if (head < 0xc0) return value(1 + (head & 31));
  const fixed = fixedSizes.get(head);
  if (fixed !== undefined) return value(fixed);
  const sized = sizedHeads.get(head);
  if (sized === undefined) throw new ProtocolError('not MessagePack');
  if (at + 1 + sized.width > end) return undefined;
  let size = 0;
  for (let byte = 1; byte <= sized.width; byte++) size = size * 256 + (buffer[at + byte] ?? 0);
  const bytes = 1 + sized.width + sized.extra;
  return sized.parts > 0 ? { bytes, parts: size * sized.parts } : { bytes: bytes + size, parts: 0 };
};

const fixedSizes: ReadonlyMap<number, number> = new Map([
  [0xc0, 1],
  [0xc2, 1],
  [0xc3, 1],
  [0xca, 5],
  [0xcb, 9],
  [0xcc, 2],
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2],
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
  [0xd4, 3],
  [0xd5, 4],
  [0xd6, 6],
  [0xd7, 10],
  [0xd8, 18],
]);

const binary = (width: number) => ({ width, extra: 0, parts: 0 });
const extension = (width: number) => ({ width, extra: 1, parts: 0 });
const container = (width: number, parts: number) => ({ width, extra: 0, parts });
const sizedHeads: ReadonlyMap<number, { width: number; extra: number; parts: number }> = new Map([
  [0xc4, binary(1)],
  [0xc5, binary(2)],
  [0xc6, binary(4)],
  [0xd9, binary(1)],
  [0xda, binary(2)],
  [0xdb, binary(4)],
  [0xc7, extension(1)],
  [0xc8, extension(2)],
  [0xc9, extension(4)],
  [0xdc, container(2, 1)],
  [0xdd, container(4, 1)],
  [0xde, container(2, 2)],
  [0xdf, container(4, 2)],
]);
