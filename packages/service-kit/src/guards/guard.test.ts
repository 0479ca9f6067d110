import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { ok } from '../http/replies.js';
import { type Access, defineRoute, type RouteInput } from '../http/routes.js';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { json, type PeerServer, startPeer } from '../testing/peer-server.js';
import { createSigningKey, signToken } from '../testing/token-issuer.js';
import { loadServiceKeys } from './service-keys.js';

const key = createSigningKey('current');

const route = (
  path: string,
  access: Access,
  handler = ({ caller }: RouteInput<undefined, undefined, undefined, undefined>) => ok(caller),
) =>
  defineRoute({
    method: 'get',
    path,
    access,
    tag: 't',
    summary: 's',
    answers: { 200: { description: 'ok' } },
    handler,
  });

let oauth: PeerServer;
let service: KitService;
beforeAll(async () => {
  oauth = await startPeer((response) => json(response, 200, { keys: [key.jwk] }));
  service = await startKitService({
    env: { JWKS_URL: `${oauth.url}/.well-known/jwks.json` },
    app: () => ({
      routes: [
        route('/user', 'user'),
        route('/customer', 'customer'),
        route('/admin', 'admin'),
        route('/anyone', 'anyone'),
      ],
    }),
    internal: () => ({
      routes: [
        route('/internal/for-order', { services: ['order'] }, ({ callerService }) => ok({ callerService })),
        route('/internal/for-user', { services: ['order'] }),
        route('/internal/for-nobody', { services: [] }, () => ok({})),
      ],
    }),
  });
});
afterAll(async () => {
  await service.stop();
  await oauth.stop();
});

const bearer = (roles: string[]): { authorization: string } => ({
  authorization: `Bearer ${signToken(key, { claims: { roles } })}`,
});

describe('a route', () => {
  test.each([
    ['/user', ['support'], 200],
    ['/customer', ['customer'], 200],
    ['/customer', ['admin'], 403],
    ['/admin', ['admin'], 200],
    ['/admin', ['customer'], 403],
    ['/admin', [], 403],
  ])('%s with the roles %j answers %i', async (path, roles, status) => {
    expect((await request(service.app).get(path).set(bearer(roles))).status).toBe(status);
  });

  test('that needs a user answers 401 without one, and the denial is a fact', async () => {
    const before = service.facts('auth.denied').length;
    const response = await request(service.app).get('/user');
    expect(response.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(response.headers['www-authenticate']).toBe('Bearer realm="glasshouse"');
    expect(service.facts('auth.denied')).toHaveLength(before + 1);
  });

  test('for anyone has no caller', async () => {
    const response = await request(service.app)
      .get('/anyone')
      .set(bearer(['admin']));
    expect(response.body.code).toBe('unauthenticated');
  });

  test('puts the user into the log and keeps answers to users out of caches', async () => {
    const response = await request(service.app).get('/user').set(bearer([]));
    expect(response.headers['cache-control']).toBe('no-store');
    const record = service.logs.find((each) => each['request.id'] === response.headers['x-request-id']);
    expect(record?.['user.id']).toBe('ada');
  });

  test('shows no token in logs, spans or metrics', async () => {
    const { authorization } = bearer(['admin']);
    await request(service.app).get('/user').set({ authorization });
    await request(service.app)
      .get('/user')
      .set({ authorization: `${authorization}x` });
    const emitted = JSON.stringify([service.logs, service.spans]) + (await service.scrape());
    expect(emitted).not.toContain(authorization.slice(7));
    expect(emitted).not.toContain(service.orderKey.slice(6));
  });
});

describe('an internal route', () => {
  const get = (path: string, headers: Record<string, string> = {}) => request(service.internal).get(path).set(headers);

  test('lets in the service it names', async () => {
    const response = await get('/internal/for-order', { 'x-service-key': service.orderKey });
    expect(response.body).toEqual({ callerService: 'order' });
  });

  test.each([
    ['no key', {}, 'unauthenticated'],
    ['a wrong secret', { 'x-service-key': 'order.wrong' }, 'invalid_service_key'],
    ['no secret', { 'x-service-key': 'order' }, 'invalid_service_key'],
    ['an unknown service', { 'x-service-key': 'nobody.secret' }, 'invalid_service_key'],
    ['an empty name', { 'x-service-key': '.' }, 'invalid_service_key'],
    ['a name of the language', { 'x-service-key': '__proto__.secret' }, 'invalid_service_key'],
  ])('refuses %s', async (_name, headers, code) => {
    const response = await get('/internal/for-order', headers);
    expect(response.body).toMatchObject({ status: 401, code });
  });

  test('refuses a service that it does not name', async () => {
    const response = await get('/internal/for-nobody', { 'x-service-key': service.orderKey });
    expect(response.body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test('verifies the user’s token itself where one is behind the call', async () => {
    const key = { 'x-service-key': service.orderKey };
    expect((await get('/internal/for-user', { ...key, ...bearer([]) })).body).toMatchObject({ sub: 'ada' });
    expect((await get('/internal/for-user', { ...key, authorization: 'Bearer a.b.c' })).body.code).toBe(
      'invalid_token',
    );
    expect((await get('/internal/for-user', key)).body.code).toBe('unauthenticated');
  });
});

describe('the file of service keys', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'glasshouse-keys-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const load = (content: string, isDemo = false) => {
    const file = join(directory, 'keys.json');
    writeFileSync(file, content);
    return loadServiceKeys({ name: 'order', file, isDemo });
  };

  test('gives the service its own proof', () => {
    expect(load(JSON.stringify({ self: 's'.repeat(32), callers: {} })).own).toBe(`order.${'s'.repeat(32)}`);
  });

  test.each([
    ['that is not there', () => loadServiceKeys({ name: 'order', file: '/nowhere/keys.json', isDemo: true })],
    ['that is no JSON', () => load('{')],
    ['with a short secret', () => load('{"self":"short","callers":{}}')],
    [
      'with three secrets of one caller',
      () => load(JSON.stringify({ self: 's'.repeat(32), callers: { a: Array(3).fill('0'.repeat(64)) } })),
    ],
    ['with an example’s secret', () => load(JSON.stringify({ self: `example-${'s'.repeat(32)}`, callers: {} }))],
  ])('%s ends the start, without showing what is in it', (_name, act) => {
    expect(act).toThrow(/SERVICE_KEYS_FILE/);
    expect(act).not.toThrow(/sss/);
  });

  test('may hold an example’s secret in a demo', () => {
    expect(load(JSON.stringify({ self: `example-${'s'.repeat(32)}`, callers: {} }), true).own).toBeDefined();
  });

  test('that is not configured lets nobody in', () => {
    const keys = loadServiceKeys({ name: 'order', file: '', isDemo: false });
    expect(() => keys.verify('order.secret', ['order'])).toThrow('The service key is not valid.');
  });
});
