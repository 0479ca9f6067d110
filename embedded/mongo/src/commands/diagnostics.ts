import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { ObjectId } from 'bson';
import { type Document, fieldOf } from '../query/values.js';
import { maxDocumentBytes } from '../storage/bson.js';
import { optionalArray } from './arguments.js';
import type { Command, Commands, Connection, Context } from './context.js';
import { MongoError } from './errors.js';
import { sessionMinutes } from './sessions.js';

export const maxMessageBytes = 48_000_000;
/** The MongoDB whose answers this store gives. */
const version = '7.0.28';
const maxWireVersion = 21;

/** A replica set of one node: drivers then offer sessions and retryable writes. No topologyVersion: nothing is streamed. */
const hello = (isLegacy: boolean): Command => ({
  fields: [],
  run: (_, context, connection) => ({
    ...(isLegacy ? { ismaster: true } : { isWritablePrimary: true }),
    helloOk: true,
    setName: 'embedded',
    setVersion: 1,
    secondary: false,
    hosts: [connection.serverAddress],
    primary: connection.serverAddress,
    me: connection.serverAddress,
    electionId: new ObjectId('7fffffff0000000000000001'),
    maxBsonObjectSize: maxDocumentBytes,
    maxMessageSizeBytes: maxMessageBytes,
    maxWriteBatchSize: 100_000,
    localTime: context.clock.now(),
    logicalSessionTimeoutMinutes: sessionMinutes,
    connectionId: connection.id,
    minWireVersion: 0,
    maxWireVersion,
    readOnly: false,
    ok: 1,
  }),
});

const buildInfo = (): Document => ({
  version,
  gitVersion: 'glasshouse-embedded',
  modules: [],
  allocator: 'system',
  javascriptEngine: 'none',
  sysInfo: 'deprecated',
  versionArray: [...version.split('.').map(Number), 0],
  bits: 64,
  debug: false,
  maxBsonObjectSize: maxDocumentBytes,
  storageEngines: ['lmdb'],
  ok: 1,
});

const serverStatus = (_: Document, { clock, startedAt }: Context, connection: Connection): Document => {
  const uptimeMs = clock.now().getTime() - startedAt.getTime();
  const memory = process.memoryUsage();
  return {
    ...{
      host: hostname(),
      version,
      process: 'mongod',
      pid: process.pid,
      uptime: uptimeMs / 1000,
      uptimeMillis: uptimeMs,
    },
    localTime: clock.now(),
    connections: { current: connection.id, available: 0, totalCreated: connection.id },
    mem: {
      bits: 64,
      resident: Math.round(memory.rss / 2 ** 20),
      virtual: Math.round(memory.rss / 2 ** 20),
      supported: true,
    },
    storageEngine: { name: 'lmdb', persistent: true },
    ok: 1,
  };
};

const getParameter = (command: Document): Document => {
  const known: Document = { featureCompatibilityVersion: { version: version.split('.').slice(0, 2).join('.') } };
  const names = Object.keys(command).filter((name) => Object.hasOwn(known, name));
  if (names.length === 0 && fieldOf(command, 'getParameter') !== '*')
    throw new MongoError('InvalidOptions', 'no option found to get');
  return { ...Object.fromEntries(names.map((name) => [name, known[name]])), ok: 1 };
};

const getLog = (command: Document): Document => {
  const name = fieldOf(command, 'getLog');
  if (name === '*') return { names: ['global', 'startupWarnings'], ok: 1 };
  if (name !== 'global' && name !== 'startupWarnings')
    throw new MongoError('OperationFailed', `No log named '${String(name)}'`);
  return { totalLinesWritten: 0, log: [], ok: 1 };
};

const hostInfo = (_: Document, { clock }: Context): Document => ({
  system: {
    currentTime: clock.now(),
    hostname: hostname(),
    cpuAddrSize: 64,
    memSizeMB: Math.round(totalmem() / 2 ** 20),
    numCores: cpus().length,
    cpuArch: arch(),
  },
  os: { type: platform(), name: platform(), version: release() },
  extra: {},
  ok: 1,
});

const answer = (run: Command['run'], fields: readonly string[] = []): Command => ({ fields, run });

const connectionStatus = answer(
  () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [], authenticatedUserPrivileges: [] }, ok: 1 }),
  ['connectionStatus', 'showPrivileges'],
);

const endSessions = answer(
  (command) => {
    optionalArray(command, 'endSessions');
    return { ok: 1 };
  },
  ['endSessions'],
);

/** Commands that a real server refuses in the same way when it has no users, or that belong to transactions. */
const refused = (codeName: 'AuthenticationFailed' | 'NoSuchTransaction', message: string): Command =>
  answer(() => {
    throw new MongoError(codeName, message);
  });

const noTransaction = refused('NoSuchTransaction', 'transactions are not supported by the embedded document store');
const noUsers = refused('AuthenticationFailed', 'Authentication failed: the embedded document store has no users.');

export const diagnosticCommands: Commands = {
  ...{ hello: hello(false), isMaster: hello(true), ismaster: hello(true) },
  ping: answer(() => ({ ok: 1 }), ['ping']),
  ...{ buildInfo: answer(buildInfo, ['buildInfo']), buildinfo: answer(buildInfo, ['buildinfo']) },
  serverStatus: { fields: ['serverStatus'], run: serverStatus },
  getParameter: answer(getParameter, [
    'getParameter',
    'featureCompatibilityVersion',
    'authenticationMechanisms',
    'allParameters',
  ]),
  getCmdLineOpts: answer(() => ({ argv: ['embedded'], parsed: {}, ok: 1 }), ['getCmdLineOpts']),
  getLog: answer(getLog, ['getLog']),
  hostInfo: { fields: ['hostInfo'], run: hostInfo },
  connectionStatus,
  whatsmyuri: answer((_, __, { clientAddress }) => ({ you: clientAddress, ok: 1 }), ['whatsmyuri']),
  ...{ endSessions, killSessions: endSessions, refreshSessions: endSessions },
  ...{ commitTransaction: noTransaction, abortTransaction: noTransaction },
  ...{ saslStart: noUsers, saslContinue: noUsers, authenticate: noUsers },
};
