/** The bytes end before the value does. */
export class Incomplete extends Error {}

/** A decoder of the MessagePack a Fluentd client sends, written apart from the encoder that it checks. */
export class MsgpackReader {
  offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.offset === this.bytes.length;
  }

  read(): unknown {
    const type = this.uint(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.map(type & 0xf);
    if (type < 0xa0) return this.list(type & 0xf);
    if (type < 0xc0) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.take(this.uint(1));
      case 0xc5:
        return this.take(this.uint(2));
      case 0xc6:
        return this.take(this.uint(4));
      case 0xcb:
        return this.take(8).readDoubleBE();
      case 0xcc:
        return this.uint(1);
      case 0xcd:
        return this.uint(2);
      case 0xce:
        return this.uint(4);
      case 0xd3:
        return Number(this.take(8).readBigInt64BE());
      case 0xd7:
        return { type: this.uint(1), seconds: this.uint(4), nanos: this.uint(4) };
      case 0xd9:
        return this.text(this.uint(1));
      case 0xda:
        return this.text(this.uint(2));
      case 0xde:
        return this.map(this.uint(2));
      default:
        throw new Error(`unexpected MessagePack type 0x${type.toString(16)}`);
    }
  }

  private take(length: number): Buffer {
    if (this.offset + length > this.bytes.length) throw new Incomplete();
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  private uint(length: number): number {
    return this.take(length).readUIntBE(0, length);
  }

  private text(length: number): string {
    return this.take(length).toString('utf8');
  }

  private list(length: number): unknown[] {
    return Array.from({ length }, () => this.read());
  }

  private map(length: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length }, () => [String(this.read()), this.read()]));
  }
}
