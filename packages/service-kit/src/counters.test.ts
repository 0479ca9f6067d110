import { createCounters } from './counters.js';
import type { Hazelcast, SharedMap } from './hazelcast.js';

const minute = 60_000;

describe('in one process', () => {
  let now = 1_000;
  const create = () => createCounters({ name: 'logins', nowMs: () => now });

  test('events of a key are counted until its window ends', async () => {
    const counters = create();
    expect([await counters.increment('ada', minute), await counters.increment('ada', minute)]).toEqual([1, 2]);
    now += minute - 1;
    expect(await counters.get('ada')).toBe(2);
    now += 1;
    expect(await counters.get('ada')).toBe(0);
    expect(await counters.increment('ada', minute)).toBe(1);
  });

  test('keys are counted apart, and one can be forgotten', async () => {
    const counters = create();
    await counters.increment('ada', minute);
    await counters.increment('bob', minute);
    await counters.reset('ada');
    expect([await counters.get('ada'), await counters.get('bob')]).toEqual([0, 1]);
    expect(counters.isShared).toBe(false);
  });

  test('the number of keys is bounded; the oldest windows go first', async () => {
    const counters = create();
    for (let n = 0; n <= 50_000; n += 1) await counters.increment(`key ${n}`, minute);
    expect([await counters.get('key 0'), await counters.get('key 1')]).toEqual([0, 1]);
  });
});

describe('shared between replicas', () => {
  // Keeps what a Hazelcast map keeps, with its habit of forgetting the time to live when a value is replaced.
  const createStore = () => {
    const entries = new Map<string, { text: string; ttlMs: number }>();
    const calls: string[] = [];
    let isUp = true;
    const map = {
      async get(key: string) {
        calls.push('get');
        return entries.get(key)?.text ?? null;
      },
      async putIfAbsent(key: string, text: string, ttlMs: number) {
        calls.push('putIfAbsent');
        const known = entries.get(key);
        if (known === undefined) entries.set(key, { text, ttlMs });
        return known?.text ?? null;
      },
      async replaceIfSame(key: string, before: string, after: string) {
        calls.push('replaceIfSame');
        if (entries.get(key)?.text !== before) return false;
        entries.set(key, { text: after, ttlMs: Number.POSITIVE_INFINITY });
        return true;
      },
      async setTtl(key: string, ttlMs: number) {
        const entry = entries.get(key);
        if (entry) entry.ttlMs = ttlMs;
        return true;
      },
      async delete(key: string) {
        entries.delete(key);
      },
    };
    const hazelcast: Hazelcast = {
      use: async (_mapName, operation) => {
        if (!isUp) throw new Error('offline');
        return operation(map as unknown as SharedMap);
      },
      isUp: () => isUp,
      start: () => {},
      close: async () => {},
    };
    return {
      entries,
      calls,
      replica: () => createCounters({ name: 'requests', hazelcast, nowMs: () => performance.now() }),
      setUp(value: boolean): void {
        isUp = value;
      },
    };
  };

  test('all of them count together', async () => {
    const { replica } = createStore();
    const [one, two] = [replica(), replica()];
    expect(await one.increment('ada', minute)).toBe(1);
    expect(await two.increment('ada', minute)).toBe(2);
    expect(await one.increment('ada', minute)).toBe(3);
    expect([await one.get('ada'), await two.get('ada'), one.isShared]).toEqual([3, 3, true]);
    await two.reset('ada');
    expect(await two.increment('ada', minute)).toBe(1);
  });

  test('no event is lost in a race, and each of one replica gets a place of its own', async () => {
    const { replica } = createStore();
    const replicas = [replica(), replica(), replica()];
    const places = await Promise.all(
      replicas.flatMap((counters) => Array.from({ length: 20 }, () => counters.increment('ada', minute))),
    );
    expect(new Set(places)).toEqual(new Set(Array.from({ length: 60 }, (_, index) => index + 1)));
  });

  test('simultaneous events of one replica become few writes', async () => {
    const { replica, calls } = createStore();
    const counters = replica();
    await Promise.all(Array.from({ length: 100 }, () => counters.increment('ada', minute)));
    expect(calls).toEqual(['get', 'putIfAbsent']);
  });

  test('an entry keeps a time to live, and its key tells nothing', async () => {
    const { replica, entries } = createStore();
    const counters = replica();
    for (let n = 0; n < 3; n += 1) await counters.increment('ada@glasshouse.test', minute);
    const [[key, entry] = ['', undefined]] = [...entries];
    expect(key).not.toContain('ada');
    expect(entry?.ttlMs).toBeLessThanOrEqual(minute + 2_000);
  });

  test('an entry whose window is over, or that is no count, begins anew', async () => {
    const { replica, entries } = createStore();
    const counters = replica();
    await counters.increment('ada', minute);
    const [key = ''] = entries.keys();
    for (const text of [`7:${Date.now() - 1}`, 'junk']) {
      entries.set(key, { text, ttlMs: minute });
      expect(await replica().get('ada')).toBe(0);
      await replica().increment('ada', minute);
      expect(entries.get(key)?.text).toMatch(/^1:/);
    }
  });

  test('without the store each replica goes on from its own count', async () => {
    const { replica, setUp } = createStore();
    const [one, two] = [replica(), replica()];
    for (let n = 0; n < 3; n += 1) await one.increment('ada', minute);
    expect(await two.increment('ada', minute)).toBe(4);
    setUp(false);
    expect(one.isShared).toBe(false);
    expect([await one.increment('ada', minute), await two.increment('ada', minute)]).toEqual([4, 2]);
    expect(await one.get('ada')).toBe(4);
    await one.reset('ada');
    expect(await one.get('ada')).toBe(0);
  });
});
