import { createHash } from 'node:crypto';
import type { Hazelcast, SharedMap } from './hazelcast.js';

/** Counts events per key in windows of time: a key's window begins with its first event, and at its end the key is forgotten. */
export interface Counters {
  /** Adds one. @returns the count of the window, this event included; at once if only this process counts */
  increment(key: string, windowMs: number): Promise<number> | number;
  get(key: string): Promise<number>;
  reset(key: string): Promise<void>;
  /** Whether other replicas' events are counted too, just now. */
  readonly isShared: boolean;
}

export interface CountersOptions {
  /** Separates these counters from others in the shared store. */
  name: string;
  /** Absent: in this process. */
  hazelcast?: Hazelcast | undefined;
  /** A clock in milliseconds for counters in this process; any origin. */
  nowMs: () => number;
}

/**
 * With a shared store every event is counted twice, there and in this process, and the higher count holds: without the
 * store each replica goes on from its own count, so that a limit gets looser but never opens.
 */
export const createCounters = ({ name, hazelcast, nowMs }: CountersOptions): Counters => {
  const local = createLocalCounters(nowMs);
  if (hazelcast === undefined) {
    return {
      isShared: false,
      increment: local.add,
      get: async (key) => local.get(key),
      reset: async (key) => local.reset(key),
    };
  }
  const shared = createSharedCounters(hazelcast, `glasshouse.counters.${name}`);
  const otherwise = (count: number) => () => count;
  return {
    get isShared() {
      return hazelcast.isUp();
    },
    async increment(key, windowMs) {
      const own = local.add(key, windowMs);
      return Math.max(own, await shared.add(key, windowMs).catch(otherwise(own)));
    },
    async get(key) {
      const own = local.get(key);
      return Math.max(own, await shared.get(key).catch(otherwise(own)));
    },
    async reset(key) {
      local.reset(key);
      await shared.reset(key).catch(() => {});
    },
  };
};

/** Keys can be what callers send, so their number is bounded: the oldest window is forgotten first. */
const maxKeys = 50_000;

const createLocalCounters = (nowMs: () => number) => {
  const windows = new Map<string, { count: number; endsAt: number }>();
  const current = (key: string) => {
    const window = windows.get(key);
    return window === undefined || window.endsAt <= nowMs() ? undefined : window;
  };
  return {
    add(key: string, windowMs: number): number {
      const window = current(key);
      if (window !== undefined) {
        window.count += 1;
        return window.count;
      }
      windows.delete(key);
      const [oldest] = windows.size >= maxKeys ? windows.keys() : [];
      if (oldest !== undefined) windows.delete(oldest);
      windows.set(key, { count: 1, endsAt: nowMs() + windowMs });
      return 1;
    },
    get: (key: string): number => current(key)?.count ?? 0,
    reset(key: string): void {
      windows.delete(key);
    },
  };
};

interface Batch {
  events: number;
  /** The window's count once all events of the batch are in it. */
  total: Promise<number>;
}

const createSharedCounters = (hazelcast: Hazelcast, mapName: string) => {
  // While a write is on its way the next events of its key gather into one: replicas may race, requests do not.
  const gathering = new Map<string, Batch>();
  const writing = new Map<string, Promise<void>>();

  const gather = (key: string, windowMs: number): Batch => {
    const known = gathering.get(key);
    if (known !== undefined) return known;
    const before = writing.get(key) ?? Promise.resolve();
    const batch: Batch = {
      events: 0,
      total: before.then(() => {
        gathering.delete(key);
        return hazelcast.use(mapName, (entries) => addToWindow(entries, toStoredKey(key), windowMs, batch.events));
      }),
    };
    gathering.set(key, batch);
    const forget = () => {
      if (writing.get(key) === written) writing.delete(key);
    };
    const written: Promise<void> = batch.total.then(forget, forget);
    writing.set(key, written);
    return batch;
  };

  return {
    async add(key: string, windowMs: number): Promise<number> {
      const batch = gather(key, windowMs);
      batch.events += 1;
      const place = batch.events;
      return (await batch.total) - batch.events + place;
    },
    get: (key: string): Promise<number> =>
      hazelcast.use(mapName, async (entries) => {
        const window = parseWindow(await entries.get(toStoredKey(key)));
        return window === undefined || window.endsAt <= Date.now() ? 0 : window.count;
      }),
    reset: (key: string): Promise<void> => hazelcast.use(mapName, (entries) => entries.delete(toStoredKey(key))),
  };
};

/** A key may hold an address of a person or a machine; the shared store need not know it. */
const toStoredKey = (key: string): string => createHash('sha256').update(key).digest('base64url');

interface StoredWindow {
  count: number;
  /** Epoch milliseconds, by the clock of the replica that began the window. */
  endsAt: number;
}

const toText = ({ count, endsAt }: StoredWindow): string => `${count}:${endsAt}`;

const parseWindow = (text: string | null): StoredWindow | undefined => {
  const [, count, endsAt] = /^(\d+):(\d+)$/.exec(text ?? '') ?? [];
  return count === undefined || endsAt === undefined ? undefined : { count: Number(count), endsAt: Number(endsAt) };
};

/** So many lost races in a row mean a store that does not work rather than busy replicas. */
const maxTries = 16;

/** Hazelcast keeps times to live in whole seconds and may end them one early; it only cleans up, `endsAt` decides. */
const cleanUpMs = 2_000;

/**
 * Hazelcast has no increment with a time to live, and replacing a value removes its time to live, hence compare-and-set
 * followed by `setTtl`. A crash between the two leaves an entry that the next event of its key replaces after `endsAt`.
 * A replica whose clock is off makes windows longer or shorter for all; its own count still holds for its own callers.
 */
const addToWindow = async (entries: SharedMap, key: string, windowMs: number, events: number): Promise<number> => {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const now = Date.now();
    const text = await entries.get(key);
    const known = parseWindow(text);
    const isOver = known === undefined || known.endsAt <= now;
    const count = isOver ? events : known.count + events;
    const endsAt = isOver ? now + windowMs : Math.min(known.endsAt, now + windowMs);
    const next = toText({ count, endsAt });
    const ttlMs = endsAt - now + cleanUpMs;
    if (text === null) {
      if ((await entries.putIfAbsent(key, next, ttlMs)) === null) return count;
    } else if (await entries.replaceIfSame(key, text, next)) {
      await entries.setTtl(key, ttlMs);
      return count;
    }
  }
  throw new Error('too many lost races');
};
