import { randomUUID } from 'node:crypto';
import {
  type FakeService,
  type Issuer,
  startDocumentStore,
  startFakeService,
  startIssuer,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

let store: TestDocumentStore;
let issuer: Issuer;
let oauth: FakeService;
let service: TestService;

beforeAll(async () => {
  [store, issuer, oauth] = await Promise.all([startDocumentStore(), startIssuer(), startFakeService()]);
  service = await startService({
    name: 'customer',
    create: createService,
    schema: configSchema,
    env: { MONGO_URL: store.url('customer'), OAUTH_URL: oauth.url, DEMO_MODE: 'true' },
    issuer,
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok, 30_000);
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await Promise.all([issuer?.stop(), oauth?.stop()]);
  await store?.stop();
});

const json = { 'content-type': 'application/json' };
const good = { email: 'somebody@example.com', password: 'a password', name: 'Somebody' };
const address = { street: 'Street 1', city: 'City', postalCode: '1', country: 'GB' };
const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`;

const expectRefusal = async (url: string, init: RequestInit, status: number, code: string) => {
  const response = await fetch(url, init);
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, body }).toMatchObject({ status, body: { code, status } });
  expect(body.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(JSON.stringify(body)).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|mongo/i);
};
const inserts = () => service.metric('db_client_operation_duration_seconds_count', { db_operation: 'insert' });

const bodies: readonly (readonly [what: string, body: string, status: number, code: string])[] = [
  ['half a document', '{"email":', 400, 'malformed_json'],
  ['null', 'null', 400, 'invalid_request'],
  ['a list', '[]', 400, 'invalid_request'],
  ['5,000 nested lists', nested, 400, 'invalid_request'],
  ['100 kB', JSON.stringify({ name: 'x'.repeat(100_000) }), 413, 'body_too_large'],
];
const fields: readonly (readonly [what: string, changes: object])[] = [
  ['an operator for a name', { name: { $set: 1 } }],
  ['a number for a name', { name: 1 }],
  ['an empty name', { name: '   ' }],
  ['a name of 101 characters', { name: 'x'.repeat(101) }],
  ['a name with a line break', { name: 'a\nb' }],
  ['an address that is a text', { address: 'Street 1' }],
  ['half an address', { address: { street: 'Street 1' } }],
  ['an address with an unknown field', { address: { ...address, $where: '1' } }],
  ['a country that is none', { address: { ...address, country: 'England' } }],
  ['an unknown field', { state: 'ACTIVE' }],
  ['another id', { id: randomUUID() }],
  ['an operator at the top', { $set: { name: 'x' } }],
];
const registrationFields: typeof fields = [
  ['no address', { email: undefined }],
  ['an operator for an e-mail address', { email: { $gt: '' } }],
  ['something that is no e-mail address', { email: 'somebody' }],
  ['an e-mail address with a line break', { email: 'a@example.com\r\nbcc: b@example.com' }],
  ['an e-mail address of 300 characters', { email: `${'x'.repeat(290)}@example.com` }],
  ['no password', { password: undefined }],
  ['a password of 7 characters', { password: '1234567' }],
  ['a password of 129 characters', { password: 'x'.repeat(129) }],
  ['no name', { name: undefined }],
  ['a removed address', { address: null }],
  ['roles of their own choice', { roles: ['admin'] }],
];

describe('POST /api/customers', () => {
  const all = [...fields, ...registrationFields].map(
    ([what, changes]) => [what, JSON.stringify({ ...good, ...changes }), 400, 'invalid_request'] as const,
  );
  test.each([...bodies, ...all])('%s is refused and nothing is stored', async (_what, body, status, code) => {
    const before = await inserts();
    await expectRefusal(`${service.app}/api/customers`, { method: 'POST', headers: json, body }, status, code);
    expect(await inserts()).toBe(before);
    expect(oauth.requests).toEqual([]);
  });

  test('another type, another method and no body are refused', async () => {
    const url = `${service.app}/api/customers`;
    const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(good) };
    await expectRefusal(url, text, 415, 'unsupported_media_type');
    await expectRefusal(url, { method: 'POST' }, 400, 'invalid_request');
    await expectRefusal(url, { method: 'PUT' }, 405, 'method_not_allowed');
  });
});

describe('/api/customers/me', () => {
  const authorization = () => `Bearer ${issuer.token({ sub: 'ada0ada0-0000-4000-8000-000000000001' })}`;
  const all = fields.map(([what, changes]) => [what, JSON.stringify(changes), 400, 'invalid_request'] as const);
  test.each([...bodies, ...all, ['nothing', '{}', 400, 'invalid_request'] as const])(
    'PATCH: %s is refused and changes nothing',
    async (_what, body, status, code) => {
      const url = `${service.app}/api/customers/me`;
      const headers = { authorization: authorization() };
      const before = await (await fetch(url, { headers })).json();
      await expectRefusal(url, { method: 'PATCH', headers: { ...json, ...headers }, body }, status, code);
      expect(await (await fetch(url, { headers })).json()).toEqual(before);
    },
  );

  test('a body where none belongs is refused', async () => {
    const headers = { ...json, authorization: authorization() };
    const url = `${service.app}/api/customers/me`;
    await expectRefusal(url, { method: 'DELETE', headers, body: '{"all":true}' }, 400, 'invalid_request');
  });

  test.each([
    ['no token', {}, 401, 'unauthenticated'],
    ['junk', { authorization: 'Bearer junk' }, 401, 'invalid_token'],
    ['an unsigned token', { authorization: `Bearer ${btoa('{"alg":"none"}')}.${btoa('{}')}.` }, 401, 'invalid_token'],
    ['HTTP Basic', { authorization: 'Basic YTpi' }, 401, 'invalid_token'],
  ])('%s is refused', async (_what, headers, status, code) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      await expectRefusal(`${service.app}/api/customers/me`, { method, headers }, status, code);
    }
  });
});

describe('reading customers', () => {
  const list = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
  test.each([
    ['/api/customers?limit=0', 400, 'invalid_request'],
    ['/api/customers?limit=101', 400, 'invalid_request'],
    ['/api/customers?limit=x', 400, 'invalid_request'],
    ['/api/customers?limit=1&limit=2', 400, 'invalid_request'],
    ['/api/customers?cursor=junk', 400, 'invalid_request'],
    [`/api/customers?cursor=${list({ $gt: '' })}`, 400, 'invalid_request'],
    [`/api/customers?cursor=${list([1, { $gt: '' }])}`, 400, 'invalid_request'],
    [`/api/customers?cursor=${list([1e300, randomUUID()])}`, 400, 'invalid_request'],
    ['/api/customers?email[$ne]=x', 400, 'invalid_request'],
    ['/api/customers/x', 400, 'invalid_request'],
    ['/api/customers/%00', 400, 'invalid_path'],
    ['/api/customers/..%2fme', 400, 'invalid_path'],
    ['/api/customers/%ff', 400, 'invalid_path'],
    ['/api/customers/a/b', 404, 'route_not_found'],
  ])('GET %s is refused', async (path, status, code) => {
    const headers = { authorization: `Bearer ${issuer.token({ roles: ['admin'] })}` };
    await expectRefusal(`${service.app}${path}`, { headers }, status, code);
  });
});

test('after all of this the service is well', async () => {
  expect((await fetch(`${service.admin}/health/ready`)).ok).toBe(true);
  expect(service.logs.filter((record) => record['log.level'] === 'error')).toEqual([]);
});
