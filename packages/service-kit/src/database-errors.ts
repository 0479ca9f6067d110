import { type AppError, kitErrors } from './errors.js';

/** By name, so that a service without a database need not load the driver to know that an error is none of its own. */
const serverErrorNames = new Set(['MongoServerError', 'MongoBulkWriteError', 'MongoWriteConcernError']);

/** The code of an error that the server answered with. */
const serverCodeOf = (error: unknown): unknown =>
  error instanceof Error && serverErrorNames.has(error.name) && 'code' in error ? error.code : undefined;

/** A duplicate key (MongoDB code 11000): somebody was first. */
export const isDuplicateKey = (error: unknown): boolean => serverCodeOf(error) === 11_000;

/** By name, since the driver does not export all of these classes. */
const unavailableNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoServerClosedError',
  'MongoExpiredSessionError',
  'MongoOperationTimeoutError',
  'MongoWriteConcernError',
]);

/**
 * What a server answers that is not able to work just now: not primary, shutting down, write concern failed, out of
 * disk space (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml).
 */
const unavailableCodes = new Set<unknown>([64, 91, 189, 10_107, 11_600, 11_602, 13_435, 13_436, 14_031]);

/** With `bufferCommands: false` mongoose refuses at once what comes before the first connection; it has no class for it. */
const isBeforeConnection = (error: Error): boolean =>
  error.name === 'MongooseError' && /before initial connection|force closed/.test(error.message);

const isUnavailable = (error: Error): boolean =>
  unavailableNames.has(error.name) || isBeforeConnection(error) || unavailableCodes.has(serverCodeOf(error));

/**
 * Whether a failed write may have taken place. Nearly every failure to reach the database is one: the driver repeats
 * writes, and even an error that says "no server found" can be that of the second attempt.
 */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof Error && isUnavailable(error) && !isBeforeConnection(error);

/** Translates the driver's and mongoose's errors of a database that cannot be reached; undefined for every other error. */
export const toDatabaseError = (error: unknown): AppError | undefined =>
  error instanceof Error && isUnavailable(error)
    ? kitErrors.databaseUnavailable({ cause: error, retryAfterSeconds: 1 })
    : undefined;
