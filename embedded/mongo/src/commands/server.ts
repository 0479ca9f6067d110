import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { ObjectId } from 'bson';
import { maxDocumentBytes } from '../bson/codec.js';
import { check } from '../bson/errors.js';
import type { Document } from '../bson/values.js';
import { maxMessageBytes } from '../wire/message.js';
import { type Call, define, type Handler, type Handlers } from './command.js';

export const sessionMinutes = 30;
/** The MongoDB whose answers this store gives. In the wire protocol its number is 21. */
const version = '7.0.28';

const telling = (tell: (call: Call) => Document): Handler => define('', (_, call) => tell(call));
const fine = telling(() => ({}));

/** A replica set of one node: drivers then offer sessions and retryable writes. No topologyVersion: nothing is streamed. */
const hello: Handler = (command, { clock, connection: { id, serverAddress } }) => ({
  ...{ [command.hello ? 'isWritablePrimary' : 'ismaster']: true, helloOk: true, secondary: false, readOnly: false },
  ...{ setName: 'embedded', setVersion: 1, electionId: new ObjectId('7fffffff0000000000000001') },
  ...{ hosts: [serverAddress], primary: serverAddress, me: serverAddress, connectionId: id, localTime: clock.now() },
  ...{ maxBsonObjectSize: maxDocumentBytes, maxMessageSizeBytes: maxMessageBytes, maxWriteBatchSize: 100_000 },
  ...{ logicalSessionTimeoutMinutes: sessionMinutes, minWireVersion: 0, maxWireVersion: 21 },
});

const buildInfo = telling(() => {
  const versionArray = [...version.split('.').map(Number), 0];
  const about = { version, versionArray, gitVersion: 'glasshouse-embedded', modules: [], javascriptEngine: 'none' };
  return { ...about, storageEngines: ['lmdb'], bits: 64, debug: false, maxBsonObjectSize: maxDocumentBytes };
});

const serverStatus: Handler = (_, { clock, startedAt, connection }) => ({
  ...{ host: hostname(), version, process: 'mongod', pid: process.pid, localTime: clock.now() },
  ...{ uptime: (clock.now().getTime() - startedAt.getTime()) / 1000, connections: { totalCreated: connection.id } },
  ...{ storageEngine: { name: 'lmdb' }, mem: { bits: 64, resident: Math.round(process.memoryUsage.rss() / 2 ** 20) } },
});

const hostInfo = telling(({ clock }) => {
  const cpu = { cpuArch: arch(), numCores: cpus().length, memSizeMB: Math.round(totalmem() / 2 ** 20) };
  const os = { type: platform(), name: platform(), version: release() };
  return { system: { currentTime: clock.now(), hostname: hostname(), ...cpu }, os, extra: {} };
});

const getParameter: Handler = ({ featureCompatibilityVersion, getParameter: asked }) => {
  check(featureCompatibilityVersion || asked === '*', 'InvalidOptions', 'no option found to get');
  return { featureCompatibilityVersion: { version: version.split('.').slice(0, 2).join('.') } };
};

const nobody = { authenticatedUsers: [], authenticatedUserRoles: [], authenticatedUserPrivileges: [] };
export const serverCommands: Handlers = {
  ...{ hello, isMaster: hello, ismaster: hello, buildInfo, serverStatus, hostInfo, getParameter },
  ...{ ping: fine, endSessions: fine, refreshSessions: fine },
  getCmdLineOpts: telling(() => ({ argv: ['embedded'], parsed: {} })),
  connectionStatus: telling(() => ({ authInfo: nobody })),
  whatsmyuri: telling(({ connection }) => ({ you: connection.clientAddress })),
};
