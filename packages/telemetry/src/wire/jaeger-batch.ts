import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Thrift } from 'thriftrw';
import type { SpanRecord } from '../types.js';

// The shapes of jaeger.thrift; 64-bit integers arrive as eight bytes, fields that were left out as null.
interface Tag {
  key: string;
  vType: 'STRING' | 'DOUBLE' | 'BOOL' | 'LONG' | 'BINARY';
  vStr: string | null;
  vDouble: number | null;
  vBool: boolean | null;
  vLong: Buffer | null;
  vBinary: Buffer | null;
}

interface Batch {
  process: { serviceName: string; tags: Tag[] | null };
  spans: {
    traceIdLow: Buffer;
    traceIdHigh: Buffer;
    spanId: Buffer;
    parentSpanId: Buffer;
    operationName: string;
    references: { refType: string; traceIdLow: Buffer; traceIdHigh: Buffer; spanId: Buffer }[] | null;
    startTime: Buffer;
    duration: Buffer;
    tags: Tag[] | null;
    logs: { timestamp: Buffer; fields: Tag[] }[] | null;
  }[];
}

const NO_PARENT = '0000000000000000';

const toHex = (bytes: Buffer): string => bytes.toString('hex');
// Microseconds of this century are far within the range where doubles are exact.
const toNumber = (bytes: Buffer): number => bytes.readInt32BE(0) * 0x1_0000_0000 + bytes.readUInt32BE(4);

const toValue = (tag: Tag): string | number | boolean => {
  switch (tag.vType) {
    case 'BOOL':
      return tag.vBool ?? false;
    case 'DOUBLE':
      return tag.vDouble ?? 0;
    case 'LONG':
      return tag.vLong === null ? 0 : toNumber(tag.vLong);
    case 'BINARY':
      return tag.vBinary?.toString('base64') ?? '';
    default:
      return tag.vStr ?? '';
  }
};

const toTags = (tags: readonly Tag[] | null): SpanRecord['tags'] =>
  Object.fromEntries((tags ?? []).map((tag) => [tag.key, toValue(tag)]));

const toRecords = ({ process: { serviceName, tags }, spans }: Batch): SpanRecord[] => {
  const processTags = toTags(tags);
  return spans.map((span) => {
    const parentId = toHex(span.parentSpanId);
    const references = span.references ?? [];
    const childOf = references.find((reference) => reference.refType === 'CHILD_OF');
    const followed = references.filter((reference) => reference.refType === 'FOLLOWS_FROM');
    const record: SpanRecord = {
      service: serviceName,
      name: span.operationName,
      traceId: toHex(span.traceIdHigh) + toHex(span.traceIdLow),
      spanId: toHex(span.spanId),
      startedAt: toNumber(span.startTime),
      durationUs: toNumber(span.duration),
      tags: toTags(span.tags),
      logs: (span.logs ?? []).map((log) => ({ at: toNumber(log.timestamp), fields: toTags(log.fields) })),
      processTags,
    };
    // Some clients name the parent only as a reference.
    if (parentId !== NO_PARENT) record.parentId = parentId;
    else if (childOf !== undefined) record.parentId = toHex(childOf.spanId);
    if (followed.length > 0) {
      record.followsFrom = followed.map(
        (reference) => `${toHex(reference.traceIdHigh)}${toHex(reference.traceIdLow)}:${toHex(reference.spanId)}`,
      );
    }
    return record;
  });
};

/** Decoder of what a Jaeger client posts to `/api/traces`: one `Batch` in Thrift binary. It throws on anything else. */
export const createJaegerBatchDecoder = (): ((body: Buffer) => SpanRecord[]) => {
  const jaegerClient = dirname(require.resolve('jaeger-client/package.json'));
  const source = readFileSync(join(jaegerClient, 'dist/src/jaeger-idl/thrift/jaeger.thrift'), 'ascii');
  const { Batch } = new Thrift({ source, allowOptionalArguments: true });
  return (body) => toRecords(Batch.fromBuffer(body) as Batch);
};
