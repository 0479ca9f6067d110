import { runInContext } from '@glasshouse/telemetry';
import { type Cache, createCaches } from './cache.js';
import type { Hazelcast, SharedMap } from './hazelcast.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';

let recorded: RecordedTelemetry;
let now: number;

beforeEach(() => {
  recorded = recordTelemetry('product');
  now = 1_000;
});

const createCache = <T = string>(
  options: { ttlMs?: number; maxEntries?: number; hazelcast?: Hazelcast } = {},
): Cache<T> => {
  const { ttlMs = 60_000, maxEntries, hazelcast } = options;
  const caches = createCaches({ telemetry: recorded.telemetry, service: 'product', hazelcast, nowMs: () => now });
  return caches.create<T>({ name: 'products', ttlMs, maxEntries });
};

/** A load that tells how often it ran: `v1`, `v2`, ... */
const versions = () => {
  let count = 0;
  return async () => {
    count += 1;
    return `v${count}`;
  };
};

const requests = (result: string) => recorded.metric('cache_requests_total', { cache: 'products', result });

test('a value is loaded once and then comes from the cache', async () => {
  const cache = createCache();
  const load = versions();
  expect([await cache.get('TEA', load), await cache.get('TEA', load)]).toEqual(['v1', 'v1']);
  expect([await requests('miss'), await requests('hit')]).toEqual([1, 1]);
});

test('a value is loaded again when its time is over, and after it was invalidated', async () => {
  const cache = createCache({ ttlMs: 5_000 });
  const load = versions();
  await cache.get('TEA', load);
  now += 4_999;
  expect(await cache.get('TEA', load)).toBe('v1');
  now += 1;
  expect(await cache.get('TEA', load)).toBe('v2');
  await cache.invalidate('TEA');
  expect(await cache.get('TEA', load)).toBe('v3');
});

test('simultaneous misses share one load, and its failure', async () => {
  const cache = createCache();
  const load = versions();
  expect(await Promise.all([1, 2, 3].map(() => cache.get('TEA', load)))).toEqual(['v1', 'v1', 'v1']);
  const fail = jest.fn().mockRejectedValue(new Error('down'));
  const failures = await Promise.allSettled([1, 2, 3].map(() => cache.get('MUG', fail)));
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(fail).toHaveBeenCalledTimes(1);
  expect(await cache.get('MUG', load)).toBe('v2');
});

test('what was being loaded when its key was invalidated is not kept', async () => {
  const cache = createCache();
  const load = versions();
  let finish: (value: string) => void = () => {};
  const before = cache.get(
    'TEA',
    () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  );
  await new Promise(setImmediate);
  await cache.invalidate('TEA');
  finish('old');
  expect(await before).toBe('old');
  expect(await cache.get('TEA', load)).toBe('v1');
});

test('nobody can alter a cached value in place', async () => {
  const cache = createCache<{ tags: string[] }>();
  const load = async () => ({ tags: ['tea'] });
  await cache.get('TEA', load);
  (await cache.get('TEA', load)).tags.push('altered');
  expect(await cache.get('TEA', load)).toEqual({ tags: ['tea'] });
});

test('null is a value, undefined is not kept', async () => {
  const cache = createCache<unknown>();
  const load = jest.fn().mockResolvedValueOnce(null).mockResolvedValue(undefined);
  expect([await cache.get('a', load), await cache.get('a', load)]).toEqual([null, null]);
  expect([await cache.get('b', load), await cache.get('b', load)]).toEqual([undefined, undefined]);
  expect(load).toHaveBeenCalledTimes(3);
});

test('with no room left the oldest entry goes', async () => {
  const cache = createCache({ maxEntries: 2 });
  const load = versions();
  for (const key of ['a', 'b', 'c']) await cache.get(key, load);
  expect(await cache.get('c', load)).toBe('v3');
  expect(await cache.get('b', load)).toBe('v2');
  expect(await cache.get('a', load)).toBe('v4');
});

test('a look-up has a span inside a trace, and none outside', async () => {
  const cache = createCache();
  const load = versions();
  await cache.get('TEA', load);
  expect(recorded.spans).toEqual([]);
  const span = recorded.telemetry.tracing.startSpan('GET /api/products');
  await runInContext({ span }, () => cache.get('TEA', load));
  expect(recorded.spans).toMatchObject([
    { name: 'cache.get products', parentId: span.spanId, tags: { component: 'cache', 'cache.result': 'hit' } },
  ]);
});

describe('with a shared store', () => {
  const createStore = (entries: Map<string, string>) => {
    const names: string[] = [];
    const map = {
      get: async (key: string) => entries.get(key) ?? null,
      set: async (key: string, text: string) => void entries.set(key, text),
      delete: async (key: string) => void entries.delete(key),
    };
    const hazelcast: Hazelcast = {
      use: (mapName, operation) => {
        names.push(mapName);
        return operation(map as unknown as SharedMap);
      },
      isUp: () => true,
      start: () => {},
      close: async () => {},
    };
    return { hazelcast, names };
  };

  test('the entries are text in a map of the service and the cache', async () => {
    const entries = new Map<string, string>();
    const { hazelcast, names } = createStore(entries);
    const cache = createCache<{ sku: string }>({ hazelcast });
    await cache.get('TEA', async () => ({ sku: 'TEA' }));
    expect([...entries]).toEqual([['TEA', '{"sku":"TEA"}']]);
    expect(new Set(names)).toEqual(new Set(['glasshouse.cache.product.products']));
    await cache.invalidate('TEA');
    expect(entries.size).toBe(0);
  });

  test('a spoilt entry is an error, loaded and replaced', async () => {
    const entries = new Map([['TEA', '{"sku"']]);
    const cache = createCache({ hazelcast: createStore(entries).hazelcast });
    expect(await cache.get('TEA', versions())).toBe('v1');
    expect(entries.get('TEA')).toBe('"v1"');
    expect(await requests('error')).toBe(1);
  });

  test('a store that fails changes nothing but the speed', async () => {
    const fail = () => Promise.reject(new Error('offline'));
    const cache = createCache({ hazelcast: { use: fail, isUp: () => false, start: () => {}, close: async () => {} } });
    const load = versions();
    expect([await cache.get('TEA', load), await cache.get('TEA', load)]).toEqual(['v1', 'v2']);
    await cache.invalidate('TEA');
    expect(await requests('error')).toBe(2);
  });
});
