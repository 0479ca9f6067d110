import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { ObjectId } from 'bson';
import { maxDocumentBytes } from '../bson/codec.js';
import { check, type ErrorName, MongoError } from '../bson/errors.js';
import type { Document } from '../bson/values.js';
import { defineCommand, type Fields, type Handler, type Handlers } from './command.js';
import { sessionMinutes } from './sessions.js';

export const maxMessageBytes = 48_000_000;
/** The MongoDB whose answers this store gives, and its number in the wire protocol. */
const version = '7.0.28';
const maxWireVersion = 21;

/** A replica set of one node: drivers then offer sessions and retryable writes. No topologyVersion: nothing is streamed. */
const hello =
  (primaryFlag: string): Handler =>
  (_, { clock, connection: { id, serverAddress } }) => ({
    ...{ [primaryFlag]: true, helloOk: true, secondary: false, setName: 'embedded', setVersion: 1 },
    ...{
      hosts: [serverAddress],
      primary: serverAddress,
      me: serverAddress,
      electionId: new ObjectId('7fffffff0000000000000001'),
    },
    ...{ maxBsonObjectSize: maxDocumentBytes, maxMessageSizeBytes: maxMessageBytes, maxWriteBatchSize: 100_000 },
    ...{ localTime: clock.now(), logicalSessionTimeoutMinutes: sessionMinutes, connectionId: id },
    ...{ minWireVersion: 0, maxWireVersion, readOnly: false, ok: 1 },
  });

/** A command that only tells something; its own name and these further fields are known. */
const telling = (name: string, tell: Handler, fields: Fields = {}): Handlers => ({
  [name]: (command, call) =>
    defineCommand(name, { [name]: 'any', ...fields }, () => tell(command, call))(command, call),
});

const buildInfo = (): Document => ({
  ...{ version, gitVersion: 'glasshouse-embedded', modules: [], allocator: 'system', javascriptEngine: 'none' },
  ...{
    versionArray: [...version.split('.').map(Number), 0],
    bits: 64,
    debug: false,
    maxBsonObjectSize: maxDocumentBytes,
  },
  ...{ storageEngines: ['lmdb'], ok: 1 },
});

const serverStatus: Handler = (_, { clock, startedAt, connection }) => {
  const uptimeMillis = clock.now().getTime() - startedAt.getTime();
  const resident = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return {
    ...{ host: hostname(), version, process: 'mongod', pid: process.pid, uptime: uptimeMillis / 1000, uptimeMillis },
    ...{
      localTime: clock.now(),
      connections: { totalCreated: connection.id },
      mem: { bits: 64, resident, supported: true },
    },
    ...{ storageEngine: { name: 'lmdb', persistent: true }, ok: 1 },
  };
};

const hostInfo: Handler = (_, { clock }) => ({
  system: {
    currentTime: clock.now(),
    hostname: hostname(),
    memSizeMB: Math.round(totalmem() / 2 ** 20),
    numCores: cpus().length,
    cpuArch: arch(),
  },
  os: { type: platform(), name: platform(), version: release() },
  extra: {},
  ok: 1,
});

const getParameter: Handler = (command) => {
  const isKnown = Object.hasOwn(command, 'featureCompatibilityVersion') || command.getParameter === '*';
  check(isKnown, 'InvalidOptions', 'no option found to get');
  return { featureCompatibilityVersion: { version: version.split('.').slice(0, 2).join('.') }, ok: 1 };
};

const getLog: Handler = ({ getLog: name }) => {
  if (name === '*') return { names: ['global', 'startupWarnings'], ok: 1 };
  check(name === 'global' || name === 'startupWarnings', 'OperationFailed', `No log named '${String(name)}'`);
  return { totalLinesWritten: 0, log: [], ok: 1 };
};

const nobody = { authenticatedUsers: [], authenticatedUserRoles: [], authenticatedUserPrivileges: [] };
const fine: Handler = () => ({ ok: 1 });

const refusing =
  (codeName: ErrorName, message: string): Handler =>
  () => {
    throw new MongoError(codeName, message);
  };
const noTransaction = refusing('NoSuchTransaction', 'transactions are not supported by the embedded document store');
const noUsers = refusing('AuthenticationFailed', 'Authentication failed: the embedded document store has no users.');

export const serverCommands: Handlers = {
  ...{ hello: hello('isWritablePrimary'), isMaster: hello('ismaster'), ismaster: hello('ismaster') },
  ...telling('ping', fine),
  ...telling('buildInfo', buildInfo),
  ...telling('buildinfo', buildInfo),
  ...{ serverStatus, getParameter },
  ...telling('hostInfo', hostInfo),
  ...telling('getCmdLineOpts', () => ({ argv: ['embedded'], parsed: {}, ok: 1 })),
  ...telling('getLog', getLog),
  ...telling('connectionStatus', () => ({ authInfo: nobody, ok: 1 }), { showPrivileges: 'any' }),
  ...telling('whatsmyuri', (_, { connection }) => ({ you: connection.clientAddress, ok: 1 })),
  ...telling('endSessions', fine),
  ...telling('refreshSessions', fine),
  ...{ commitTransaction: noTransaction, abortTransaction: noTransaction, saslStart: noUsers, authenticate: noUsers },
};
