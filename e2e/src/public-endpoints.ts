/** An id that nothing has. */
export const id = '3f2b8a52-9c7e-4f0a-8a63-0f6f6f7c1d11';

/** One public path with one method, and a request to it that would be accepted. */
export interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly as?: 'customer' | 'admin';
  /** A body that would be accepted; an endpoint without one takes none. */
  readonly json?: Readonly<Record<string, unknown>>;
  readonly form?: string;
}

const product = { name: 'Tea', description: 'Tea', price: { amount: 1, currency: 'EUR' }, tags: ['tea'] };

export const endpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/users/api/login', json: { email: 'nobody@glasshouse.test', password: 'long enough' } },
  { method: 'POST', path: '/oauth/token', form: 'grant_type=password&username=ada&password=x' },
  { method: 'POST', path: '/oauth/revoke', form: 'token=x' },
  { method: 'POST', path: '/oauth/introspect', form: 'token=x' },
  { method: 'GET', path: '/.well-known/jwks.json' },
  { method: 'GET', path: '/.well-known/oauth-authorization-server' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/docs' },
  {
    method: 'POST',
    path: '/api/customers',
    json: { email: 'hostile@glasshouse.test', password: 'long enough', name: 'Hostile' },
  },
  { method: 'GET', path: '/api/customers', as: 'admin' },
  { method: 'GET', path: '/api/customers/me', as: 'customer' },
  { method: 'PATCH', path: '/api/customers/me', as: 'customer', json: { name: 'Hostile' } },
  { method: 'DELETE', path: '/api/customers/me', as: 'customer' },
  { method: 'GET', path: `/api/customers/${id}`, as: 'admin' },
  { method: 'GET', path: '/api/products' },
  {
    method: 'POST',
    path: '/api/products',
    as: 'admin',
    json: { ...product, sku: 'BAD-001', available: 1 },
  },
  { method: 'GET', path: '/api/products/TEA-002' },
  { method: 'PUT', path: '/api/products/TEA-002', as: 'admin', json: product },
  { method: 'PATCH', path: '/api/products/TEA-002', as: 'admin', json: { name: 'Hostile' } },
  { method: 'DELETE', path: '/api/products/TEA-002', as: 'admin' },
  { method: 'GET', path: '/api/products/TEA-002/availability' },
  { method: 'POST', path: '/api/products/TEA-002/stock', as: 'admin', json: { delta: 1 } },
  {
    method: 'POST',
    path: '/api/orders',
    as: 'customer',
    json: { lines: [{ sku: 'TEA-002', quantity: 1 }], paymentMethod: 'card_ok' },
  },
  { method: 'GET', path: '/api/orders', as: 'customer' },
  { method: 'GET', path: `/api/orders/${id}`, as: 'customer' },
  { method: 'POST', path: `/api/orders/${id}/cancel`, as: 'customer' },
  { method: 'GET', path: `/api/orders/${id}/invoice`, as: 'customer' },
  { method: 'GET', path: `/api/payments/${id}`, as: 'customer' },
];
