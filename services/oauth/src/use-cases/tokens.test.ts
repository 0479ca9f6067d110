import { toDigest } from '../domain.js';
import { codeOf, createFakePorts, type FakePorts } from '../testing/fake-ports.js';
import { createUseCases, type UseCases } from './index.js';

const id = '11111111-1111-4111-8111-111111111111';
const secret = 'a long and random client secret';
const api = { clientId: 'demo-client', clientSecret: secret };

const setUp = async (): Promise<{ ports: FakePorts; useCases: UseCases; refreshToken: string }> => {
  const ports = createFakePorts();
  const useCases = createUseCases(ports);
  ports.state.clients.set('demo-client', { id: 'demo-client', secretHash: toDigest(secret), scope: ['shop:read'] });
  await useCases.createCredential({ id, email: 'grace@example.com', password: 'right password' });
  const login = { email: 'grace@example.com', password: 'right password', address: '192.0.2.1' };
  const { refreshToken } = await useCases.login(login);
  ports.facts.length = 0;
  return { ports, useCases, refreshToken };
};

const exchange = (useCases: UseCases, refreshToken: string | undefined, more = {}) =>
  useCases.grant({ grantType: 'refresh_token', refreshToken, ...more });

test('a refresh token is good for one exchange and its successor for the next', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const first = await exchange(useCases, refreshToken);
  const second = await exchange(useCases, first.refreshToken);
  expect(new Set([refreshToken, first.refreshToken, second.refreshToken]).size).toBe(3);
  expect(ports.facts).toEqual([`tokenRefreshed:${id}`, `tokenRefreshed:${id}`]);
});

test('the same token again within ten seconds has the same successor, since the answer may have been lost', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const first = await exchange(useCases, refreshToken);
  ports.clock.advance(10_000);
  const again = await exchange(useCases, refreshToken);
  expect(again.refreshToken).toBe(first.refreshToken);
  await exchange(useCases, first.refreshToken);
});

test('two exchanges of one token at once get the same successor', async () => {
  const { useCases, refreshToken } = await setUp();
  const both = await Promise.all([exchange(useCases, refreshToken), exchange(useCases, refreshToken)]);
  expect(both[0].refreshToken).toBe(both[1].refreshToken);
});

test('the same token after ten seconds ends the login, also for the one who has the successor', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const { refreshToken: successor } = await exchange(useCases, refreshToken);
  ports.clock.advance(10_001);
  expect(await codeOf(exchange(useCases, refreshToken))).toBe('invalid_grant');
  expect(ports.facts.at(-1)).toBe(`reuseDetected:${id}`);
  expect(await codeOf(exchange(useCases, successor))).toBe('invalid_grant');
});

test('a token of two exchanges ago ends the login at once', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const { refreshToken: second } = await exchange(useCases, refreshToken);
  await exchange(useCases, second);
  expect(await codeOf(exchange(useCases, refreshToken))).toBe('invalid_grant');
  expect(ports.facts.at(-1)).toBe(`reuseDetected:${id}`);
});

test('a family ends 30 days after its login, however often it was refreshed', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  ports.clock.advance(29 * 24 * 60 * 60_000);
  const { refreshToken: successor } = await exchange(useCases, refreshToken);
  ports.clock.advance(24 * 60 * 60_000);
  expect(await codeOf(exchange(useCases, successor))).toBe('invalid_grant');
});

test('a removed login cannot be refreshed, and cannot be created again', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  await useCases.removeCredential(id);
  await useCases.removeCredential(id);
  expect(ports.facts).toEqual([`credentialRemoved:${id}`]);
  expect(await codeOf(exchange(useCases, refreshToken))).toBe('invalid_grant');
  const late = { id, email: 'grace@example.com', password: 'right password' };
  expect(await codeOf(useCases.createCredential(late))).toBe('credential_removed');
});

test('a removal that comes before the creation keeps the creation out', async () => {
  const { useCases } = await setUp();
  const other = '22222222-2222-4222-8222-222222222222';
  await useCases.removeCredential(other);
  const late = { id: other, email: 'late@example.com', password: 'right password' };
  expect(await codeOf(useCases.createCredential(late))).toBe('credential_removed');
});

test('creating the same login again changes nothing, another password or address is a conflict', async () => {
  const { useCases } = await setUp();
  const same = { id, email: 'grace@example.com', password: 'right password' };
  expect(await useCases.createCredential(same)).toBe('existed');
  expect(await codeOf(useCases.createCredential({ ...same, password: 'another one' }))).toBe('credential_conflict');
  expect(await codeOf(useCases.createCredential({ ...same, email: 'b@example.com' }))).toBe('credential_conflict');
  const other = { ...same, id: '22222222-2222-4222-8222-222222222222' };
  expect(await codeOf(useCases.createCredential(other))).toBe('email_taken');
});

test('a scope can be narrowed, and a refused scope does not use up the token', async () => {
  const { useCases, refreshToken } = await setUp();
  expect(await codeOf(exchange(useCases, refreshToken, { scope: 'shop admin' }))).toBe('invalid_scope');
  expect(await exchange(useCases, refreshToken, { scope: 'shop' })).toMatchObject({ scope: ['shop'] });
});

test.each([
  ['another client', { ...api }, 'invalid_grant'],
  ['a client with a wrong secret', { ...api, clientSecret: 'wrong' }, 'invalid_client'],
  ['an unknown client', { clientId: 'nobody' }, 'invalid_client'],
  ['a secret without an id', { clientSecret: secret }, 'invalid_client'],
])('%s cannot use a refresh token of the shop', async (_who, proof, code) => {
  const { useCases, refreshToken } = await setUp();
  expect(await codeOf(exchange(useCases, refreshToken, proof))).toBe(code);
});

test.each([
  ['no token', undefined, 'invalid_request'],
  ['junk', 'junk', 'invalid_grant'],
  ['a family that does not exist', `${'A'.repeat(22)}.${'A'.repeat(43)}`, 'invalid_grant'],
])('%s is refused', async (_what, token, code) => {
  const { useCases } = await setUp();
  expect(await codeOf(exchange(useCases, token))).toBe(code);
});

test('an API client gets a token of its own for 15 minutes and no refresh token', async () => {
  const { ports, useCases } = await setUp();
  const basic = Buffer.from(`demo-client:${encodeURIComponent(secret).replaceAll('%20', '+')}`).toString('base64');
  for (const proof of [api, { authorization: `Basic ${basic}` }]) {
    const granted = await useCases.grant({ grantType: 'client_credentials', ...proof });
    expect(granted).toEqual({ accessToken: expect.any(String), expiresIn: 900, scope: ['shop:read'] });
    expect(ports.accessTokens.verify(granted.accessToken)).toMatchObject({ sub: 'demo-client', roles: [] });
  }
});

test('two proofs at once, or one that names two clients, are refused', async () => {
  const { useCases } = await setUp();
  const authorization = `Basic ${Buffer.from(`demo-client:${secret}`).toString('base64')}`;
  const grant = (proof: object) => codeOf(useCases.grant({ grantType: 'client_credentials', authorization, ...proof }));
  expect(await grant({ clientSecret: secret })).toBe('invalid_request');
  expect(await grant({ clientId: 'another' })).toBe('invalid_client');
});

test('the public client cannot get a token without a user', async () => {
  const { useCases } = await setUp();
  const request = { grantType: 'client_credentials', clientId: 'glasshouse-shop' };
  expect(await codeOf(useCases.grant(request))).toBe('invalid_client');
  expect(await codeOf(useCases.grant({ ...request, grantType: 'password' }))).toBe('unsupported_grant_type');
});

test('a revoked token is dead, and revoking it again or revoking junk is no error', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const shop = { clientId: 'glasshouse-shop' };
  await useCases.revoke({ ...shop, token: refreshToken });
  await useCases.revoke({ ...shop, token: refreshToken });
  await useCases.revoke({ ...shop, token: 'junk' });
  expect(ports.facts).toEqual([`tokenRevoked:${id}`]);
  expect(await codeOf(exchange(useCases, refreshToken))).toBe('invalid_grant');
});

test('a token cannot be revoked by another client, by nobody, or if it is an access token', async () => {
  const { useCases, refreshToken } = await setUp();
  const { accessToken } = await exchange(useCases, refreshToken);
  expect(await codeOf(useCases.revoke({ ...api, token: refreshToken }))).toBe('invalid_grant');
  expect(await codeOf(useCases.revoke({ token: refreshToken }))).toBe('invalid_client');
  expect(await codeOf(useCases.revoke({ ...api, token: accessToken }))).toBe('unsupported_token_type');
});

test('introspection tells a proven client what a live token is, and of a dead one only that', async () => {
  const { ports, useCases, refreshToken } = await setUp();
  const { accessToken, refreshToken: successor = '' } = await exchange(useCases, refreshToken);
  const introspect = (token: string) => useCases.introspect({ ...api, token });
  expect(await introspect(accessToken)).toMatchObject({ active: true, kind: 'access', token: { sub: id } });
  expect(await introspect(successor)).toMatchObject({ active: true, kind: 'refresh', family: { sub: id } });
  ports.clock.advance(10_001);
  expect(await introspect(refreshToken)).toEqual({ active: false });
  expect(await introspect('junk')).toEqual({ active: false });
  expect(await codeOf(useCases.introspect({ clientId: 'glasshouse-shop', token: successor }))).toBe('invalid_client');
});
