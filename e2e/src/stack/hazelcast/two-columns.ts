import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { type MetricSample, parseMetrics } from '@glasshouse/test-kit';
import { sumOf } from '../../evidence.js';
import { startShop, type TestShop } from '../../shop.js';
import { type Replica, startReplica } from '../replica.js';

/** A gateway with an oauth and a product behind it that no other gateway uses. */
export interface Column {
  /** Base address of the gateway. */
  readonly gateway: string;
  /** Look-ups in the product cache that ended so, by this column's own count. */
  lookUps(result: 'hit' | 'miss' | 'error'): Promise<number>;
  /** A login with a wrong password for an account that does not exist, from an address of the loopback network. @returns the status */
  failLogin(address: string): Promise<number>;
}

/** A shop with two replicas of each process that shares something by the cluster. */
export interface TwoColumns {
  readonly shop: TestShop;
  readonly columns: readonly [Column, Column];
  stop(): Promise<void>;
}

export const startTwoColumns = async (environment: Readonly<Record<string, string>>): Promise<TwoColumns> => {
  const shop = await startShop({ environment });
  const replicas: Replica[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await shop.stop();
  };
  try {
    const [oauth, product] = await Promise.all([startReplica(shop, 'oauth'), startReplica(shop, 'product')]);
    replicas.push(oauth, product);
    const gateway = await startReplica(shop, 'gateway', { OAUTH_URL: oauth.app, PRODUCT_URL: product.app });
    replicas.push(gateway);
    const { gateway: firstGateway, admin } = shop.addresses();
    return { shop, columns: [toColumn(firstGateway, admin.product), toColumn(gateway.app, product.admin)], stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const toColumn = (gateway: string, productAdmin: string): Column => ({
  gateway,
  lookUps: async (result) => sumOf(await scrape(productAdmin), 'cache_requests_total', { cache: 'products', result }),
  failLogin: (address) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(gateway);
      const headers = { 'content-type': 'application/json' };
      // Not fetch, which cannot say where it comes from.
      const options = { host: hostname, family: 4, port, localAddress: address, path: '/users/api/login', headers };
      request({ ...options, method: 'POST' }, (res) => {
        res.resume().once('end', () => resolve(res.statusCode ?? 0));
      })
        .once('error', reject)
        .end(JSON.stringify({ email: `${randomUUID()}@glasshouse.test`, password: randomUUID() }));
    }),
});

const scrape = async (admin: string): Promise<MetricSample[]> =>
  parseMetrics(await (await fetch(`${admin}/metrics`)).text());
