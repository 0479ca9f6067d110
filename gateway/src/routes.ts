export type Target = 'oauth' | 'customer' | 'product' | 'order' | 'payment';

/**
 * One public path. What is not in the table does not exist: the gateway answers 404, whatever a service would say.
 */
export interface ProxyRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The template; the upstream path is rebuilt from it and the encoded parameters, never passed through. */
  readonly path: string;
  readonly target: Target;
  /** The same as the service's own rule, which it checks again. */
  readonly access: 'anyone' | 'user' | 'customer' | 'admin';
  /** Milliseconds until the upstream's headers must be there. */
  readonly headersTimeoutMs: number;
  /** The Authorization header is a client's secret (RFC 6749 section 2.3.1), for the target alone to check. */
  readonly hasClientAuth: boolean;
}

const usualTimeoutMs = 2_000;

const to =
  (target: Target) =>
  (
    method: ProxyRoute['method'],
    path: string,
    access: ProxyRoute['access'],
    more: Partial<ProxyRoute> = {},
  ): ProxyRoute => ({
    method,
    path,
    target,
    access,
    headersTimeoutMs: usualTimeoutMs,
    hasClientAuth: false,
    ...more,
  });

const oauth = to('oauth');
const customer = to('customer');
const product = to('product');
const order = to('order');
const payment = to('payment');

/** An order is worked on for up to 3 s before it is answered with 202; a registration waits for oauth, twice if need be. */
const longTimeout = { headersTimeoutMs: 4_500 };
const clientAuth = { hasClientAuth: true };

export const proxyRoutes: readonly ProxyRoute[] = [
  oauth('POST', '/users/api/login', 'anyone'),
  oauth('POST', '/oauth/token', 'anyone', clientAuth),
  oauth('POST', '/oauth/revoke', 'anyone', clientAuth),
  oauth('POST', '/oauth/introspect', 'anyone', clientAuth),
  oauth('GET', '/.well-known/jwks.json', 'anyone'),
  oauth('GET', '/.well-known/oauth-authorization-server', 'anyone'),
  customer('POST', '/api/customers', 'anyone', longTimeout),
  customer('GET', '/api/customers', 'admin'),
  customer('GET', '/api/customers/me', 'customer'),
  customer('PATCH', '/api/customers/me', 'customer'),
  customer('DELETE', '/api/customers/me', 'customer'),
  customer('GET', '/api/customers/:id', 'user'),
  product('GET', '/api/products', 'anyone'),
  product('POST', '/api/products', 'admin'),
  product('GET', '/api/products/:sku', 'anyone'),
  product('PUT', '/api/products/:sku', 'admin'),
  product('PATCH', '/api/products/:sku', 'admin'),
  product('DELETE', '/api/products/:sku', 'admin'),
  product('GET', '/api/products/:sku/availability', 'anyone'),
  product('POST', '/api/products/:sku/stock', 'admin'),
  order('POST', '/api/orders', 'customer', longTimeout),
  order('GET', '/api/orders', 'user'),
  order('GET', '/api/orders/:id', 'user'),
  order('POST', '/api/orders/:id/cancel', 'customer', longTimeout),
  order('GET', '/api/orders/:id/invoice', 'user'),
  payment('GET', '/api/payments/:orderId', 'user'),
];
