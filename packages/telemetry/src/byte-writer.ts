const SHORT_TEXT = 48;

// @types/node before 20.19 does not follow how TypeScript 7 types a Uint8Array's memory, so no Buffer passes for one.
export const asBytes = (buffer: Buffer): Uint8Array => buffer as unknown as Uint8Array;

export const joinBytes = (parts: readonly Buffer[]): Buffer => Buffer.concat(parts.map(asBytes));

/**
 * Writes binary protocols into one growing buffer, which is used again for each message. Numbers are big-endian.
 * It exists because encoding is the largest cost of a span or a log record: the libraries' encoders take five to ten
 * times as long.
 */
export class ByteWriter {
  private bytes = Buffer.allocUnsafe(4096);
  private length = 0;

  /** A copy of what was written since the last `take`. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.length);
    this.bytes.copy(asBytes(taken), 0, 0, this.length);
    this.length = 0;
    return taken;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.length = this.bytes.writeUInt16BE(value, this.length);
  }

  u32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value >>> 0, this.length);
  }

  /** A whole number within JavaScript's safe range, as a signed 64-bit integer. */
  i64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  f64(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  /** 16 hex digits as 8 bytes. */
  hex64(digits: string): void {
    this.u32(Number.parseInt(digits.slice(0, 8), 16));
    this.u32(Number.parseInt(digits.slice(8), 16));
  }

  /** UTF-8 without a length; `byteLength` says how long it will be. */
  text(value: string): void {
    this.reserve(value.length * 3);
    if (value.length > SHORT_TEXT || !this.shortAscii(value)) {
      this.length += this.bytes.write(value, this.length, 'utf8');
    }
  }

  // A call into native code costs more than copying a few characters here.
  private shortAscii(value: string): boolean {
    const { bytes, length } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[length + i] = code;
    }
    this.length += value.length;
    return true;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(asBytes(grown), 0, 0, this.length);
    this.bytes = grown;
  }
}

/** Bytes of the text in UTF-8. */
export const byteLength = (value: string): number => {
  if (value.length > SHORT_TEXT) return Buffer.byteLength(value);
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) return Buffer.byteLength(value);
  }
  return value.length;
};
