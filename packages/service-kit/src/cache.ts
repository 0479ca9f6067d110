import { currentContext, type Telemetry } from '@glasshouse/telemetry';
import type { Hazelcast } from './hazelcast.js';

/** A read-through cache of plain JSON values. Nothing depends on it: whatever fails in it, the value is loaded. */
export interface Cache<T> {
  /** The cached value, or else the loaded one. Simultaneous misses of one key share one load. */
  get(key: string, load: () => Promise<T>): Promise<T>;
  /** To be called after each change of what `load` reads; other processes may see the old value until its time is over. */
  invalidate(key: string): Promise<void>;
}

/** Where cached text is kept. Every method may reject at any time. */
export interface CacheStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface CachesOptions {
  telemetry: Telemetry;
  /** The service's name: replicas of one service share their entries, services never do. */
  service: string;
  /** Absent: in this process. */
  hazelcast?: Hazelcast | undefined;
  /** A clock in milliseconds for entries in this process; any origin. */
  nowMs: () => number;
}

export interface Caches {
  create<T>(options: { name: string; ttlMs: number; maxEntries?: number | undefined }): Cache<T>;
}

export const createCaches = ({ telemetry, service, hazelcast, nowMs }: CachesOptions): Caches => {
  const requests = telemetry.metrics.counter({
    name: 'cache_requests_total',
    help: 'Look-ups in a cache; an error is answered without the cache.',
    labels: { cache: 'dynamic', result: ['hit', 'miss', 'error'] },
  });
  return {
    create({ name, ttlMs, maxEntries = 1_000 }) {
      requests.admit('cache', name);
      const store = hazelcast
        ? createHazelcastStore(hazelcast, `${service}.${name}`)
        : createMemoryStore(maxEntries, nowMs);
      const count = (result: LookUp['result']): void => requests.inc({ cache: name, result });
      return createReadThrough({ lookUp: observeLookUps({ telemetry, name, store, count }), store, ttlMs });
    },
  };
};

interface LookUp {
  result: 'hit' | 'miss' | 'error';
  value?: unknown;
}

interface Observation {
  telemetry: Telemetry;
  name: string;
  store: CacheStore;
  count: (result: LookUp['result']) => void;
}

/** Looks up and never rejects, with the span and the metric of it. */
const observeLookUps = ({ telemetry, name, store, count }: Observation) => {
  const lookUp = async (key: string): Promise<LookUp> => {
    try {
      const text = await store.get(key);
      return text === undefined ? { result: 'miss' } : { result: 'hit', value: JSON.parse(text) as unknown };
    } catch {
      return { result: 'error' };
    }
  };
  return async (key: string): Promise<LookUp> => {
    const isTraced = currentContext()?.span !== undefined;
    const span = isTraced ? telemetry.tracing.startSpan(`cache.get ${name}`, { component: 'cache' }) : undefined;
    const found = await lookUp(key);
    span?.setTag('cache.result', found.result);
    span?.finish();
    count(found.result);
    return found;
  };
};

interface ReadThrough {
  lookUp: (key: string) => Promise<LookUp>;
  store: CacheStore;
  ttlMs: number;
}

const createReadThrough = <T>({ lookUp, store, ttlMs }: ReadThrough): Cache<T> => {
  const loads = new Map<string, Promise<T>>();

  const loadAndKeep = (key: string, load: () => Promise<T>): Promise<T> => {
    const loading = load().then(async (value) => {
      const text = JSON.stringify(value) as string | undefined;
      // Invalidated meanwhile: what was read may be older than the change.
      const isCurrent = loads.get(key) === loading;
      if (text !== undefined && isCurrent) await store.set(key, text, ttlMs).catch(() => {});
      return value;
    });
    loads.set(key, loading);
    const forget = () => {
      if (loads.get(key) === loading) loads.delete(key);
    };
    loading.then(forget, forget);
    return loading;
  };

  return {
    async get(key, load) {
      const found = await lookUp(key);
      if (found.result === 'hit') return found.value as T;
      return loads.get(key) ?? loadAndKeep(key, load);
    },
    async invalidate(key) {
      loads.delete(key);
      await store.delete(key).catch(() => {});
    },
  };
};

/** Text and not objects, so that a value changes exactly as it would in a shared cache and nobody can alter it in place. */
const createMemoryStore = (maxEntries: number, nowMs: () => number): CacheStore => {
  // A Map keeps the order of insertion: the first entry is the one that was set longest ago.
  const entries = new Map<string, { text: string; expiresAt: number }>();
  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined || entry.expiresAt > nowMs()) return entry?.text;
      entries.delete(key);
      return undefined;
    },
    async set(key, text, ttlMs) {
      entries.delete(key);
      const [oldest] = entries.size >= maxEntries ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(key, { text, expiresAt: nowMs() + ttlMs });
    },
    async delete(key) {
      entries.delete(key);
    },
  };
};

/** Hazelcast keeps times to live in whole seconds: an entry may go up to one second early, and below one at once. */
const createHazelcastStore = (hazelcast: Hazelcast, mapName: string): CacheStore => {
  const map = `glasshouse.cache.${mapName}`;
  return {
    get: (key) => hazelcast.use(map, async (entries) => (await entries.get(key)) ?? undefined),
    set: (key, text, ttlMs) => hazelcast.use(map, (entries) => entries.set(key, text, ttlMs)),
    delete: (key) => hazelcast.use(map, (entries) => entries.delete(key)),
  };
};
