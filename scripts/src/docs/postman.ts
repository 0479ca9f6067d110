import { type Endpoint, type OpenApiDocument, toEndpoints } from './open-api.js';

/**
 * The walk through the shop that the collection makes, in this order, so that each request finds what it needs. Every
 * endpoint stands in it once; a new one without a step here is refused.
 */
const walk: readonly Step[] = [
  { call: 'GET /.well-known/oauth-authorization-server' },
  { call: 'GET /.well-known/jwks.json' },
  {
    call: 'POST /api/customers',
    body: { email: 'postman-{{$guid}}@glasshouse.test', password: 'a long {{$randomWords}} password', name: 'Postman' },
  },
  {
    call: 'POST /users/api/login',
    name: 'log in as the customer',
    body: { email: 'ada@glasshouse.test', password: '{{customerPassword}}' },
    keep: { token: 'accessToken', refreshToken: 'refreshToken' },
  },
  { call: 'GET /api/customers/me', token: 'token' },
  { call: 'PATCH /api/customers/me', token: 'token', body: { name: 'Ada' } },
  { call: 'GET /api/products' },
  { call: 'GET /api/products/{sku}', parameters: { sku: 'TEA-001' } },
  { call: 'GET /api/products/{sku}/availability', parameters: { sku: 'TEA-001' } },
  {
    call: 'POST /api/orders',
    token: 'token',
    headers: { 'Idempotency-Key': '{{$guid}}' },
    body: { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' },
    keep: { orderId: 'id' },
  },
  { call: 'GET /api/orders', token: 'token' },
  { call: 'GET /api/orders/{id}', token: 'token', parameters: { id: '{{orderId}}' } },
  { call: 'GET /api/orders/{id}/invoice', token: 'token', parameters: { id: '{{orderId}}' } },
  { call: 'GET /api/payments/{orderId}', token: 'token', parameters: { orderId: '{{orderId}}' } },
  { call: 'POST /api/orders/{id}/cancel', token: 'token', parameters: { id: '{{orderId}}' }, expect: 409 },
  {
    call: 'POST /users/api/login',
    name: 'log in as the admin',
    body: { email: 'admin@glasshouse.test', password: '{{adminPassword}}' },
    keep: { adminToken: 'accessToken' },
  },
  { call: 'GET /api/customers', token: 'adminToken', keep: { customerId: 'items.0.id' } },
  { call: 'GET /api/customers/{id}', token: 'adminToken', parameters: { id: '{{customerId}}' } },
  {
    call: 'POST /api/products',
    token: 'adminToken',
    body: {
      sku: 'NEW-{{$timestamp}}',
      name: 'A new product',
      description: 'Made by the collection.',
      price: { amount: 990, currency: 'EUR' },
      tags: ['new'],
    },
    keep: { newSku: 'sku' },
    keepETag: true,
  },
  {
    call: 'PUT /api/products/{sku}',
    token: 'adminToken',
    parameters: { sku: '{{newSku}}' },
    headers: { 'If-Match': '{{etag}}' },
    body: { name: 'A newer product', description: 'Changed.', price: { amount: 1090, currency: 'EUR' }, tags: ['new'] },
    keepETag: true,
  },
  {
    call: 'PATCH /api/products/{sku}',
    token: 'adminToken',
    parameters: { sku: '{{newSku}}' },
    headers: { 'If-Match': '{{etag}}' },
    body: { description: 'Changed again.' },
  },
  {
    call: 'POST /api/products/{sku}/stock',
    token: 'adminToken',
    parameters: { sku: '{{newSku}}' },
    body: { delta: 5 },
  },
  {
    call: 'GET /api/products/{sku}',
    name: 'read the new product, for its ETag',
    parameters: { sku: '{{newSku}}' },
    keepETag: true,
  },
  {
    call: 'DELETE /api/products/{sku}',
    token: 'adminToken',
    parameters: { sku: '{{newSku}}' },
    headers: { 'If-Match': '{{etag}}' },
  },
  {
    call: 'POST /oauth/token',
    form: { grant_type: 'client_credentials' },
    hasClientAuth: true,
    keep: { clientToken: 'access_token' },
  },
  { call: 'POST /oauth/introspect', form: { token: '{{clientToken}}' }, hasClientAuth: true },
  { call: 'POST /oauth/revoke', form: { client_id: 'glasshouse-shop', token: '{{refreshToken}}' } },
  {
    call: 'POST /users/api/login',
    name: 'a wrong password, refused',
    body: { email: 'nobody@glasshouse.test', password: 'not the password' },
    expect: 401,
  },
];

interface Step {
  /** Method and path as the OpenAPI document has them. */
  readonly call: string;
  readonly name?: string;
  /** The variable that holds the access token. */
  readonly token?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly hasClientAuth?: boolean;
  /** Variables to set from the answer, each with a path of its JSON. */
  readonly keep?: Readonly<Record<string, string>>;
  readonly keepETag?: boolean;
  /** The status, where it is not the endpoint's first 2xx. */
  readonly expect?: number;
}

/** Endpoints that change what the rest of the walk stands on; they are in the collection, but not run with it. */
const leftOut = ['DELETE /api/customers/me'];

/** A collection in Postman's format 2.1, with a test per request, so that newman can run it. */
export const toPostmanCollection = (document: OpenApiDocument): unknown => {
  const endpoints = new Map(toEndpoints(document).map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint]));
  const walked = new Set(walk.map((step) => step.call));
  const forgotten = [...endpoints.keys()].filter((call) => !walked.has(call) && !leftOut.includes(call));
  if (forgotten.length > 0) throw new Error(`scripts/src/docs/postman.ts has no step for: ${forgotten.join(', ')}`);
  return {
    info: {
      name: 'Glasshouse',
      description:
        'A walk through the whole API. Set customerPassword, adminPassword and clientSecret to what npm start printed.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [
      { key: 'baseUrl', value: 'http://localhost:8080' },
      { key: 'customerPassword', value: '' },
      { key: 'adminPassword', value: '' },
      { key: 'clientSecret', value: '' },
    ],
    item: walk.map((step) => toItem(step, endpoints.get(step.call))),
  };
};

const toItem = (step: Step, endpoint: Endpoint | undefined): unknown => {
  if (endpoint === undefined) throw new Error(`scripts/src/docs/postman.ts names ${step.call}, which does not exist.`);
  const { method, path, operation } = endpoint;
  const expected = step.expect ?? Number(Object.keys(operation.responses).find((status) => status.startsWith('2')));
  const url = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => step.parameters?.[name] ?? `{{${name}}}`);
  return {
    name: step.name ?? `${method} ${path}: ${operation.summary}`,
    request: {
      method,
      url: `{{baseUrl}}${url}`,
      header: [
        ...Object.entries(step.headers ?? {}).map(([key, value]) => ({ key, value })),
        ...(step.token === undefined ? [] : [{ key: 'Authorization', value: `Bearer {{${step.token}}}` }]),
      ],
      ...(step.hasClientAuth === true ? { auth: toClientAuth() } : {}),
      ...toBody(step),
    },
    event: [{ listen: 'test', script: { type: 'text/javascript', exec: toTest(step, expected) } }],
  };
};

const toClientAuth = (): unknown => ({
  type: 'basic',
  basic: [
    { key: 'username', value: 'demo-client' },
    { key: 'password', value: '{{clientSecret}}' },
  ],
});

const toBody = ({ body, form }: Step): object => {
  if (form !== undefined) {
    return { body: { mode: 'urlencoded', urlencoded: Object.entries(form).map(([key, value]) => ({ key, value })) } };
  }
  if (body === undefined) return {};
  return { body: { mode: 'raw', raw: JSON.stringify(body, null, 2), options: { raw: { language: 'json' } } } };
};

const toTest = ({ keep = {}, keepETag }: Step, expected: number): string[] => [
  `pm.test('answers ${expected}', () => pm.response.to.have.status(${expected}));`,
  "pm.test('leads to its trace', () => pm.response.to.have.header('traceresponse'));",
  ...Object.entries(keep).map(
    ([name, path]) =>
      `pm.collectionVariables.set('${name}', '${path}'.split('.').reduce((at, key) => at[key], pm.response.json()));`,
  ),
  ...(keepETag === true ? ["pm.collectionVariables.set('etag', pm.response.headers.get('etag'));"] : []),
];
