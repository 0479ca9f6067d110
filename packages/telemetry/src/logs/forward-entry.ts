import { ByteWriter } from '../byte-writer.js';
import type { LogRecord } from '../types.js';

// Markers of https://github.com/msgpack/msgpack/blob/master/spec.md
const FIXMAP = 0x80;
const FIXARRAY = 0x90;
const FIXSTR = 0xa0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const FLOAT64 = 0xcb;
const UINT32 = 0xce;
const INT64 = 0xd3;
const FIXEXT8 = 0xd7;
const STR8 = 0xd9;
const STR16 = 0xda;
const MAP16 = 0xde;

/** The bytes it took. */
const writeTextHead = (out: ByteWriter, length: number): number => {
  if (length < 32) {
    out.u8(FIXSTR | length);
    return 1;
  }
  if (length < 0x100) {
    out.u8(STR8);
    out.u8(length);
    return 2;
  }
  out.u8(STR16);
  out.u16(length);
  return 3;
};

// Nearly every name and value is short ASCII: then one pass will do, as the head needs no count of bytes.
const writeText = (out: ByteWriter, text: string): void => {
  const headLength = writeTextHead(out, text.length);
  if (out.shortAscii(text)) return;
  out.undo(headLength);
  writeTextHead(out, Buffer.byteLength(text));
  out.text(text);
};

const writeNumber = (out: ByteWriter, value: number): void => {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.u8(FLOAT64);
    out.f64(value);
  } else if (value >= 0 && value < 0x80) {
    out.u8(value);
  } else if (value >= 0 && value <= 0xffff_ffff) {
    out.u8(UINT32);
    out.u32(value);
  } else {
    out.u8(INT64);
    out.i64(value);
  }
};

/**
 * One entry `[EventTime, record]` of Fluentd's forward protocol v1
 * (https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#entry). A record's texts are shorter than
 * 64 KiB, and its values are texts, finite numbers and booleans.
 */
export const createEntryEncoder = () => {
  const out = new ByteWriter();
  return (epochMs: number, record: LogRecord): Buffer => {
    out.u8(FIXARRAY | 2);
    out.u8(FIXEXT8);
    out.u8(0);
    out.u32(Math.floor(epochMs / 1000));
    out.u32((epochMs % 1000) * 1_000_000);
    const names = Object.keys(record);
    if (names.length < 16) out.u8(FIXMAP | names.length);
    else {
      out.u8(MAP16);
      out.u16(names.length);
    }
    for (const name of names) {
      writeText(out, name);
      const value = record[name];
      if (typeof value === 'string') writeText(out, value);
      else if (typeof value === 'number') writeNumber(out, value);
      else out.u8(value === true ? TRUE : FALSE);
    }
    return out.take();
  };
};
