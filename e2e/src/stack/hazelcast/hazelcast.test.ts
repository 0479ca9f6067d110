import { waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, type LogLine } from '../../evidence.js';
import type { TestShop } from '../../shop.js';
import { services } from '../../shop.js';
import { describeWith } from '../tool.js';
import { createHazelcastCluster, type HazelcastCluster } from './cluster.js';
import { type Column, startTwoColumns, type TwoColumns } from './two-columns.js';

/** Sold by the test of purchases only; every sale changes what the cache holds. */
const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
const clientQuota = 100;
const failuresPerAddress = 4;
const productsTried = 8;

describeWith(['hazelcast'], 'two replicas of the shop on real Hazelcast members', () => {
  let cluster: HazelcastCluster;
  let twoColumns: TwoColumns;
  let shop: TestShop;
  let evidence: Evidence;
  let first: Column;
  let second: Column;
  let adminToken: string;
  let productsMade = 0;
  let addressesUsed = 1;

  beforeAll(async () => {
    cluster = await createHazelcastCluster();
    await cluster.have(1);
    twoColumns = await startTwoColumns({
      ...Object.fromEntries([...services, 'console'].map((name) => [`${name.toUpperCase()}__CACHE_URL`, cluster.url])),
      // No entry ends by its age.
      PRODUCT__PRODUCT_CACHE_TTL_MS: '3600000',
      GATEWAY__CLIENT_RATE: String(clientQuota / 2),
      OAUTH__LOGIN_FAILURES_PER_ADDRESS: String(failuresPerAddress),
    });
    ({ shop } = twoColumns);
    [first, second] = twoColumns.columns;
    evidence = createEvidence(shop.addresses);
    adminToken = await shop.adminToken();
  });
  afterAll(async () => {
    await twoColumns?.stop();
    await cluster?.stop();
  });

  /** @returns the path of a product that no cache knows yet */
  const addProduct = async (): Promise<string> => {
    productsMade += 1;
    const body = {
      sku: `CACHED-${productsMade}`,
      name: 'As it was',
      price: { amount: 100, currency: 'EUR' },
      available: 10,
    };
    const { status } = await shop.call('POST', '/api/products', { token: adminToken, body });
    if (status !== 201) throw new Error(`product: ${status}`);
    return `/api/products/${body.sku}`;
  };

  const newAddress = (): string => {
    addressesUsed += 1;
    return `127.0.0.${100 + addressesUsed}`;
  };

  /** What one look-up through a column brought, and by that column's count from where: `As it was: hit`. */
  const lookUp = async (column: Column, path: string): Promise<string> => {
    const results = ['hit', 'miss', 'error'] as const;
    const count = () => Promise.all(results.map((result) => column.lookUps(result)));
    const before = await count();
    const { status, body } = await shop.call('GET', path, { at: column.gateway });
    if (status !== 200) throw new Error(`${path}: ${status}`);
    const after = await count();
    return `${body.name}: ${results.filter((_result, index) => after[index] !== before[index]).join()}`;
  };

  /** Both replicas use the cluster: none has just waited for it in vain. */
  const untilCached = () =>
    waitFor('look-ups that hit in both columns', async () => {
      const path = '/api/products/TEA-003';
      const found = [await lookUp(first, path), await lookUp(second, path)];
      return found.every((result) => result.endsWith(': hit'));
    });

  /** How many requests are left to a client, as the answer to one of them says. */
  const spend = async (column: Column, token: string): Promise<{ status: number; left: number }> => {
    const { status, headers } = await shop.call('GET', '/api/customers/me', { at: column.gateway, token });
    return { status, left: Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]) };
  };

  /** More requests of one client than a gateway lets through. @returns how many it refused */
  const overspend = async (column: Column, token: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: clientQuota + 20 }, () => spend(column, token)));
    return answers.filter(({ status }) => status === 429).length;
  };

  const untilShared = (): Promise<boolean> =>
    waitFor('one gateway to count the requests of the other', async () => {
      const { token } = await shop.newCustomer();
      const there = await spend(first, token);
      return (await spend(second, token)).left === there.left - 1;
    });

  describe.each([1, 2] as const)('of %p', (size) => {
    beforeAll(() => cluster.have(size));

    test('one replica fills the product cache for the other, and a change through either empties it for both', async () => {
      const shareOneProduct = async (): Promise<boolean> => {
        const path = await addProduct();
        const there = [await lookUp(first, path), await lookUp(first, path), await lookUp(second, path)];
        const headers = { 'if-match': '*' };
        const change = { token: adminToken, headers, body: { name: 'As it is' }, at: second.gateway };
        expect((await shop.call('PATCH', path, change)).status).toBe(200);
        const changed = [await lookUp(first, path), await lookUp(second, path)];
        return (
          there.join() === 'As it was: miss,As it was: hit,As it was: hit' &&
          changed.join() === 'As it is: miss,As it is: hit'
        );
      };
      let shared = 0;
      for (let n = 0; n < productsTried; n += 1) {
        await untilCached();
        if (await shareOneProduct()) shared += 1;
      }
      // Whoever waits longer than 250 ms for the cluster does without it for a second; that may happen, but seldom.
      expect(shared).toBeGreaterThan(0.7 * productsTried);
    });

    test('a client who has used up her requests at one gateway has none at the other', async () => {
      await untilShared();
      const { token } = await shop.newCustomer();
      // Her window may end between the two.
      await waitFor('the other gateway to refuse her', async () => {
        if ((await overspend(first, token)) === 0) return false;
        return (await spend(second, token)).status === 429;
      });
    });

    test('logins that fail at one oauth slow their address down at the other, and no other address', async () => {
      await waitFor('an address that is slowed down everywhere', async () => {
        const address = newAddress();
        for (let n = 0; n < failuresPerAddress; n += 1) expect(await first.failLogin(address)).toBe(401);
        return (await second.failLogin(address)) === 429;
      });
      expect(await second.failLogin(newAddress())).toBe(401);
    });

    test('a login that is ended at one oauth is over at the other', async () => {
      const { refreshToken } = await shop.newCustomer();
      const form = { client_id: 'glasshouse-shop', token: refreshToken };
      expect((await shop.call('POST', '/oauth/revoke', { form, at: first.gateway })).status).toBe(200);
      const refresh = { client_id: 'glasshouse-shop', grant_type: 'refresh_token', refresh_token: refreshToken };
      for (const { gateway } of [second, first]) {
        const { status, body } = await shop.call('POST', '/oauth/token', { form: refresh, at: gateway });
        expect([status, body.error]).toEqual([400, 'invalid_grant']);
      }
    });
  });

  /** Reads and buys through both columns until it is told to stop. @returns what was answered, as `path status` */
  const startTraffic = (token: string) => {
    const answered: string[] = [];
    let isOver = false;
    const repeat = async (act: () => Promise<string>): Promise<void> => {
      while (!isOver) answered.push(await act());
    };
    const loops = twoColumns.columns.flatMap(({ gateway: at }) => [
      repeat(async () => `read ${(await shop.call('GET', '/api/products/TEA-002', { at })).status}`),
      repeat(async () => {
        const headers = { 'idempotency-key': crypto.randomUUID() };
        return `buy ${(await shop.call('POST', '/api/orders', { token, body: wish, headers, at })).status}`;
      }),
    ]);
    return {
      answered: () => answered.length,
      async stop() {
        isOver = true;
        await Promise.all(loops);
        return answered;
      },
    };
  };

  test('one of two members is killed: no caller notices, and what both replicas had counted and cached is still there', async () => {
    await cluster.have(2);
    await untilCached();
    const paths = [await addProduct(), await addProduct(), await addProduct()];
    for (const path of paths) await lookUp(first, path);
    const address = newAddress();
    for (let n = 1; n < failuresPerAddress; n += 1) expect(await first.failLogin(address)).toBe(401);
    const { token } = await shop.newCustomer();

    const traffic = startTraffic(token);
    await waitFor('some traffic', () => traffic.answered() > 20);
    await cluster.killFirst();
    const before = traffic.answered();
    await cluster.untilSize(1);
    await waitFor('traffic after the kill', () => traffic.answered() > before + 40);
    expect([...new Set(await traffic.stop())].sort()).toEqual(['buy 201', 'read 200']);

    await untilShared();
    await untilCached();
    const found = [];
    for (const path of paths) found.push(await lookUp(second, path));
    expect(found).toContain('As it was: hit');
    expect(found).not.toContain('As it was: miss');
    let failures = 0;
    while ((await second.failLogin(address)) === 401) failures += 1;
    // Without what the first one had counted it would have let through as many as that one may.
    expect(failures).toBeLessThan(failuresPerAddress - 1);
  });

  /** Which processes have stated a fact since then, each as often as it did. */
  const whoStated = async (action: string, since: string): Promise<string[]> => {
    const filter = [{ term: { 'event.action': action } }, { range: { '@timestamp': { gte: since } } }];
    const toProcess = (line: LogLine) => `${line['service.name']} ${line['service.instance.id']}`;
    return (await evidence.logs({ bool: { filter } })).map(toProcess).sort();
  };

  test('all members are killed: the shop sells, each process says so once and limits by its own count, until they are back', async () => {
    await cluster.have(2);
    await untilShared();
    const path = await addProduct();
    const since = new Date().toISOString();
    await cluster.have(0);

    const { token } = await shop.newCustomer();
    const traffic = startTraffic(token);
    await waitFor('traffic without a cluster', () => traffic.answered() > 60);
    expect([...new Set(await traffic.stop())].sort()).toEqual(['buy 201', 'read 200']);
    for (const admin of Object.values(shop.addresses().admin)) {
      expect((await fetch(`${admin}/health/ready`)).status).toBe(200);
    }
    for (const column of [first, second]) {
      expect(await lookUp(column, path)).toBe('As it was: error');
    }
    // Looser, but never open: who is refused here is a stranger there.
    const refused = await waitFor('a gateway to refuse whom it has counted itself', () => overspend(first, token));
    expect(refused).toBeGreaterThan(0);
    expect((await spend(second, token)).status).toBe(200);
    const address = newAddress();
    for (let n = 0; n < failuresPerAddress; n += 1) expect(await first.failLogin(address)).toBe(401);
    expect(await first.failLogin(address)).toBe(429);
    expect(await second.failLogin(address)).toBe(401);

    // gateway, oauth and product of either column ask the cluster; the others have nothing there.
    const told = await waitFor('every process that needs the cluster to say that it is gone', async () => {
      const found = await whoStated('cache.unavailable', since);
      return found.length >= 6 ? found : undefined;
    });
    expect(told.map((process) => process.split(' ')[0])).toEqual(
      ['gateway', 'oauth', 'product'].flatMap((name) => [name, name]),
    );
    expect(new Set(told).size).toBe(told.length);

    await cluster.have(2);
    await untilShared();
    await untilCached();
    await waitFor('every process that has said so to say that the cluster is back', async () => {
      await Promise.all([first, second].map((column) => column.failLogin(newAddress())));
      return new Set(await whoStated('cache.recovered', since)).size === told.length;
    });
  });
});
