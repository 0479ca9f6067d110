import { createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFakeClock,
  expectNoneOf,
  type FakeClock,
  startDocumentStore,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import jwt from 'jsonwebtoken';
import { configSchema, createService } from './main.js';

const secrets = {
  admin: 'the admin of this test',
  customer: 'the customer of this test',
  client: 'the client secret of this test',
};
const ada = { email: 'ada@glasshouse.test', password: secrets.customer };
const basic = `Basic ${Buffer.from(`demo-client:${encodeURIComponent(secrets.client)}`).toString('base64')}`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Fixture {
  service: TestService;
  clock: FakeClock;
  ready(): Promise<unknown>;
  /** Stops the service and starts it again on the same store and the same key file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  json(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  form(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  internal(method: string, path: string, options?: { caller?: string; body?: unknown }): Promise<Answer>;
}

const toAnswer = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
};

/** The real service on a real document store, in demo mode, by a clock that the test advances. */
const startFixture = async (): Promise<Fixture> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-oauth-'));
  const store = await startDocumentStore();
  // It begins now, since the store's own clock decides when documents expire.
  const clock = createFakeClock(new Date());
  const start = (): Promise<TestService> =>
    startService({
      name: 'oauth',
      create: createService,
      schema: configSchema,
      env: {
        MONGO_URL: store.url('oauth'),
        SIGNING_KEYS_FILE: join(folder, 'signing-keys.json'),
        OAUTH_ISSUER: 'http://shop.test',
        PUBLIC_URL: 'http://shop.test',
        DEMO_MODE: 'true',
        DEMO_ADMIN_PASSWORD: secrets.admin,
        DEMO_CUSTOMER_PASSWORD: secrets.customer,
        DEMO_CLIENT_SECRET: secrets.client,
      },
      clock,
    });
  const send = async (url: string, init: RequestInit): Promise<Answer> => toAnswer(await fetch(url, init));
  const fixture: Fixture = {
    service: await start(),
    clock,
    // Making the first keys takes a while on a busy machine.
    ready: () => waitFor('readiness', async () => (await fetch(`${fixture.service.admin}/health/ready`)).ok, 30_000),
    async restart() {
      await fixture.service.stop();
      fixture.service = await start();
      await fixture.ready();
    },
    async stop() {
      await fixture.service.stop();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
    json: (path, body, headers = {}) =>
      send(`${fixture.service.app}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    form: (path, fields, headers = {}) =>
      send(`${fixture.service.app}${path}`, { method: 'POST', headers, body: new URLSearchParams(fields) }),
    get: (path) => send(`${fixture.service.app}${path}`, {}),
    internal: (method, path, { caller, body } = {}) =>
      send(`${fixture.service.internal}${path}`, {
        method,
        headers: {
          ...(caller === undefined ? {} : { 'x-service-key': fixture.service.serviceKey(caller) }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
  return fixture;
};

const adaId = 'ada0ada0-0000-4000-8000-000000000001';
let oauth: Fixture;

beforeAll(async () => {
  oauth = await startFixture();
  await oauth.ready();
}, 60_000);
afterAll(() => oauth?.stop());

const login = async (): Promise<{ accessToken: string; refreshToken: string }> =>
  (await oauth.json('/users/api/login', ada)).body as never;
const refresh = (token: string): Promise<Answer> =>
  oauth.form('/oauth/token', { grant_type: 'refresh_token', refresh_token: token });
const introspect = (token: string): Promise<Answer> =>
  oauth.form('/oauth/introspect', { token }, { authorization: basic });

test('a login answers a pair of tokens, counts, and states the fact with the trace of the request', async () => {
  const before = await oauth.service.metric('logins_total', { outcome: 'succeeded' });
  const answer = await oauth.json('/users/api/login', { ...ada, email: 'Ada@Glasshouse.test' });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    refreshToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    tokenType: 'Bearer',
    expiresIn: 300,
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const fact = oauth.service.facts('login.succeeded').at(-1);
  expect(fact).toMatchObject({ 'user.id': adaId, 'request.id': answer.headers.get('x-request-id') });
  expect(answer.headers.get('traceresponse')).toContain(fact?.['trace.id']);
  expect(await oauth.service.metric('logins_total', { outcome: 'succeeded' })).toBe(before + 1);
});

test('an access token is an RFC 9068 token that the published keys verify', async () => {
  const { accessToken } = await login();
  const decoded = jwt.decode(accessToken, { complete: true });
  const { keys } = (await oauth.get('/.well-known/jwks.json')).body as { keys: (JsonWebKey & { kid: string })[] };
  const jwk = keys.find(({ kid }) => kid === decoded?.header.kid);
  expect(decoded?.header).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: jwk?.kid });
  expect(jwk).not.toHaveProperty('d');
  const now = Math.floor(oauth.clock.now().getTime() / 1000);
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  expect(jwt.verify(accessToken, key, { algorithms: ['RS256'], clockTimestamp: now })).toEqual({
    iss: 'http://shop.test',
    sub: adaId,
    aud: 'glasshouse',
    iat: now,
    exp: now + 300,
    jti: expect.any(String),
    client_id: 'glasshouse-shop',
    scope: 'shop',
    roles: ['customer'],
  });
});

test('an unknown address and a wrong password have one answer', async () => {
  const answers = [
    await oauth.json('/users/api/login', { ...ada, password: 'a wrong password' }),
    await oauth.json('/users/api/login', { ...ada, email: 'nobody@glasshouse.test' }),
  ];
  const [wrong, unknown] = answers.map(({ status, body: { traceId, ...body } }) => ({ status, body, traceId }));
  expect({ ...wrong, traceId: '' }).toEqual({ ...unknown, traceId: '' });
  expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials', status: 401 } });
  expect(answers[0]?.headers.get('content-type')).toBe('application/problem+json');
  expect(oauth.service.facts('login.failed').length).toBeGreaterThanOrEqual(2);
});

test('the metadata names every endpoint by its public address', async () => {
  const { status, body } = await oauth.get('/.well-known/oauth-authorization-server');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    issuer: 'http://shop.test',
    token_endpoint: 'http://shop.test/oauth/token',
    jwks_uri: 'http://shop.test/.well-known/jwks.json',
    grant_types_supported: ['refresh_token', 'client_credentials'],
  });
});

test('a refresh token is exchanged as RFC 6749 says, and two exchanges at once get one successor', async () => {
  const { refreshToken } = await login();
  const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  expect(answers[0]?.body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'shop' });
  expect(answers[0]?.headers.get('pragma')).toBe('no-cache');
  expect(oauth.service.facts('token.refreshed').at(-1)).toMatchObject({ 'user.id': adaId });
});

test('a refresh token that comes again after ten seconds ends its login, and only its own', async () => {
  const [stolen, other] = [await login(), await login()];
  const { refresh_token: successor } = (await refresh(stolen.refreshToken)).body;
  oauth.clock.advance(10_001);
  const answer = await refresh(stolen.refreshToken);
  expect(answer).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant', error_description: expect.any(String) },
  });
  expect((await refresh(String(successor))).status).toBe(400);
  expect((await refresh(other.refreshToken)).status).toBe(200);
  expect(oauth.service.facts('token.reuse_detected')).toHaveLength(1);
  expect(await oauth.service.metric('refresh_tokens_total', { outcome: 'reuse_detected' })).toBe(1);
});

test('there is no password grant, and unknown parameters are ignored', async () => {
  const grant = { grant_type: 'password', username: ada.email, password: ada.password };
  expect(await oauth.form('/oauth/token', grant)).toMatchObject({
    status: 400,
    body: { error: 'unsupported_grant_type' },
  });
});

test('an API client proves itself by HTTP Basic or in the form, and is challenged otherwise', async () => {
  const grant = { grant_type: 'client_credentials' };
  const byForm = { ...grant, client_id: 'demo-client', client_secret: secrets.client };
  for (const answer of [
    await oauth.form('/oauth/token', grant, { authorization: basic }),
    await oauth.form('/oauth/token', byForm),
  ]) {
    expect(answer).toMatchObject({ status: 200, body: { expires_in: 900, scope: 'shop:read' } });
    expect(answer.body).not.toHaveProperty('refresh_token');
  }
  const refused = await oauth.form('/oauth/token', { ...byForm, client_secret: 'wrong' });
  expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  expect(refused.headers.get('www-authenticate')).toBe('Basic realm="glasshouse"');
  expect(oauth.service.facts('client.refused').length).toBeGreaterThan(0);
});

test('a login can be ended, and introspection shows that it has', async () => {
  const { accessToken, refreshToken } = await login();
  expect((await introspect(accessToken)).body).toMatchObject({ active: true, sub: adaId, roles: ['customer'] });
  expect((await introspect(refreshToken)).body).toMatchObject({ active: true, token_type: 'refresh_token' });
  const revoked = await oauth.form('/oauth/revoke', { token: refreshToken, client_id: 'glasshouse-shop' });
  expect(revoked.status).toBe(200);
  expect((await introspect(refreshToken)).body).toEqual({ active: false });
  expect((await refresh(refreshToken)).body).toMatchObject({ error: 'invalid_grant' });
  expect((await oauth.form('/oauth/introspect', { token: accessToken })).status).toBe(401);
});

test('only customer creates and removes logins, and may repeat both', async () => {
  const credential = { id: randomUUID(), email: 'grace@glasshouse.test', password: 'a password of Grace' };
  const create = (caller?: string) =>
    oauth.internal('POST', '/internal/credentials', { ...(caller && { caller }), body: credential });
  expect((await create()).status).toBe(401);
  expect((await create('order')).status).toBe(403);
  expect((await create('customer')).status).toBe(201);
  expect((await create('customer')).status).toBe(200);
  const grace = { email: credential.email, password: credential.password };
  const { refreshToken } = (await oauth.json('/users/api/login', grace)).body;

  const path = `/internal/credentials/${credential.id}`;
  expect((await oauth.internal('GET', path, { caller: 'customer' })).status).toBe(200);
  expect((await oauth.internal('DELETE', path, { caller: 'customer' })).status).toBe(204);
  expect((await oauth.internal('DELETE', path, { caller: 'customer' })).status).toBe(204);
  expect((await oauth.internal('GET', path, { caller: 'customer' })).status).toBe(404);
  expect(await create('customer')).toMatchObject({ status: 409, body: { code: 'credential_removed' } });
  expect((await oauth.json('/users/api/login', grace)).status).toBe(401);
  expect((await refresh(String(refreshToken))).status).toBe(400);
  expect(oauth.service.facts('credential.removed')).toHaveLength(1);
  expect((await oauth.get(path)).status).toBe(404);
});

test('the same login created many times at once stands once, and an address goes to one id', async () => {
  const body = { id: randomUUID(), email: 'many@glasshouse.test', password: 'a password of many' };
  const create = (id: string) =>
    oauth.internal('POST', '/internal/credentials', { caller: 'customer', body: { ...body, id } });
  const same = await Promise.all(Array.from({ length: 6 }, () => create(body.id)));
  expect(same.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
  expect(await create(randomUUID())).toMatchObject({ status: 409, body: { code: 'email_taken' } });
});

test('a rotation loses no token, and a second one waits until it would lose none either', async () => {
  const rotate = (body?: unknown) => oauth.internal('POST', '/internal/keys/rotate', { caller: 'operator', body });
  const { accessToken, refreshToken } = await login();
  const kidOf = (token: string) => jwt.decode(token, { complete: true })?.header.kid;
  const rotated = await rotate();
  expect(rotated).toMatchObject({ status: 200, body: { previous: { kid: kidOf(accessToken) } } });
  const { keys } = (await oauth.get('/.well-known/jwks.json')).body as { keys: { kid: string }[] };
  expect(keys).toHaveLength(3);
  expect((await introspect(accessToken)).body).toMatchObject({ active: true });
  const { access_token: newer } = (await refresh(refreshToken)).body;
  expect(kidOf(String(newer))).toBe((rotated.body.current as { kid: string }).kid);
  const early = await rotate({ force: false });
  expect(early).toMatchObject({ status: 409, body: { code: 'rotation_too_early' } });
  expect(early.headers.get('retry-after')).toBe('960');
  expect((await rotate({ force: true })).status).toBe(200);
  expect((await introspect(accessToken)).body).toEqual({ active: false });
  expect((await oauth.internal('POST', '/internal/keys/rotate', { caller: 'customer' })).status).toBe(403);
  expect(oauth.service.facts('keys.rotated')).toHaveLength(2);
});

test('tokens and keys outlive a restart', async () => {
  const { accessToken, refreshToken } = await login();
  await oauth.restart();
  expect((await introspect(accessToken)).body).toMatchObject({ active: true });
  expect((await refresh(refreshToken)).status).toBe(200);
  expect(oauth.service.facts('keys.created')).toHaveLength(0);
});

test('no password, token, secret or address appears in what the service tells about itself', async () => {
  const { accessToken, refreshToken } = await login();
  await refresh(refreshToken);
  await refresh('a canary that is no token');
  await introspect(accessToken);
  await oauth.json('/users/api/login', { email: 'canary@glasshouse.test', password: 'a canary password' });
  await expectNoneOf(oauth.service, [
    ...[ada.email, 'canary@glasshouse.test', 'a canary password', 'a canary that is no token'],
    ...Object.values(secrets),
    ...[accessToken, refreshToken, refreshToken.split('.')[1] ?? '', basic.slice(6)],
  ]);
});
