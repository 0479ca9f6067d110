import { runInContext, type Telemetry } from '@glasshouse/telemetry';
import type { Client, IMap } from 'hazelcast-client';

/** What the cache and the counters need of a Hazelcast map. Keys and values are text; times are milliseconds. */
export type SharedMap = Pick<
  IMap<string, string>,
  'get' | 'set' | 'delete' | 'putIfAbsent' | 'replaceIfSame' | 'setTtl'
>;

export interface HazelcastOptions {
  /** `hazelcast://host:5701,host:5701` */
  url: string;
  telemetry: Telemetry;
  /** How long a caller waits for the cluster; default 250. */
  operationTimeoutMs?: number | undefined;
  /** How long a cluster that has just failed is not asked again; default 1,000. */
  suspensionMs?: number | undefined;
  /** How long a first connection may take before its absence is a fact; default 5,000. */
  graceMs?: number | undefined;
}

/** A Hazelcast cluster that nobody has to wait for: what it cannot do soon is refused. */
export interface Hazelcast {
  /** Begins to connect. Otherwise the first use does, and its event loop stands still while the client is loaded. */
  start(): void;
  /** Runs `operation` on a map of the cluster. Rejects at once without a connection, otherwise within the operation timeout. */
  use<T>(mapName: string, operation: (map: SharedMap) => Promise<T>): Promise<T>;
  /** Whether the cluster answered the last time it was asked. */
  isUp(): boolean;
  close(): Promise<void>;
}

class HazelcastUnavailable extends Error {
  override readonly name = 'HazelcastUnavailable';
}

/** Nothing is loaded or connected before `start` or the first use. */
export const createHazelcast = (options: HazelcastOptions): Hazelcast => {
  const { url, telemetry, operationTimeoutMs = 250, suspensionMs = 1_000, graceMs = 5_000 } = options;
  let client: Promise<Client> | undefined;
  let firstUseAt: number | undefined;
  let state: 'starting' | 'up' | 'down' = 'starting';
  let suspendedUntil = 0;
  // While the cluster is down one caller at a time finds out whether it still is; nobody else waits.
  let isProbing = false;
  let isClosed = false;

  const noteSuccess = (): void => {
    if (state === 'down') telemetry.fact({ action: 'cache.recovered', message: 'The shared cache answers again.' });
    state = 'up';
  };

  const noteFailure = (error: unknown): void => {
    const now = performance.now();
    // A cluster that takes a moment to connect to is asked again by the next request.
    if (state === 'starting' && now - (firstUseAt ?? now) < graceMs) return;
    suspendedUntil = now + suspensionMs;
    if (state === 'down') return;
    state = 'down';
    const message = 'The shared cache does not answer; the service goes on without it.';
    telemetry.fact({ action: 'cache.unavailable', level: 'warn', message, error });
  };

  const runningClient = async (): Promise<Client> => {
    // Its sockets and timers outlive the request that happens to come first, so they must not carry that one's context.
    client ??= runInContext({}, () => connect(url));
    const current = client;
    const ready = await current.catch(() => undefined);
    if (ready?.getLifecycleService().isRunning() === true) return ready;
    // It ends itself for good, for instance when the cluster refuses it; the next use makes a new one.
    if (client === current) client = undefined;
    throw new HazelcastUnavailable('the client has ended');
  };

  const runInTime = async <T>(mapName: string, operation: (map: SharedMap) => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const late = () => reject(new HazelcastUnavailable(`no answer within ${operationTimeoutMs} ms`));
      timer = setTimeout(late, operationTimeoutMs);
    });
    const work = runningClient().then(async (ready) => operation(await ready.getMap<string, string>(mapName)));
    try {
      return await Promise.race([work, timeout]);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    start() {
      firstUseAt ??= performance.now();
      runningClient().catch(() => {});
    },
    async use(mapName, operation) {
      if (isClosed) throw new HazelcastUnavailable('closed');
      firstUseAt ??= performance.now();
      const isProbe = state === 'down';
      if (isProbe && (isProbing || performance.now() < suspendedUntil)) throw new HazelcastUnavailable('suspended');
      isProbing ||= isProbe;
      try {
        const result = await runInTime(mapName, operation);
        noteSuccess();
        return result;
      } catch (error) {
        noteFailure(error);
        throw error;
      } finally {
        if (isProbe) isProbing = false;
      }
    },
    isUp: () => state === 'up',
    async close() {
      isClosed = true;
      const ended = client;
      client = undefined;
      await ended?.then((ready) => ready.shutdown()).catch(() => {});
    },
  };
};

const connect = async (url: string): Promise<Client> => {
  // Loaded only here: `memory:` is the default, and this client takes 25 MB.
  const { Client, ReconnectMode } = await import('hazelcast-client');
  return Client.newHazelcastClient({
    network: {
      clusterMembers: url.replace('hazelcast://', '').split(','),
      connectionTimeout: 1_000,
      // Started asynchronously, the client connects to one member and never to the others. Unless it knows that, it waits
      // five seconds for what another member would tell it itself: the backup of each write that is kept there.
      smartRouting: false,
    },
    connectionStrategy: {
      // Without these two the client neither starts nor answers as long as no member does. A finite
      // clusterConnectTimeoutMillis would end it for good.
      asyncStart: true,
      reconnectMode: ReconnectMode.ASYNC,
      connectionRetry: { initialBackoffMillis: 200, maxBackoffMillis: 3_000, multiplier: 2, jitter: 0.2 },
    },
    properties: {
      'hazelcast.logging.level': 'OFF',
      'hazelcast.client.invocation.timeout.millis': 2_000,
      // A member that has stopped answering: its connection is closed after 5 s, with everything that waits on it.
      'hazelcast.client.heartbeat.interval': 1_000,
      'hazelcast.client.heartbeat.timeout': 5_000,
    },
  });
};
