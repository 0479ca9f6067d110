/** `undefined` is Prometheus' staleness marker. */
export interface WrittenSeries {
  labels: Readonly<Record<string, string>>;
  /** Times are epoch milliseconds, ascending. */
  samples: { at: number; value: number | undefined }[];
}

const staleBits = 0x7ff0000000000002n;

const varint = (number: number): Buffer => {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
};
const message = (field: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};
const text = (field: number, value: string): Buffer => message(field, Buffer.from(value));

const sample = ({ at, value }: WrittenSeries['samples'][number]): Buffer => {
  const double = Buffer.alloc(8);
  if (value === undefined) double.writeBigUInt64LE(staleBits);
  else double.writeDoubleLE(value);
  return message(2, varint(1 * 8 + 1), double, varint(2 * 8), varint(at));
};

/** Prometheus' remote write 1.0: a protobuf WriteRequest in snappy's block format, here without any compression. */
export const encodeWriteRequest = (series: readonly WrittenSeries[]): Buffer => {
  const request = Buffer.concat(
    series.map(({ labels, samples }) => {
      const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
      const pairs = sorted.map(([name, value]) => message(1, text(1, name), text(2, value)));
      return message(1, ...pairs, ...samples.map(sample));
    }),
  );
  const chunks = [varint(request.length)];
  for (let at = 0; at < request.length; at += 65_536) {
    const literal = request.subarray(at, at + 65_536);
    const tag = Buffer.from([61 * 4, 0, 0]);
    tag.writeUInt16LE(literal.length - 1, 1);
    chunks.push(tag, literal);
  }
  return Buffer.concat(chunks);
};
