import { type MetricSample, parseMetrics } from '@glasshouse/test-kit';
import { sumOf } from '../../evidence.js';
import { startShop, type TestShop } from '../../shop.js';
import { type Replica, readRecipe, startReplica } from '../replica.js';
import { type FaultyLinks, type Link, startFaultyLinks } from './faulty-links.js';

/** A second process of a service, and a gateway of its own before it. */
export interface Branch {
  /** Base address of its gateway. */
  readonly gateway: string;
  /** Base address of the service's admin port. */
  readonly admin: string;
  /** What the service counts. */
  scrape(): Promise<MetricSample[]>;
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

/** A shop with good links, and beside it a second order service whose every link can be made worse. */
export interface FaultyShop {
  readonly shop: TestShop;
  readonly order: Branch;
  readonly links: Readonly<Record<'payment' | 'database' | 'fluentd' | 'jaeger', Link>>;
  /** Makes further links. */
  readonly faults: FaultyLinks;
  /** A second product service, with this cluster cache. */
  startProduct(cacheUrl: string): Promise<Branch>;
  stop(): Promise<void>;
}

export const startFaultyShop = async (): Promise<FaultyShop> => {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const faults = await startFaultyLinks();
    closers.push(faults.stop);
    const shop = await startShop();
    closers.push(shop.stop);
    const startBranch = async (service: 'order' | 'product', environment: Readonly<Record<string, string>>) => {
      const replica = await startReplica(shop, service, environment);
      closers.push(replica.stop);
      const gateway = await startReplica(shop, 'gateway', { [`${service.toUpperCase()}_URL`]: replica.app });
      closers.push(gateway.stop);
      return toBranch(gateway, replica);
    };
    const { environment } = await readRecipe(shop, 'order');
    const through = (name: string, variable: string): Promise<Link> =>
      faults.through(name, environment[variable] ?? '');
    const links = {
      payment: await through('payment', 'PAYMENT_URL'),
      database: await through('database', 'MONGO_URL'),
      fluentd: await through('fluentd', 'FLUENTD_URL'),
      jaeger: await through('jaeger', 'JAEGER_ENDPOINT'),
    };
    const order = await startBranch('order', {
      PAYMENT_URL: links.payment.url,
      // Otherwise the driver asks for the members of the set and goes there, past the link.
      MONGO_URL: `${links.database.url}?directConnection=true`,
      FLUENTD_URL: links.fluentd.url,
      JAEGER_ENDPOINT: links.jaeger.url,
    });
    const startProduct = (cacheUrl: string): Promise<Branch> => startBranch('product', { CACHE_URL: cacheUrl });
    return { shop, order, links, faults, startProduct, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const toBranch = (gateway: Replica, service: Replica): Branch => {
  const scrape = async () => parseMetrics(await (await fetch(`${service.admin}/metrics`)).text());
  return {
    gateway: gateway.app,
    admin: service.admin,
    scrape,
    metric: async (name, labels) => sumOf(await scrape(), name, labels),
  };
};
