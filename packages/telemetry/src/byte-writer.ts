const SHORT_TEXT = 64;
const HEX_DIGITS = 16;

// @types/node before 20.19 does not follow how TypeScript 7 types a Uint8Array's memory, so no Buffer passes for one.
export const asBytes = (buffer: Buffer): Uint8Array => buffer as unknown as Uint8Array;

export const joinBytes = (parts: readonly Buffer[]): Buffer => Buffer.concat(parts.map(asBytes));

// '0'-'9' are 0x30-0x39; 'a'-'f' are 0x61-0x66.
const hexValue = (code: number): number => (code < 0x3a ? code & 0xf : (code & 0xf) + 9);

/**
 * Writes binary protocols into one growing buffer, which is used again for each message. Numbers are big-endian.
 * It exists because encoding is the largest cost of a span or a log record: the libraries' encoders take five to ten
 * times as long. For the same reason it sets single bytes, where a call into native code would cost more.
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
    this.bytes[this.length++] = value >>> 8;
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.setU32(this.length, value);
    this.length += 4;
  }

  /** Takes back that many bytes. */
  undo(count: number): void {
    this.length -= count;
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

  /** 16 lower-case hex digits, from an offset of the text, as 8 bytes. */
  hex64(text: string, offset = 0): void {
    this.reserve(8);
    for (let i = offset; i < offset + HEX_DIGITS; i += 2) {
      this.bytes[this.length++] = (hexValue(text.charCodeAt(i)) << 4) | hexValue(text.charCodeAt(i + 1));
    }
  }

  /** UTF-8, without a length. */
  text(value: string): void {
    if (this.shortAscii(value)) return;
    this.reserve(value.length * 3);
    this.length += this.bytes.write(value, this.length, 'utf8');
  }

  /** UTF-8 after its length in four bytes. */
  text32(value: string): void {
    this.reserve(4);
    const start = this.length;
    this.length += 4;
    this.text(value);
    this.setU32(start, this.length - start - 4);
  }

  /** Writes the text if it is short and plain ASCII, so that its length in bytes is known beforehand; else nothing. */
  shortAscii(value: string): boolean {
    if (value.length > SHORT_TEXT) return false;
    this.reserve(value.length);
    const { bytes, length } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[length + i] = code;
    }
    this.length += value.length;
    return true;
  }

  private setU32(offset: number, value: number): void {
    this.bytes[offset] = value >>> 24;
    this.bytes[offset + 1] = value >>> 16;
    this.bytes[offset + 2] = value >>> 8;
    this.bytes[offset + 3] = value;
  }

  private reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.grow(count);
  }

  private grow(count: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(asBytes(grown), 0, 0, this.length);
    this.bytes = grown;
  }
}
