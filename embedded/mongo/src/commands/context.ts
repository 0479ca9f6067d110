import type { Document } from '../query/values.js';
import type { Catalog, Collection } from '../storage/catalog.js';
import type { Engine } from '../storage/engine.js';
import type { Records } from '../storage/records.js';
import type { Cursors } from './cursors.js';

export interface Connection {
  readonly id: number;
  /** `host:port` by which this client reached the server; the replica set announces it. */
  readonly serverAddress: string;
  readonly clientAddress: string;
}

export interface Context {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly cursors: Cursors;
  readonly clock: { now(): Date };
  readonly startedAt: Date;
}

export interface Command {
  /** The fields beyond those that every command may have. */
  readonly fields: readonly string[];
  /** Runs inside one atomic commit, is retryable, and its answer waits for the disk. */
  readonly isWrite?: boolean;
  run(command: Document, context: Context, connection: Connection): Document;
}

export type Commands = Readonly<Record<string, Command>>;

export const collectionToWrite = (context: Context, namespace: string): Collection =>
  context.catalog.get(namespace) ?? context.catalog.create(namespace);
