import { gunzipSync } from 'node:zlib';
import { Decoder, ExtensionCodec } from '@msgpack/msgpack';
import { ProtocolError } from './messages.js';

interface Entry {
  /** Epoch milliseconds. */
  time: number;
  record: object;
}

export interface ForwardMessage {
  entries: Entry[];
  /** Present if the sender waits for `{ack: chunk}`. */
  chunk: string | undefined;
}

const codec = new ExtensionCodec();
// EventTime: two unsigned 32-bit numbers, seconds and nanoseconds.
codec.register({
  type: 0,
  encode: () => null,
  decode: (data) => {
    if (data.length !== 8) throw new ProtocolError('EventTime has 8 bytes');
    const view = new DataView(data.buffer, data.byteOffset, 8);
    return new Date(view.getUint32(0) * 1_000 + view.getUint32(4) / 1e6);
  },
});

/**
 * Decoder of the Forward protocol's messages: Message, Forward, PackedForward and CompressedPackedForward.
 * A nil is a heartbeat: undefined. It throws on anything else.
 * https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
export const createForwardDecoder = (maxBytes: number): ((bytes: Uint8Array) => ForwardMessage | undefined) => {
  const decoder = new Decoder({ extensionCodec: codec });
  const rawDecoder = new Decoder({ extensionCodec: codec, rawStrings: true });

  return (bytes) => {
    const message = decoder.decode(bytes);
    if (message === null) return undefined;
    if (!Array.isArray(message) || typeof message[0] !== 'string') throw new ProtocolError('not a Forward message');
    const [, events, second, third] = message;
    if (Array.isArray(events)) return { entries: events.map(toEntry), chunk: optionsOf(second).chunk };
    if (typeof events === 'string' || events instanceof Uint8Array) {
      const { chunk, compressed } = optionsOf(second);
      // Old senders write the packed entries as a string, which only its raw bytes bring back.
      const packed = typeof events === 'string' ? (rawDecoder.decode(bytes) as Uint8Array[])[1] : events;
      if (packed === undefined) throw new ProtocolError('no entries');
      const plain = compressed === 'gzip' ? gunzipSync(packed, { maxOutputLength: maxBytes }) : packed;
      return { entries: [...decoder.decodeMulti(plain)].map(toEntry), chunk };
    }
    return { entries: [toEntry([events, second])], chunk: optionsOf(third).chunk };
  };
};

const toEntry = (entry: unknown): Entry => {
  const [at, record] = Array.isArray(entry) ? entry : [];
  if (typeof record !== 'object' || record === null || Array.isArray(record)) throw new ProtocolError('not a record');
  const time = at instanceof Date ? at.getTime() : typeof at === 'number' ? toMs(at) : Number.NaN;
  if (!(Math.abs(time) < 8.64e15)) throw new ProtocolError('not a time');
  return { time, record };
};

// The protocol says seconds; some senders can be told to write milliseconds instead.
const toMs = (time: number): number => (time > 1e11 ? time : time * 1_000);

const optionsOf = (options: unknown): { chunk: string | undefined; compressed: unknown } => {
  if (options === undefined || options === null) return { chunk: undefined, compressed: undefined };
  if (typeof options !== 'object') throw new ProtocolError('not options');
  const { chunk, compressed } = options as { chunk?: unknown; compressed?: unknown };
  return { chunk: typeof chunk === 'string' ? chunk : undefined, compressed };
};
