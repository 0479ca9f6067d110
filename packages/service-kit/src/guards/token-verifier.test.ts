import { createHmac, generateKeyPairSync } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { createSigningKey, issuer, signToken, type TokenParts } from '../testing/token-issuer.js';
import { createKeySet } from './jwks.js';
import { createTokenVerifier } from './token-verifier.js';

const key = createSigningKey('current');
const small = createSigningKey('small', 1_024);
const stranger = createSigningKey('current');

const create = (now: () => number = Date.now) => {
  const clock = { now: () => new Date(now()) };
  let fetches = 0;
  const fetchKeys = async () => {
    fetches += 1;
    return { keys: [key.jwk, small.jwk, { kid: 'curve', kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] };
  };
  const keys = createKeySet({ fetchKeys, clock, minIntervalMs: 0 });
  return { verifier: createTokenVerifier({ keys, issuer, audience: 'glasshouse', clock }), fetches: () => fetches };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: object): string =>
  `${encode(header)}.${encode({ iss: issuer, aud: 'glasshouse', sub: 'ada', client_id: 'shop', exp: 9_999_999_999 })}`;
const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

describe('an access token', () => {
  test('that holds names its caller', async () => {
    const token = signToken(key, { claims: { roles: ['customer', 'admin'], scope: 'orders' } });
    const caller = await create().verifier.verify(`Bearer ${token}`);
    expect(caller).toEqual({
      sub: 'ada',
      roles: ['customer', 'admin'],
      clientId: 'shop',
      scope: 'orders',
      isAdmin: true,
    });
  });

  test('is verified once and then known by its digest until it expires', async () => {
    let now = Date.now();
    const { verifier } = create(() => now);
    const token = `bearer ${signToken(key)}`;
    const caller = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(caller);
    now += 310_000;
    expect(await verifier.verify(token)).toEqual(caller);
    now += 30_000;
    await expect(verifier.verify(token)).rejects.toMatchObject({ detail: 'The access token has expired.' });
  });

  test('without one the caller learns how to send it', async () => {
    await expect(create().verifier.verify(undefined)).rejects.toMatchObject({
      code: 'unauthenticated',
      headers: { 'www-authenticate': 'Bearer realm="glasshouse"' },
    });
  });

  const refusedParts: [string, TokenParts][] = [
    ['of another issuer', { claims: { iss: 'https://evil.test' } }],
    ['for another audience', { claims: { aud: 'other' } }],
    ['without an audience', { claims: { aud: undefined } }],
    ['that never expires', { claims: { exp: undefined } }],
    ['that has expired a minute ago', { claims: { exp: seconds(-60) } }],
    ['that is not valid yet', { claims: { nbf: seconds(60) } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['without a client', { claims: { client_id: undefined } }],
    ['whose roles are a text', { claims: { roles: 'admin' } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['with a critical extension', { header: { crit: ['b64'], b64: false } }],
    ['without a key id', { header: { kid: undefined } }],
    ['with an unknown key id', { header: { kid: 'unknown' } }],
    ['that brings a key of its own', { header: { kid: 'own', jwk: stranger.jwk, jku: 'https://evil.test/keys' } }],
    ['signed for a key that is too small', { header: { kid: 'small' } }],
  ];

  test.each(refusedParts)('%s is refused', async (_name, parts) => {
    await expect(create().verifier.verify(`Bearer ${signToken(key, parts)}`)).rejects.toMatchObject({
      code: 'invalid_token',
      status: 401,
    });
  });

  const hmacWithPublicKey = (): string => {
    const content = unsigned({ alg: 'HS256', typ: 'at+jwt', kid: 'current' });
    return `${content}.${createHmac('sha256', JSON.stringify(key.jwk)).update(content).digest('base64url')}`;
  };
  const refusedTexts: [string, string][] = [
    ['signed by a stranger', `Bearer ${signToken(stranger)}`],
    ['with no algorithm', `Bearer ${unsigned({ alg: 'none', typ: 'at+jwt', kid: 'current' })}.x`],
    ['signed with the public key as a secret', `Bearer ${hmacWithPublicKey()}`],
    ['of two parts', `Bearer ${unsigned({ alg: 'RS256' })}`],
    ['of four parts', `Bearer ${signToken(key)}.x`],
    ['with a line break', `Bearer ${signToken(key)}\n`.replace('.', '.\n')],
    ['that is no JSON', 'Bearer aaaa.bbbb.cccc'],
    ['of 9 KiB', `Bearer ${signToken(key, { claims: { more: 'x'.repeat(9_000) } })}`],
    ['of another scheme', `Basic ${signToken(key)}`],
    ['that is empty', 'Bearer '],
  ];

  test.each(refusedTexts)('%s is refused', async (_name, authorization) => {
    await expect(create().verifier.verify(authorization)).rejects.toMatchObject({
      code: 'invalid_token',
      headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') },
    });
  });

  test('with an algorithm that its key could do, but that is not allowed, is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const token = jwt.sign({ sub: 'ada' }, privateKey, { algorithm: 'PS256', keyid: 'current' });
    await expect(create().verifier.verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  test('that is changed by one letter is refused', async () => {
    const token = signToken(key);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const changed = encode({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), roles: ['admin'] });
    const { verifier } = create();
    await verifier.verify(`Bearer ${token}`);
    await expect(verifier.verify(`Bearer ${header}.${changed}.${signature}`)).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });
});
