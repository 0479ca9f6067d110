import { currentContext, type Span, type Telemetry } from '@glasshouse/telemetry';
import type mongoose from 'mongoose';
import { failpoint } from '#failpoint';

type Started = mongoose.mongo.CommandStartedEvent;
type Succeeded = mongoose.mongo.CommandSucceededEvent;
type Failed = mongoose.mongo.CommandFailedEvent;

/** The commands that do a service's work, with the names that programmers know them by. */
const operationOfCommand: Readonly<Record<string, string>> = {
  find: 'find',
  findOne: 'findOne',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
  findAndModify: 'findOneAndUpdate',
  aggregate: 'aggregate',
  count: 'count',
  distinct: 'distinct',
  getMore: 'getMore',
  createIndexes: 'createIndexes',
};

interface RunningCommand {
  collection: string;
  operation: string;
  startedAt: number;
  span: Span | undefined;
}

/**
 * Makes spans and the duration metric from the driver's own events: they arrive in the caller's context, and no query
 * can be forgotten. Names only; a command's filter and documents are never looked at.
 */
export const observeCommands = (connection: mongoose.Connection, { tracing, metrics }: Telemetry) => {
  const durations = metrics.histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'Time until the database had answered a command, or had failed to.',
    labels: { db_collection: 'dynamic', db_operation: Object.values(operationOfCommand) },
  });
  const running = new Map<number, RunningCommand>();

  const begin = ({ requestId, commandName, command }: Started): void => {
    const name = commandName === 'find' && command.limit === 1 ? 'findOne' : commandName;
    const operation = operationOfCommand[name];
    if (operation === undefined) return;
    const collection = String(command[commandName === 'getMore' ? 'collection' : commandName]);
    const tags = { 'db.type': 'mongodb', 'db.operation': operation, 'db.collection': collection };
    // Work that nobody asked for, such as the creation of indexes, would make a trace of a single span each.
    const span = currentContext()?.span
      ? tracing.startSpan(`${collection}.${operation}`, { kind: 'client', component: 'mongodb', tags })
      : undefined;
    running.set(requestId, { collection, operation, startedAt: performance.now(), span });
    failpoint(`db.before ${collection}.${operation}`);
  };

  const end = (requestId: number): RunningCommand | undefined => {
    const command = running.get(requestId);
    if (command === undefined) return undefined;
    running.delete(requestId);
    const { collection, operation, startedAt } = command;
    durations.observe((performance.now() - startedAt) / 1_000, { db_collection: collection, db_operation: operation });
    return command;
  };

  connection.on('commandStarted', begin);
  connection.on('commandSucceeded', ({ requestId }: Succeeded) => {
    const command = end(requestId);
    if (command === undefined) return;
    command.span?.finish();
    failpoint(`db.after ${command.collection}.${command.operation}`);
  });
  connection.on('commandFailed', ({ requestId, failure }: Failed) => {
    const span = end(requestId)?.span;
    if (span && !isExpected(failure)) span.setError(withoutText(failure));
    span?.finish();
  });

  return {
    addCollection: (name: string): void => durations.admit('db_collection', name),
  };
};

const codeOf = (failure: Error): unknown => ('code' in failure ? failure.code : undefined);

/** A duplicate key is an answer. Most commands report it inside a success, only findAndModify as a failure. */
const isExpected = (failure: Error): boolean => codeOf(failure) === 11_000;

/** The driver's messages quote values. */
const withoutText = (failure: Error): Error => {
  const code = codeOf(failure);
  const safe = new Error(typeof code === 'number' ? `${failure.name} ${code}` : failure.name);
  safe.name = failure.name;
  return safe;
};
