import { setTimeout as pause } from 'node:timers/promises';
import type { Telemetry } from '@glasshouse/telemetry';
import type mongoose from 'mongoose';
import { observeCommands } from './database-commands.js';
import { kitErrors } from './errors.js';

export { isDuplicateKey, isOutcomeUnknown, toDatabaseError } from './database-errors.js';

/** Loaded when it is first needed: a gateway has no database, and this takes 29 MB. */
const loadMongoose = (): typeof mongoose => require('mongoose');

export interface Database {
  readonly connection: mongoose.Connection;
  /**
   * Declares a collection of this name. Unknown fields are refused in documents, updates and filters. An operator in a
   * filter must be marked as ours, `{ available: trusted({ $gte: 1 }) }`: any other is taken for a value, so that no
   * input can become one.
   */
  model<T>(name: string, schema: mongoose.Schema<T>): mongoose.Model<T>;
}

/** What the kit does with a database, besides what a service does. */
export interface ManagedDatabase extends Database {
  /**
   * Connects and creates the indexes, again and again until it succeeds; later losses are the driver's to repair.
   * Rejects (kitErrors.shuttingDown) only if the database is closed meanwhile.
   */
  connect(): Promise<void>;
  /** Whether the database answers within 500 ms. */
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `mongodb://host:27017/order`; FerretDB needs `?retryWrites=false`, and everything else the default, true. */
  url: string;
  telemetry: Telemetry;
}

/** Marks the operators of a filter as written by a programmer. Never for anything that came with a request. */
export const trusted: typeof mongoose.trusted = (operator) => loadMongoose().trusted(operator);

/** A schema that refuses unknown fields, and adds neither a version key nor timestamps. */
export const mongooseSchema = <T>(
  definition: mongoose.SchemaDefinition<T>,
  options: mongoose.SchemaOptions = {},
): mongoose.Schema<T> =>
  new (loadMongoose().Schema)(definition as mongoose.SchemaDefinition, {
    strict: 'throw',
    strictQuery: 'throw',
    versionKey: false,
    ...options,
  }) as unknown as mongoose.Schema<T>;

/** Every wait of the driver ends: its own default for a server that has stopped answering is to wait for ever. */
const connectOptions = {
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  socketTimeoutMS: 5_000,
  waitQueueTimeoutMS: 500,
  heartbeatFrequencyMS: 2_000,
  maxPoolSize: 20,
  // An acknowledged write survives a crash of the store.
  writeConcern: { w: 1, j: true },
  monitorCommands: true,
} satisfies mongoose.ConnectOptions;

/** On each schema, since the connection's options count only from the first attempt to connect. */
const schemaOptions = {
  strict: 'throw',
  strictQuery: 'throw',
  // Without a connection a command is refused at once; mongoose would keep it for 10 s.
  bufferCommands: false,
  // Indexes are created by `connect`, which tries again; mongoose would not.
  autoIndex: false,
  autoCreate: false,
} as const;

const shortestPauseMs = 100;
const longestPauseMs = 2_000;
const readyTimeoutMs = 500;
const closeTimeoutMs = 1_500;

export const createDatabase = ({ url, telemetry }: DatabaseOptions): ManagedDatabase => {
  const connection = loadMongoose().createConnection();
  connection.set('sanitizeFilter', true);
  const closing = new AbortController();
  const observation = observeCommands(connection, telemetry);
  const state = reportState(telemetry);
  let connecting: Promise<void> | undefined;
  let isConnected = false;

  // Later than the first connection, the driver repairs losses and these events tell of them.
  connection.on('disconnected', () => isConnected && !closing.signal.aborted && state.lost());
  connection.on('reconnected', () => isConnected && state.connected());

  const connectOnce = async (): Promise<void> => {
    await connection.openUri(url, { ...connectOptions });
    for (const model of Object.values(connection.models)) await model.createIndexes();
    isConnected = true;
    state.connected();
  };

  const connectUntilDone = async (): Promise<void> => {
    for (let pauseMs = shortestPauseMs; !closing.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await connectOnce();
      } catch (error) {
        state.lost(error);
      }
      await pause(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
    }
    throw kitErrors.shuttingDown();
  };

  return {
    connection,
    model<T>(name: string, schema: mongoose.Schema<T>) {
      for (const [option, value] of Object.entries(schemaOptions))
        schema.set(option as keyof typeof schemaOptions, value);
      observation.addCollection(name);
      return connection.model<T>(name, schema, name);
    },
    connect() {
      connecting ??= connectUntilDone();
      return connecting;
    },
    async isReady() {
      if (!isConnected) return false;
      // The driver's own timeout ends the command too, but its wait for a server may take longer.
      const ping = connection.db?.command({ ping: 1 }, { timeoutMS: readyTimeoutMs });
      const isAnswered = Promise.resolve(ping).then(
        () => true,
        () => false,
      );
      return Promise.race([isAnswered, pause(readyTimeoutMs, false, { ref: false })]);
    },
    async close() {
      closing.abort();
      await connecting?.catch(() => {});
      // A store that has stopped answering is not waited for.
      await Promise.race([connection.close(), pause(closeTimeoutMs, undefined, { ref: false })]);
    },
  };
};

/** States a loss and a connection once each, however many attempts lie between them. */
const reportState = (telemetry: Telemetry) => {
  let isLost = false;
  return {
    connected(): void {
      isLost = false;
      telemetry.fact({ action: 'database.connected', message: 'The database is connected.' });
    },
    lost(error?: unknown): void {
      if (isLost) return;
      isLost = true;
      const message = 'The database cannot be reached; connecting is tried until it can.';
      telemetry.fact({ action: 'database.lost', level: 'warn', message, error });
    },
  };
};
