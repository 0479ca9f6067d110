import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { root } from './launcher.js';
import { type Endpoint, endpoints, id } from './public-endpoints.js';
import { type Customer, services, startShop, type TestShop } from './shop.js';

interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

let shop: TestShop;
let customer: Customer;
let admin: string;
let pidsBefore: number[];
let productBefore: unknown;

const readPids = () => Promise.all([...services, 'document store' as const].map((part) => shop.pid(part)));
const readProduct = async () => (await shop.call('GET', '/api/products/TEA-002')).body;

beforeAll(async () => {
  shop = await startShop();
  customer = await shop.newCustomer();
  admin = await shop.adminToken();
  pidsBefore = await readPids();
  productBefore = await readProduct();
});
afterAll(() => shop?.stop());

interface RawRequest {
  readonly method?: string;
  /** The request target as it stands in the first line; no client library would send most of these. */
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Sends the bytes as they are. Status 0: the connection was closed without an answer. */
const sendRaw = ({ method = 'GET', target, headers = ['Host: localhost'], body }: RawRequest): Promise<RawAnswer> => {
  const { hostname, port } = new URL(shop.addresses().gateway);
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${target} HTTP/1.1`, ...headers, ...length, 'Connection: close'].join('\r\n');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
    let received = '';
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no answer to ${method} ${target.slice(0, 100)}`)));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    // A refused body may end in a reset after the answer; the answer is what counts.
    socket.once('error', (error) => (received === '' ? reject(error) : undefined));
    socket.once('close', () => resolve(parseAnswer(received)));
    socket.write(`${head}\r\n\r\n${body ?? ''}`);
  });
};

const parseAnswer = (received: string): RawAnswer => {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, text: rest.join('\r\n\r\n') };
};

const json = (text: string) => JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));

/** A refusal says what a caller may know: a code and the trace, in the form of its endpoint, and nothing of the inside. */
const expectRefusal = (what: string, { status, headers, text }: RawAnswer, path: string): void => {
  const type = headers.get('content-type') ?? '';
  const isOauth = path.startsWith('/oauth/') && type.startsWith('application/json');
  const told = isOauth
    ? { type: 'application/json', ...json(text) }
    : { type, ...(type.includes('json') ? json(text) : {}) };
  expect({ what, status: status >= 400 && status < 500 ? 'refused' : status, told }).toEqual({
    what,
    status: 'refused',
    told: isOauth
      ? expect.objectContaining({ error: expect.stringMatching(/^[a-z_]+$/) })
      : expect.objectContaining({
          type: expect.any(String),
          status,
          code: expect.stringMatching(/^[a-z_]+$/),
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        }),
  });
  if (!isOauth) expect({ what, type }).toEqual({ what, type: expect.stringMatching(/^application\/problem\+json/) });
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(text).not.toMatch(/\n?\s+at \S+ ?\(|\\n\s+at |node_modules|\.[jt]s:\d|[mM]ongo/);
  expect(text).not.toContain(root);
};

describe('what is inside stays inside', () => {
  const hidden = [
    '/internal/skus/TEA-001/holds/1',
    '/internal/skus/TEA-001/holds/1/commit',
    '/internal/prices',
    `/internal/payments/${id}`,
    `/internal/payments/${id}/void`,
    `/internal/customers/${id}`,
    '/internal/credentials',
    `/internal/credentials/${id}`,
    '/internal/keys/rotate',
    '/internal/orders/terminal',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/faults',
    '/log-level',
    '/failpoints',
  ];

  test.each(hidden)('%s does not exist at the gateway, not even for a service that proves itself', async (path) => {
    const { self } = JSON.parse(await readFile(join(shop.dataDirectory, 'secrets/order.keys.json'), 'utf8'));
    for (const key of [undefined, `order.${'0'.repeat(64)}`, `order.${self}`]) {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        const headers = key === undefined ? {} : { 'x-service-key': key };
        const { status, body } = await shop.call(method, path, { token: admin, headers });
        expect({ method, path, status, code: body.code }).toEqual({
          method,
          path,
          status: 404,
          code: 'route_not_found',
        });
      }
    }
  });

  test.each([
    '/api/products/../../internal/prices',
    '/api/products/./TEA-001',
    '/api/products/%2e%2e/internal/prices',
    '/api/products/%2E%2E/%2e%2e/internal/prices',
    '/api/products/.%2e/internal/prices',
    '/api/products/..%2f..%2finternal%2fprices',
    '/api/products/%2e%2e%5cinternal%5cprices',
    '/api/products/..\\..\\internal\\prices',
    '/api/products/%252e%252e/internal/prices',
    '/api/products/%c0%ae%c0%ae/internal/prices',
    '/api/products/TEA-001%00',
    '/api/products/TEA-001%00/availability',
    '/api/products/TEA-001%0d%0ax-service-key:%20order',
    '/api/products;/internal/prices',
    '/api/products/TEA-001;x=/internal/prices',
    '/api/products/TEA-001/',
    '/API/products',
    '//internal/prices',
    '/api//products',
    '/api/products//TEA-001',
    '/%69nternal/prices',
    '/api/products/%zz',
    'http://127.0.0.1:8183/internal/prices',
    'http://localhost/api/products',
    'internal/prices',
    '*',
  ])('the target %s leads nowhere', async (target) => {
    const answer = await sendRaw({ target });
    expect({ target, status: answer.status }).toEqual({
      target,
      status: [400, 404].find((one) => one === answer.status),
    });
  });

  test.each([
    { method: 'TRACE', target: '/api/products' },
    { method: 'CONNECT', target: '127.0.0.1:8183' },
    { method: 'OPTIONS', target: '*' },
    { method: 'BREW', target: '/api/products' },
  ])('$method $target is refused, or the connection closed', async ({ method, target }) => {
    const { status } = await sendRaw({ method, target });
    expect([0, 400, 404, 405]).toContain(status);
  });
});

interface Hostile {
  readonly what: string;
  readonly statuses: readonly number[];
  readonly appliesTo?: (endpoint: Endpoint) => boolean;
  readonly change: (request: Built, endpoint: Endpoint) => Partial<Built>;
}

interface Built {
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: string | undefined;
}

const jsonType = 'Content-Type: application/json';
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { iss: 'http://localhost:8080', sub: id, aud: 'glasshouse', roles: ['admin'], iat: 1, jti: 'x' };
const inTenYears = Math.floor(Date.now() / 1000) + 315_000_000;

const isProtected = ({ as }: Endpoint): boolean => as !== undefined;
const takesJson = ({ json }: Endpoint): boolean => json !== undefined;
const hasBody = ({ json, form }: Endpoint): boolean => json !== undefined || form !== undefined;
const withToken =
  (toToken: () => string) =>
  ({ headers }: Built): Partial<Built> => ({
    headers: [...headers.filter((line) => !line.startsWith('Authorization')), `Authorization: Bearer ${toToken()}`],
  });
const withType = ({ headers }: Built): string[] => [
  ...headers.filter((line) => !line.startsWith('Content-Type')),
  jsonType,
];
const without = (name: string) => (request: Built) => ({
  headers: request.headers.filter((line) => !line.startsWith(name)),
});

/** The wrong type of one field: the first, so that no default hides it. */
const spoil = (body: Readonly<Record<string, unknown>>): string => {
  const [first = ''] = Object.keys(body);
  return JSON.stringify({ ...body, [first]: { $gt: '' } });
};

const hostile: readonly Hostile[] = [
  {
    what: 'an unknown field',
    statuses: [400],
    appliesTo: takesJson,
    change: (_, { json }) => ({ body: JSON.stringify({ ...json, isAdmin: true }) }),
  },
  {
    what: 'an object for a text',
    statuses: [400],
    appliesTo: takesJson,
    change: (_, { json }) => ({ body: spoil(json ?? {}) }),
  },
  {
    what: 'JSON 5,000 levels deep',
    statuses: [400],
    appliesTo: takesJson,
    change: () => ({ body: `{"name":${'['.repeat(5_000)}${']'.repeat(5_000)}}` }),
  },
  { what: 'no JSON', statuses: [400], appliesTo: takesJson, change: () => ({ body: '{"name":' }) },
  {
    what: 'text',
    statuses: [415],
    appliesTo: hasBody,
    change: ({ headers }) => ({
      headers: [...without('Content-Type')({ headers } as Built).headers, 'Content-Type: text/plain'],
    }),
  },
  {
    what: 'a body of 70 kB',
    statuses: [400, 401, 413],
    appliesTo: ({ method }) => method !== 'GET',
    change: (request) => ({ headers: withType(request), body: `{"name":"${'x'.repeat(70_000)}"}` }),
  },
  {
    what: 'a body where none is taken',
    statuses: [400],
    appliesTo: (endpoint) => endpoint.method !== 'GET' && !hasBody(endpoint),
    change: (request) => ({ headers: withType(request), body: '{"a":1}' }),
  },
  { what: 'a bad percent in the query', statuses: [400], change: ({ target }) => ({ target: `${target}?q=%zz` }) },
  { what: 'a zero byte in the query', statuses: [400], change: ({ target }) => ({ target: `${target}?q=a%00b` }) },
  {
    what: 'a header with an underscore',
    statuses: [400],
    change: ({ headers }) => ({ headers: [...headers, 'X_User_Id: 1'] }),
  },
  { what: 'a second Host', statuses: [400], change: ({ headers }) => ({ headers: [...headers, 'Host: 127.0.0.1'] }) },
  { what: 'a URL of 9 kB', statuses: [414], change: ({ target }) => ({ target: `${target}?q=${'x'.repeat(9_000)}` }) },
  { what: 'no token', statuses: [401], appliesTo: isProtected, change: without('Authorization') },
  { what: 'a junk token', statuses: [401], appliesTo: isProtected, change: withToken(() => 'junk') },
  {
    what: 'a token that ended long ago',
    statuses: [401],
    appliesTo: isProtected,
    change: withToken(() => `${customer.token.split('.')[0]}.${base64url({ ...claims, exp: 2 })}.c2lnbmF0dXJl`),
  },
  {
    what: 'a token without a signature',
    statuses: [401],
    appliesTo: isProtected,
    change: withToken(
      () => `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url({ ...claims, exp: inTenYears })}.`,
    ),
  },
  {
    what: 'a real token with other claims',
    statuses: [401],
    appliesTo: isProtected,
    change: withToken(() => {
      const [header, , signature] = admin.split('.');
      return `${header}.${base64url({ ...claims, exp: inTenYears })}.${signature}`;
    }),
  },
  {
    what: 'no idempotency key',
    statuses: [400],
    appliesTo: ({ method, path }) => method === 'POST' && path === '/api/orders',
    change: without('Idempotency-Key'),
  },
];

const build = ({ path, as, json: body, form }: Endpoint): Built => ({
  target: path,
  headers: [
    'Host: localhost',
    `Idempotency-Key: hostile-${path.length}`,
    ...(as === undefined ? [] : [`Authorization: Bearer ${as === 'admin' ? admin : customer.token}`]),
    ...(body === undefined ? [] : [jsonType]),
    ...(form === undefined ? [] : ['Content-Type: application/x-www-form-urlencoded']),
  ],
  body: body === undefined ? form : JSON.stringify(body),
});

describe('whatever is sent, each public endpoint refuses it in form', () => {
  test.each(hostile)('$what', async ({ what, statuses, appliesTo = () => true, change }) => {
    for (const endpoint of endpoints.filter(appliesTo)) {
      const request = build(endpoint);
      const { target, headers, body } = { ...request, ...change(request, endpoint) };
      const answer = await sendRaw({
        method: endpoint.method,
        target,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      const name = `${what}: ${endpoint.method} ${endpoint.path}`;
      expect({ name, status: answer.status }).toEqual({ name, status: statuses.find((one) => one === answer.status) });
      expectRefusal(name, answer, endpoint.path);
    }
  });

  test('headers of 20 kB are refused before there is a request that could have a trace', async () => {
    const headers = ['Host: localhost', `Accept-Language: ${'x'.repeat(20_000)}`];
    const { status, headers: answered, text } = await sendRaw({ target: '/api/products', headers });
    expect({ status, type: answered.get('content-type') }).toEqual({ status: 431, type: 'application/problem+json' });
    expect(json(text)).toMatchObject({ status: 431, code: 'headers_too_large' });
  });

  test('a method that a path does not have is answered with those that it has', async () => {
    for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
      const known = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !known.includes(one))) {
        const name = `${method} ${path}`;
        const answer = await sendRaw({
          method,
          target: path,
          headers: ['Host: localhost', `Authorization: Bearer ${admin}`],
        });
        expect({ name, status: answer.status }).toEqual({ name, status: 405 });
        expect((answer.headers.get('allow') ?? '').split(', ')).toEqual(expect.arrayContaining(known));
        expectRefusal(name, answer, path);
      }
    }
  });
});

describe('after all of that', () => {
  test('nothing was stored or changed', async () => {
    const orders = await shop.call('GET', '/api/orders', { token: customer.token });
    expect({ status: orders.status, items: orders.body.items }).toEqual({ status: 200, items: [] });
    expect(await readProduct()).toEqual(productBefore);
    expect((await shop.call('GET', '/api/products/BAD-001')).status).toBe(404);
    const me = await shop.call('GET', '/api/customers/me', { token: customer.token });
    expect({ status: me.status, name: me.body.name }).toEqual({ status: 200, name: 'Test Customer' });
  });

  test('the shop takes an order', async () => {
    const body = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
    // The first order of a shop that has just started may be finished by the recovery.
    await waitFor(
      'an order that is confirmed within its request',
      async () => (await shop.order(customer.token, body)).status === 201,
      60_000,
    );
  });

  test('no process has ended', async () => {
    expect(await readPids()).toEqual(pidsBefore);
    expect(shop.output()).not.toContain('restarting');
  });
});
