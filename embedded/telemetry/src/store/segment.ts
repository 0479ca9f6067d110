export type Scalar = string | number | boolean | null;
export type Value = Scalar | readonly Scalar[];
export type Fields = Readonly<Record<string, Value | undefined>>;

const maxRows = 2_048;
const maxColumns = 512;
const firstCapacity = 128;
const missing = 0;
const number = 1;
const firstWord = 2;

/**
 * One field of a segment. Each row holds the place of its value among the column's distinct values, because telemetry
 * repeats itself: a test runs once per distinct value, not once per row, and a repeated value costs two bytes.
 */
interface Column {
  places: Uint16Array;
  numbers: Float64Array | undefined;
  words: Value[];
  /** Only while rows are still added. */
  known: Map<Value, number> | undefined;
}

/** A few thousand records, column by column. Rows are only ever added; whole segments are dropped. */
export class Segment {
  rows = 0;
  bytes = firstCapacity * 8;
  times = new Float64Array(firstCapacity);
  private readonly columns = new Map<string, Column>();
  private hiddenRows: Uint8Array | undefined;

  /** `timeField` is the name by which the row's time is asked for; `firstSequence` numbers the first row. */
  constructor(
    private readonly timeField: string,
    readonly firstSequence: number,
  ) {}

  get isFull(): boolean {
    return this.rows === maxRows || this.columns.size >= maxColumns;
  }

  get fields(): IterableIterator<string> {
    return this.columns.keys();
  }

  /** `time` in the store's own unit. */
  add(time: number, fields: Fields): void {
    if (this.rows === this.times.length) this.resize(this.rows * 2);
    const row = this.rows++;
    this.times[row] = time;
    for (const name in fields) {
      const value = fields[name];
      if (value !== undefined) this.put(this.columns.get(name) ?? this.addColumn(name), row, value);
    }
  }

  /** No rows come any more: gives back what only adding needs. */
  seal(): void {
    this.resize(this.rows);
    for (const column of this.columns.values()) {
      column.known = undefined;
      // Without the room that an array that has grown keeps for growing on.
      column.words = column.words.slice();
    }
  }

  /** Distinct values of a field, except numbers. Rows that are hidden may still contribute. */
  words(field: string): readonly Value[] {
    return this.columns.get(field)?.words ?? [];
  }

  /** Reads a field row by row. */
  reader(field: string): (row: number) => Value | undefined {
    return field === this.timeField ? (row) => this.times[row] : this.storedReader(field);
  }

  /** Like `reader`, but the time field is what was sent, if that was not its usual form. */
  storedReader(field: string): (row: number) => Value | undefined {
    const column = this.columns.get(field);
    if (column === undefined) return () => undefined;
    const { places, numbers, words } = column;
    return (row) => {
      const place = places[row] ?? missing;
      return place === number ? numbers?.[row] : words[place - firstWord];
    };
  }

  /**
   * A number for each row of a field: rows of the same number have the same value, so that what is found out about one
   * need not be found out again. Absent for the time field, and where rows hold numbers, which have no such number.
   */
  places(field: string): Uint16Array | undefined {
    const column = this.columns.get(field);
    return column?.numbers === undefined ? column?.places : undefined;
  }

  /** One byte per row, 1 where the row is there. The caller owns it. */
  all(): Uint8Array {
    const mask = new Uint8Array(this.rows).fill(1);
    if (this.hiddenRows) for (let row = 0; row < this.rows; row++) if (this.hiddenRows[row] === 1) mask[row] = 0;
    return mask;
  }

  /** 1 where any value of the field passes; a missing value never does. Hidden rows are included. */
  match(field: string, test: (value: Scalar) => boolean): Uint8Array {
    const mask = new Uint8Array(this.rows);
    this.matchInto(mask, field, test);
    return mask;
  }

  /** Adds the rows that match to a mask. */
  matchInto(mask: Uint8Array, field: string, test: (value: Scalar) => boolean): void {
    const column = this.columns.get(field);
    if (field === this.timeField) {
      for (let row = 0; row < this.rows; row++) if (test(this.times[row] ?? 0)) mask[row] = 1;
    } else if (column !== undefined) {
      const { places, numbers, words } = column;
      const passes = new Uint8Array(words.length + firstWord);
      let some = numbers !== undefined;
      for (let index = 0; index < words.length; index++) {
        const word = words[index] ?? null;
        if (typeof word === 'object' && word !== null ? !word.some(test) : !test(word)) continue;
        passes[index + firstWord] = 1;
        some = true;
      }
      for (let row = 0; some && row < this.rows; row++) {
        const place = places[row] ?? missing;
        if (place === number ? test(numbers?.[row] ?? 0) : passes[place] === 1) mask[row] = 1;
      }
    }
  }

  /** Calls `visit` with each row of the mask that is not hidden. */
  forEach(mask: Uint8Array, visit: (row: number) => void): void {
    for (let row = 0; row < this.rows; row++) if (mask[row] === 1 && this.hiddenRows?.[row] !== 1) visit(row);
  }

  /** Hides the rows whose field has one of these values; answers how many were hidden by it. */
  hide(field: string, values: ReadonlySet<Scalar>): number {
    if (!this.words(field).some((word) => values.has(word as Scalar))) return 0;
    const mask = this.match(field, (value) => values.has(value));
    this.hiddenRows ??= new Uint8Array(maxRows);
    let count = 0;
    for (let row = 0; row < this.rows; row++) {
      if (mask[row] === 1 && this.hiddenRows[row] === 0) {
        this.hiddenRows[row] = 1;
        count++;
      }
    }
    return count;
  }

  private resize(length: number): void {
    const more = length - this.times.length;
    this.times = copied(this.times, new Float64Array(length));
    this.bytes += more * 8;
    for (const column of this.columns.values()) {
      this.bytes += more * (column.numbers ? 10 : 2);
      column.places = copied(column.places, new Uint16Array(length));
      column.numbers = column.numbers && copied(column.numbers, new Float64Array(length));
    }
  }

  private addColumn(name: string): Column {
    const places = new Uint16Array(this.times.length);
    const column = { places, numbers: undefined, words: [], known: new Map() };
    this.columns.set(name, column);
    this.bytes += 400 + places.byteLength;
    return column;
  }

  private put(column: Column, row: number, value: Value): void {
    if (typeof value === 'number') {
      if (column.numbers === undefined) {
        column.numbers = new Float64Array(this.times.length);
        this.bytes += column.numbers.byteLength;
      }
      column.numbers[row] = value;
      column.places[row] = number;
      return;
    }
    let place = column.known?.get(value);
    if (place === undefined) {
      place = column.words.push(value) - 1 + firstWord;
      column.known?.set(value, place);
      this.bytes += sizeOf(value);
    }
    column.places[row] = place;
  }
}

const copied = <T extends Uint16Array | Float64Array>(from: T, to: T): T => {
  to.set(from.subarray(0, to.length));
  return to;
};

/** Leaves in the first mask what is in both. */
export const narrow = (mask: Uint8Array, other: Uint8Array): void => {
  for (let row = 0; row < mask.length; row++) if (other[row] === 0) mask[row] = 0;
};

/** About what V8 needs for it; a little more for text outside Latin-1. */
const sizeOf = (value: Value): number => {
  if (typeof value === 'string') return 32 + Buffer.byteLength(value);
  return Array.isArray(value) ? value.reduce<number>((sum, one) => sum + sizeOf(one), 64) : 8;
};
