const gone = 0;
const difference = 1;
const raw = 2;
// Its zigzag must still be an exact number.
const maxDifference = 2 ** 51;
/** A change back from gone, its kind and its value, and the change to gone before it. */
const maxBytesPerRow = 24;

/**
 * The values of one series, row by row. Only changes are written: the rows since the change before, times four, plus
 * the kind of change; then an integer's difference as a zigzag (both are varints) or any other value in eight bytes.
 */
export class Column {
  private bytes = Buffer.alloc(32);
  private length = 0;
  private rows = 0;
  private changedAt = 0;
  private base = 0;
  private value: number | undefined;

  /** Rows that are left out say that the series is gone. A row that is told twice keeps its first value. */
  append(row: number, value: number): void {
    if (row < this.rows) return;
    this.skipTo(row);
    this.change(row, value);
    this.rows = row + 1;
  }

  /** What is told of so many rows; it is written over when more come. */
  encode(rows: number): Buffer {
    this.skipTo(rows);
    return this.bytes.subarray(0, this.length);
  }

  get size(): number {
    return this.bytes.length;
  }

  /** The same to keep, and begins again. As a text of bytes it is a small thing in V8's heap, that a Buffer is not. */
  seal(rows: number): string {
    const text = this.encode(rows).toString('latin1');
    this.length = this.rows = this.changedAt = this.base = 0;
    this.value = undefined;
    return text;
  }

  private skipTo(row: number): void {
    if (row > this.rows) this.change(this.rows, undefined);
  }

  private change(row: number, value: number | undefined): void {
    if (Object.is(value, this.value)) return;
    if (this.bytes.length < this.length + maxBytesPerRow) {
      const larger = Buffer.alloc(this.bytes.length * 2);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    const step = (value ?? 0) - this.base;
    const isStep = Number.isInteger(step) && Math.abs(step) < maxDifference && Object.is(this.base + step, value);
    this.write((row - this.changedAt) * 4 + (value === undefined ? gone : isStep ? difference : raw));
    if (isStep) this.write(step < 0 ? -2 * step - 1 : 2 * step);
    else if (value !== undefined) this.length = this.bytes.writeDoubleLE(value, this.length);
    this.base = value ?? this.base;
    this.value = value;
    this.changedAt = row;
  }

  private write(varint: number): void {
    let rest = varint;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) + 128;
    this.bytes[this.length++] = rest;
  }
}

/** The value of each row; `undefined` where the series is gone. */
export const readColumn = (bytes: Buffer, rows: number): (number | undefined)[] => {
  const values: (number | undefined)[] = [];
  let [at, base] = [0, 0];
  let value: number | undefined;
  const fill = (until: number): void => {
    while (values.length < until) values.push(value);
  };
  const varint = (): number => {
    let [number, byte] = [0, 128];
    for (let scale = 1; byte >= 128; scale *= 128) {
      byte = bytes[at++] ?? 0;
      number += (byte % 128) * scale;
    }
    return number;
  };
  while (at < bytes.length) {
    const token = varint();
    const kind = token % 4;
    fill(values.length + (token - kind) / 4);
    const zigzag = kind === difference ? varint() : 0;
    base += zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
    if (kind === raw) {
      base = bytes.readDoubleLE(at);
      at += 8;
    }
    value = kind === gone ? undefined : base;
  }
  fill(rows);
  return values;
};
