import { randomBytes } from 'node:crypto';
import { expectEqual } from './check.js';
import { type Answered, ask } from './exchange.js';
import type { Subject } from './subject.js';

/** Products and claims of this run alone: nobody else's stock is touched, and what is made is taken away again. */
export interface ProductCalls {
  readonly newSku: () => string;
  readonly newOrder: () => string;
  /** Asks as an administrator. */
  admin(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  read(path: string, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** Adds a product with this stock. @returns its SKU @throws Mismatch unless it is added */
  add(available: number): Promise<string>;
  available(sku: string): Promise<number>;
  /** Asks as the order service. */
  claim(method: 'PUT' | 'DELETE', sku: string, order: string, quantity?: number): Promise<Answered>;
  commit(sku: string, order: string): Promise<Answered>;
  internal(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** Gives back what is still held and takes the products out of the catalogue. */
  takeAway(): Promise<void>;
}

export const newProduct = (sku: string, available = 5) => ({
  sku,
  name: `Conformance ${sku}`,
  description: 'Made by npm run conformance.',
  price: { amount: 1290, currency: 'EUR' },
  tags: ['conformance'],
  available,
});

export const createProductCalls = ({ url, internal = '', adminToken, keyOf }: Subject): ProductCalls => {
  const skus: string[] = [];
  const held = new Set<string>();
  const newSku = (): string => {
    const sku = `CONF-${randomBytes(5).toString('hex').toUpperCase()}`;
    skus.push(sku);
    return sku;
  };
  const admin: ProductCalls['admin'] = async (method, path, body, headers = {}) =>
    ask({ door: url, method, path, body, headers: { authorization: `Bearer ${await adminToken()}`, ...headers } });
  const read: ProductCalls['read'] = (path, headers = {}) => ask({ door: url, path, headers });
  const callInternal: ProductCalls['internal'] = (method, path, body, headers = {}) =>
    ask({ door: internal, method, path, body, headers: { 'x-service-key': keyOf('order'), ...headers } });
  const toHold = (sku: string, order: string): string => `/internal/skus/${sku}/holds/${order}`;
  return {
    newSku,
    newOrder: () => `conformance-${randomBytes(6).toString('hex')}`,
    admin,
    read,
    internal: callInternal,
    async add(available) {
      const sku = newSku();
      const answer = await admin('POST', '/api/products', newProduct(sku, available));
      expectEqual('status of POST /api/products', answer.status, 201);
      return sku;
    },
    available: async (sku) => Number((await read(`/api/products/${sku}/availability`)).json?.available),
    claim: (method, sku, order, quantity) => {
      held.add(toHold(sku, order));
      return callInternal(method, toHold(sku, order), quantity === undefined ? undefined : { quantity });
    },
    commit: (sku, order) => callInternal('PUT', `${toHold(sku, order)}/commit`),
    async takeAway() {
      // Whatever hinders it was found by a check before.
      const noMatter = (): void => {};
      for (const path of held) await callInternal('DELETE', path).catch(noMatter);
      for (const sku of skus)
        await admin('DELETE', `/api/products/${sku}`, undefined, { 'if-match': '*' }).catch(noMatter);
    },
  };
};
