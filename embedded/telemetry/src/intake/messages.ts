/** The bytes are not what the Forward protocol allows; the connection cannot go on. */
export class ProtocolError extends Error {}

const maxParts = 400_000;
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

// The heads 0xc0 to 0xdf of https://github.com/msgpack/msgpack/blob/master/spec.md: bytes of a head with its fixed part
// (0: never used), bytes of the size within it, and whether that size counts values (maps have two for each) or bytes.
const headBytes = [1, 0, 1, 1, 2, 3, 5, 3, 4, 6, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18, 2, 3, 5, 3, 5, 3, 5];
const sizeBytes = [0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4];
const partsPerSize = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2];

// The bytes of a head with its payload, and how many values follow that belong to it; undefined while the head is cut off.
const measure = (buffer: Uint8Array, at: number, end: number): { bytes: number; parts: number } | undefined => {
  if (at >= end) return undefined;
  const head = buffer[at] ?? 0;
  if (head < 0x80 || head >= 0xe0) return { bytes: 1, parts: 0 };
  if (head < 0x90) return { bytes: 1, parts: (head & 15) * 2 };
  if (head < 0xa0) return { bytes: 1, parts: head & 15 };
  if (head < 0xc0) return { bytes: 1 + (head & 31), parts: 0 };
  const bytes = headBytes[head - 0xc0] ?? 0;
  const width = sizeBytes[head - 0xc0] ?? 0;
  if (bytes === 0) throw new ProtocolError('not MessagePack');
  if (at + 1 + width > end) return undefined;
  let size = 0;
  for (let byte = 1; byte <= width; byte++) size = size * 256 + (buffer[at + byte] ?? 0);
  const parts = partsPerSize[head - 0xc0] ?? 0;
  return parts > 0 ? { bytes, parts: size * parts } : { bytes: bytes + size, parts: 0 };
};
