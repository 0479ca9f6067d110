import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startDocumentStore,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

const basic = `Basic ${btoa('demo-client:secret-of-this-client')}`;
let folder: string;
let store: TestDocumentStore;
let service: TestService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glasshouse-oauth-'));
  store = await startDocumentStore();
  service = await startService({
    name: 'oauth',
    create: createService,
    schema: configSchema,
    env: {
      MONGO_URL: store.url('oauth'),
      SIGNING_KEYS_FILE: join(folder, 'signing-keys.json'),
      DEMO_MODE: 'true',
      DEMO_ADMIN_PASSWORD: 'the admin of this test',
      DEMO_CUSTOMER_PASSWORD: 'the customer of this test',
      DEMO_CLIENT_SECRET: 'secret-of-this-client',
    },
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok, 30_000);
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await store?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Case = readonly [what: string, init: RequestInit & { path?: string }, status: number, code: string];
const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  body,
  headers,
});
const good = { email: 'somebody@example.com', password: 'a password' };
const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`;

/** What goes wrong with any JSON body, whatever the endpoint. */
const jsonCases: readonly Case[] = [
  ['no body', { method: 'POST' }, 400, 'invalid_request'],
  ['half a document', post('{"email":', json), 400, 'malformed_json'],
  ['an empty document', post(' ', json), 400, 'malformed_json'],
  ['null', post('null', json), 400, 'invalid_request'],
  ['a list', post('[]', json), 400, 'invalid_request'],
  ['a text', post('"text"', json), 400, 'invalid_request'],
  ['5,000 nested lists', post(nested, json), 400, 'invalid_request'],
  ['bytes that are no UTF-8', post(new Uint8Array([0x7b, 0xff, 0x7d]), json), 400, 'malformed_json'],
  ['another type', post(JSON.stringify(good), { 'content-type': 'text/plain' }), 415, 'unsupported_media_type'],
  ['a compressed body', post('x', { ...json, 'content-encoding': 'gzip' }), 415, 'unsupported_media_type'],
  ['100 kB', post(JSON.stringify({ email: 'x'.repeat(100_000) }), json), 413, 'body_too_large'],
];

const send = async (url: string, init: RequestInit) => {
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
};

const expectRefusal = async (path: string, init: RequestInit, status: number, code: string, base = service.app) => {
  const answer = await send(`${base}${path}`, init);
  expect(answer).toMatchObject({ status, body: { code, status, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|mongo/i);
};

const inserts = () => service.metric('db_client_operation_duration_seconds_count', { db_operation: 'insert' });

describe('POST /users/api/login', () => {
  const field = (changes: object) => post(JSON.stringify({ ...good, ...changes }), json);
  test.each<Case>([
    ...jsonCases,
    ['no password', post(JSON.stringify({ email: good.email }), json), 400, 'invalid_request'],
    ['an operator for a password', field({ password: { $ne: null } }), 400, 'invalid_request'],
    ['an operator for an address', field({ email: { $gt: '' } }), 400, 'invalid_request'],
    ['a list of addresses', field({ email: [good.email] }), 400, 'invalid_request'],
    ['a number for a password', field({ password: 12345678 }), 400, 'invalid_request'],
    ['an empty password', field({ password: '' }), 400, 'invalid_request'],
    ['a password of 129 characters', field({ password: 'x'.repeat(129) }), 400, 'invalid_request'],
    ['an address of 300 characters', field({ email: `${'x'.repeat(290)}@example.com` }), 400, 'invalid_request'],
    ['an address with NUL', field({ email: 'a\0b@example.com' }), 400, 'invalid_request'],
    ['an unknown field', field({ isAdmin: true }), 400, 'invalid_request'],
    ['a prototype', post('{"email":"a@b.cc","password":"12345678","__proto__":{"a":1}}', json), 400, 'invalid_request'],
    ['a query', { ...field({}), path: '/users/api/login?debug=1' }, 400, 'invalid_request'],
    ['another method', { method: 'GET' }, 405, 'method_not_allowed'],
    ['another path', { ...field({}), path: '/users/api/login/' }, 404, 'route_not_found'],
  ])('%s is refused', async (_what, { path = '/users/api/login', ...init }, status, code) => {
    await expectRefusal(path, init, status, code);
  });
});

describe('the internal endpoints', () => {
  const asCustomer = () => ({ 'x-service-key': service.serviceKey('customer') });
  const credential = { id: randomUUID(), ...good };
  const field = (changes: object) => post(JSON.stringify({ ...credential, ...changes }), json);
  test.each<Case>([
    ...jsonCases,
    ['an id that is none', field({ id: '../admin' }), 400, 'invalid_request'],
    ['an operator for an id', field({ id: { $ne: '' } }), 400, 'invalid_request'],
    ['a password of 7 characters', field({ password: '1234567' }), 400, 'invalid_request'],
    ['roles of their own choice', field({ roles: ['admin'] }), 400, 'invalid_request'],
  ])('a credential: %s is refused', async (_what, init, status, code) => {
    const before = await inserts();
    const headers = { ...(init.headers as Record<string, string>), ...asCustomer() };
    await expectRefusal('/internal/credentials', { ...init, headers }, status, code, service.internal);
    expect(await inserts()).toBe(before);
  });

  test.each([
    ['/internal/credentials/x', 400, 'invalid_request'],
    ['/internal/credentials/%00', 400, 'invalid_path'],
    ['/internal/credentials/..%2fkeys', 400, 'invalid_path'],
    ['/internal/credentials/%zz', 400, 'invalid_path'],
    ['/internal/nothing', 404, 'route_not_found'],
  ])('DELETE %s is refused', async (path, status, code) => {
    await expectRefusal(path, { method: 'DELETE', headers: asCustomer() }, status, code, service.internal);
  });

  test.each([
    ['no key', {}, 401, 'unauthenticated'],
    ['a wrong key', { 'x-service-key': 'customer.wrong' }, 401, 'invalid_service_key'],
    ['a key without a caller', { 'x-service-key': 'wrong' }, 401, 'invalid_service_key'],
  ])('%s is refused', async (_what, headers, status, code) => {
    for (const path of ['/internal/credentials', '/internal/keys/rotate']) {
      await expectRefusal(path, { method: 'POST', headers }, status, code, service.internal);
    }
  });
});

describe('the OAuth endpoints', () => {
  const expectOAuthError = async (path: string, init: RequestInit, status: number, error: string) => {
    const answer = await send(`${service.app}${path}`, init);
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } });
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  };
  const refresh = 'grant_type=refresh_token&refresh_token=';

  test.each<Case>([
    ['no body', { method: 'POST' }, 400, 'invalid_request'],
    ['JSON', post('{"grant_type":"refresh_token"}', json), 415, 'invalid_request'],
    ['no grant type', post('scope=shop', form), 400, 'invalid_request'],
    ['an unknown grant type', post('grant_type=authorization_code', form), 400, 'unsupported_grant_type'],
    ['no refresh token', post('grant_type=refresh_token', form), 400, 'invalid_request'],
    ['an empty refresh token', post(refresh, form), 400, 'invalid_request'],
    ['a parameter twice', post(`${refresh}a&refresh_token=b`, form), 400, 'invalid_request'],
    ['a list as PHP writes it', post('grant_type=refresh_token&refresh_token[]=a', form), 400, 'invalid_request'],
    [
      'an operator as Express reads it',
      post('grant_type=refresh_token&refresh_token[$ne]=a', form),
      400,
      'invalid_request',
    ],
    ['a junk token', post(`${refresh}junk`, form), 400, 'invalid_grant'],
    ['a token of 1,000 characters', post(`${refresh}${'x'.repeat(1000)}`, form), 400, 'invalid_request'],
    ['bytes that are no UTF-8', post(new Uint8Array([0x61, 0x3d, 0xff]), form), 400, 'invalid_request'],
    ['100 kB', post(`${refresh}${'x'.repeat(100_000)}`, form), 413, 'invalid_request'],
    ['junk for HTTP Basic', post(refresh, { ...form, authorization: 'Basic !' }), 401, 'invalid_client'],
    ['a bearer token', post(refresh, { ...form, authorization: 'Bearer a.b.c' }), 401, 'invalid_client'],
    [
      'HTTP Basic with bad percents',
      post(refresh, { ...form, authorization: `Basic ${btoa('a:%zz')}` }),
      401,
      'invalid_client',
    ],
    [
      'a long client id',
      post(`grant_type=client_credentials&client_id=${'x'.repeat(129)}`, form),
      400,
      'invalid_request',
    ],
    [
      'a scope nobody has',
      post('grant_type=client_credentials&scope=root', { ...form, authorization: basic }),
      400,
      'invalid_scope',
    ],
  ])('token: %s is refused', async (_what, init, status, error) => {
    await expectOAuthError('/oauth/token', init, status, error);
  });

  test.each(['/oauth/revoke', '/oauth/introspect'])('%s refuses no token, nobody and a wrong client', async (path) => {
    await expectOAuthError(path, post('a=b', { ...form, authorization: basic }), 400, 'invalid_request');
    await expectOAuthError(path, post('token=a', form), 401, 'invalid_client');
    await expectOAuthError(path, post('token=a&client_id=demo-client&client_secret=b', form), 401, 'invalid_client');
    await expectOAuthError(path, post('token=a&client_id=nobody', form), 401, 'invalid_client');
  });
});

test('after all of this the service is well', async () => {
  expect((await fetch(`${service.admin}/health/ready`)).ok).toBe(true);
  expect(service.logs.filter((record) => record['log.level'] === 'error')).toEqual([]);
  const granted = await send(
    `${service.app}/oauth/token`,
    post('grant_type=client_credentials', { ...form, authorization: basic }),
  );
  expect(granted.status).toBe(200);
});
