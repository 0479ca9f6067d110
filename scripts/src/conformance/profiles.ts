/** A request for which nobody has to prove anything, or whose refusal is as good an example of an answer. */
export interface SampleRoute {
  readonly path: string;
  /** The template in spans, metrics and logs. */
  readonly route: string;
  readonly status: number;
}

/** A request with a body of JSON. */
export interface BodyRoute {
  readonly door: 'app' | 'internal';
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** The service whose key is needed; absent: nobody's. */
  readonly caller?: string;
}

/** A call that only one service may make. */
export interface InternalRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly caller: string;
}

/** What the checks that hold for every service need to know of one. */
export interface Profile {
  /** The public edge believes no caller's ids and passes most requests on. */
  readonly isEdge?: true;
  readonly hasDatabase: boolean;
  readonly sample: SampleRoute;
  /** A path that takes GET and no DELETE, if the sample's takes both. */
  readonly withoutDelete?: string;
  /** A request that needs an access token. */
  readonly user?: { readonly method: 'GET' | 'POST'; readonly path: string };
  readonly body: BodyRoute;
  readonly internal?: InternalRoute;
}

export const profiles = {
  gateway: {
    isEdge: true,
    hasDatabase: false,
    sample: { path: '/api/products', route: '/api/products', status: 200 },
    user: { method: 'GET', path: '/api/orders' },
    body: { door: 'app', method: 'POST', path: '/users/api/login' },
  },
  oauth: {
    hasDatabase: true,
    sample: { path: '/.well-known/jwks.json', route: '/.well-known/jwks.json', status: 200 },
    body: { door: 'app', method: 'POST', path: '/users/api/login' },
    internal: { method: 'POST', path: '/internal/credentials', caller: 'customer' },
  },
  customer: {
    hasDatabase: true,
    sample: { path: '/api/customers/me', route: '/api/customers/me', status: 401 },
    withoutDelete: '/api/customers',
    user: { method: 'GET', path: '/api/customers/me' },
    body: { door: 'app', method: 'POST', path: '/api/customers' },
    internal: { method: 'GET', path: '/internal/customers/conformance', caller: 'order' },
  },
  product: {
    hasDatabase: true,
    sample: { path: '/api/products', route: '/api/products', status: 200 },
    user: { method: 'POST', path: '/api/products' },
    body: { door: 'internal', method: 'POST', path: '/internal/prices', caller: 'order' },
    internal: { method: 'POST', path: '/internal/prices', caller: 'order' },
  },
  order: {
    hasDatabase: true,
    sample: { path: '/api/orders', route: '/api/orders', status: 401 },
    user: { method: 'GET', path: '/api/orders' },
    body: { door: 'internal', method: 'POST', path: '/internal/orders/terminal', caller: 'product' },
    internal: { method: 'POST', path: '/internal/orders/terminal', caller: 'product' },
  },
  payment: {
    hasDatabase: true,
    sample: { path: '/api/payments/conformance', route: '/api/payments/:orderId', status: 401 },
    user: { method: 'GET', path: '/api/payments/conformance' },
    body: { door: 'internal', method: 'PUT', path: '/internal/payments/conformance', caller: 'order' },
    internal: { method: 'POST', path: '/internal/payments/conformance/void', caller: 'order' },
  },
} as const satisfies Record<string, Profile>;

export type ServiceName = keyof typeof profiles;
export const serviceNames = Object.keys(profiles) as ServiceName[];
