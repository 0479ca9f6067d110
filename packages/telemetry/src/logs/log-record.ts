import { randomBytes } from 'node:crypto';
import { describeError } from '../describe-error.js';
import { cut } from '../redact.js';
import type { Context, Fact, FieldValue, LogRecord } from '../types.js';

const MAX_TEXT_LENGTH = 4_096;

/** Only what JSON and MessagePack can carry; anything else (also a Date or an Error by mistake) is left out. */
export const cleanValue = (value: FieldValue, maxLength: number): FieldValue => {
  switch (typeof value) {
    case 'string':
      return cut(value, maxLength);
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'boolean':
      return value;
    default:
      return undefined;
  }
};

export interface RecordOptions {
  service: string;
  version: string;
  instanceId: string;
}

/**
 * Builds records in ECS names (https://www.elastic.co/docs/reference/ecs), flat. Stamps win over a fact's own fields,
 * so that no field can pass for another trace's.
 */
export const createRecordBuilder = ({ service, version, instanceId }: RecordOptions) => {
  // Receivers that get a record twice (its acknowledgement was lost) tell it by this id.
  const idPrefix = `${randomBytes(8).toString('hex')}-`;
  let sequence = 0;
  let lastMs = 0;
  let lastTimestamp = '';

  // Under load many records share a millisecond.
  const timestamp = (): string => {
    const now = Date.now();
    if (now !== lastMs) {
      lastMs = now;
      lastTimestamp = new Date(now).toISOString();
    }
    return lastTimestamp;
  };

  return (fact: Fact, context: Context | undefined): LogRecord => {
    const record: LogRecord = {
      '@timestamp': timestamp(),
      'log.level': fact.level ?? 'info',
      message: cut(String(fact.message), MAX_TEXT_LENGTH),
      'service.name': service,
      'service.version': version,
      'service.instance.id': instanceId,
      'event.id': idPrefix + sequence++,
      'event.action': fact.action,
    };
    if (context?.span !== undefined) {
      record['trace.id'] = context.span.traceId;
      record['span.id'] = context.span.spanId;
    }
    if (context?.requestId !== undefined) record['request.id'] = context.requestId;
    if (context?.userId !== undefined) record['user.id'] = context.userId;
    for (const name in fact.fields) {
      const value = cleanValue(fact.fields[name], MAX_TEXT_LENGTH);
      if (value !== undefined && !(name in record)) record[name] = value;
    }
    if (fact.error !== undefined) {
      const error = describeError(fact.error);
      record['error.code'] = error.code;
      record['error.message'] = error.message;
      if (error.stack !== undefined) record['error.stack_trace'] = error.stack;
    }
    return record;
  };
};
