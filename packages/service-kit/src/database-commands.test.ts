import { runInContext, type Span } from '@glasshouse/telemetry';
import mongoose from 'mongoose';
import { observeCommands } from './database-commands.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';

let recorded: RecordedTelemetry;
let connection: mongoose.Connection;
let request: Span;
let lastId = 0;

beforeEach(() => {
  recorded = recordTelemetry();
  connection = mongoose.createConnection();
  observeCommands(connection, recorded.telemetry).addCollection('orders');
  request = recorded.telemetry.tracing.startSpan('POST /api/orders');
});

/** Emits what the driver emits for one command. */
const run = (command: Record<string, unknown>, failure?: Error): void => {
  lastId += 1;
  const [commandName = ''] = Object.keys(command);
  connection.emit('commandStarted', { requestId: lastId, commandName, command });
  connection.emit(failure ? 'commandFailed' : 'commandSucceeded', { requestId: lastId, commandName, failure });
};

const runInRequest = (...args: Parameters<typeof run>): void => runInContext({ span: request }, () => run(...args));

test.each([
  [{ find: 'orders', filter: {}, limit: 1 }, 'findOne'],
  [{ find: 'orders', filter: {}, limit: 20 }, 'find'],
  [{ findAndModify: 'orders' }, 'findOneAndUpdate'],
  [{ insert: 'orders' }, 'insert'],
  [{ update: 'orders' }, 'update'],
  [{ delete: 'orders' }, 'delete'],
  [{ aggregate: 'orders' }, 'aggregate'],
  [{ getMore: 7, collection: 'orders' }, 'getMore'],
])('%j is a span and a sample of %s', async (command, operation) => {
  runInRequest(command);
  expect(recorded.spans).toMatchObject([
    {
      name: `orders.${operation}`,
      parentId: request.spanId,
      tags: { 'span.kind': 'client', 'db.type': 'mongodb', 'db.operation': operation, 'db.collection': 'orders' },
    },
  ]);
  const labels = { db_collection: 'orders', db_operation: operation };
  expect(await recorded.metric('db_client_operation_duration_seconds_count', labels)).toBe(1);
});

test('outside a trace a command is measured, but makes no trace of its own', async () => {
  run({ find: 'orders' });
  expect(recorded.spans).toEqual([]);
  expect(await recorded.metric('db_client_operation_duration_seconds_count')).toBe(1);
});

test('what the driver does for itself is neither', async () => {
  for (const command of [{ ping: 1 }, { hello: 1 }, { endSessions: [] }]) runInRequest(command);
  expect(recorded.spans).toEqual([]);
  expect(await recorded.metric('db_client_operation_duration_seconds_count')).toBe(0);
});

test('a failure marks the span, without the values that its message quotes', () => {
  const failure = Object.assign(new Error('cannot index "ada@glasshouse.test"'), { name: 'MongoServerError', code: 2 });
  runInRequest({ insert: 'orders', documents: [{ email: 'ada@glasshouse.test' }] }, failure);
  expect(recorded.spans[0]?.tags).toMatchObject({ error: true });
  expect(JSON.stringify(recorded.spans)).toContain('MongoServerError 2');
  expect(JSON.stringify(recorded.spans)).not.toContain('ada@');
});

test('a duplicate key is an answer and no error', () => {
  runInRequest({ findAndModify: 'orders' }, Object.assign(new Error('E11000'), { code: 11_000 }));
  expect(recorded.spans[0]?.tags).not.toHaveProperty('error');
});
