import { createSigningKey } from '../testing/token-issuer.js';
import { createKeySet } from './jwks.js';

const [first, second] = [createSigningKey('first'), createSigningKey('second')];

const create = (minIntervalMs = 0) => {
  let now = 0;
  const issuer = { keys: [first.jwk], isDown: false, fetches: 0 };
  const fetchKeys = async (): Promise<unknown> => {
    issuer.fetches += 1;
    if (issuer.isDown) throw new Error('connection refused');
    return { keys: issuer.keys };
  };
  const keys = createKeySet({ fetchKeys, clock: { now: () => new Date(now) }, minIntervalMs });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { keys, issuer, pass };
};

describe('the keys of the issuer', () => {
  test('are fetched once for many requests at the same time', async () => {
    const { keys, issuer } = create();
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('first')));
    expect(found.every((key) => key?.type === 'public')).toBe(true);
    expect(issuer.fetches).toBe(1);
  });

  test('are served however old they are while the issuer is down', async () => {
    const { keys, issuer, pass } = create();
    await keys.find('first');
    issuer.isDown = true;
    pass(24 * 60 * 60_000);
    expect(await keys.find('first')).toBeDefined();
    expect(await keys.find('first')).toBeDefined();
  });

  test('are fetched again behind the requests, so that the next key is known before its first token', async () => {
    const { keys, issuer, pass } = create();
    await keys.find('first');
    issuer.keys = [first.jwk, second.jwk];
    pass(6 * 60_000);
    expect(keys.find('first')).not.toBeInstanceOf(Promise);
    expect(await keys.find('second')).toBeDefined();
    expect(issuer.fetches).toBe(2);
  });

  test('that the issuer has withdrawn are gone', async () => {
    const { keys, issuer } = create();
    await keys.find('first');
    issuer.keys = [second.jwk];
    await keys.find('second');
    expect(await keys.find('first')).toBeUndefined();
  });

  test('that are unknown while the issuer is down are no reason to call a token wrong', async () => {
    const { keys, issuer } = create();
    issuer.isDown = true;
    await expect(keys.find('first')).rejects.toMatchObject({ status: 503, code: 'keys_unavailable' });
  });

  test('a rotation gets through a flood of junk ids, which cost the issuer one request per interval', async () => {
    const { keys, issuer } = create(300);
    await keys.find('first');
    const junk = Array.from({ length: 90 }, (_, index) => keys.find(`junk ${index}`));
    issuer.keys = [second.jwk];
    expect(await keys.find('second')).toBeDefined();
    expect(await Promise.all(junk)).toEqual(Array(90).fill(undefined));
    expect(issuer.fetches).toBe(2);
  });

  test('a flood of junk ids cannot make more than a hundred requests wait', async () => {
    const { keys } = create(60_000);
    await keys.find('first');
    for (let index = 0; index < 100; index += 1) void keys.find(`junk ${index}`);
    expect(await keys.find('one more')).toBeUndefined();
    expect(await keys.find('first')).toBeDefined();
  });

  test.each([
    ['no keys', { keys: [] }],
    ['no RS256 key', { keys: [{ kid: 'a', kty: 'EC' }] }],
    ['another use', { keys: [{ ...first.jwk, use: 'enc' }] }],
    ['a text', 'keys'],
    ['a broken key', { keys: [{ kid: 'a', kty: 'RSA', n: '!', e: 7 }] }],
  ])('an answer with %s is no answer', async (_name, answer) => {
    const keys = createKeySet({ fetchKeys: async () => answer, clock: { now: () => new Date() }, minIntervalMs: 0 });
    await expect(keys.find('first')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });
});
