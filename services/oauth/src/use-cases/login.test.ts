import { codeOf, createFakePorts, type FakePorts } from '../testing/fake-ports.js';
import { createUseCases } from './index.js';

const id = '11111111-1111-4111-8111-111111111111';
const right = { email: 'grace@example.com', password: 'right password', address: '192.0.2.1' };
const wrong = { ...right, password: 'wrong password' };

const setUp = async (): Promise<{ ports: FakePorts; useCases: ReturnType<typeof createUseCases> }> => {
  const ports = createFakePorts();
  const useCases = createUseCases(ports);
  await useCases.createCredential({ id, email: 'Grace@Example.com', password: right.password });
  ports.facts.length = 0;
  return { ports, useCases };
};

test('a login in another spelling of the address gives a pair of tokens', async () => {
  const { ports, useCases } = await setUp();
  const pair = await useCases.login({ ...right, email: 'GRACE@example.COM' });
  expect(pair).toMatchObject({ expiresIn: 300, scope: ['shop'] });
  expect(ports.accessTokens.verify(pair.accessToken)).toMatchObject({ sub: id, roles: ['customer'] });
  expect(ports.facts).toEqual([`loginSucceeded:${id}`]);
});

test('the database never sees a refresh token', async () => {
  const { ports, useCases } = await setUp();
  const { refreshToken } = await useCases.login(right);
  const [, secret = ''] = refreshToken.split('.');
  expect(JSON.stringify([...ports.state.families.values()])).not.toContain(secret);
});

test('an unknown address and a wrong password end alike, and both are hashed', async () => {
  const { ports, useCases } = await setUp();
  const verified: (string | undefined)[] = [];
  ports.passwords.verify = async (hash) => {
    verified.push(hash);
    return false;
  };
  expect(await codeOf(useCases.login(wrong))).toBe('invalid_credentials');
  expect(await codeOf(useCases.login({ ...wrong, email: 'nobody@example.com' }))).toBe('invalid_credentials');
  expect(verified).toEqual(['hash of right password', undefined]);
  expect(ports.facts).toEqual([`loginFailed:${id}`, 'loginFailed:']);
});

test('after five failures even the right password has to wait, and the wait doubles up to 15 minutes', async () => {
  const { ports, useCases } = await setUp();
  for (let failure = 0; failure < 5; failure += 1) await codeOf(useCases.login(wrong));
  expect(await codeOf(useCases.login(right))).toBe('login_throttled');
  const waits: number[] = [];
  for (let failure = 0; failure < 12; failure += 1) {
    const [throttle] = ports.state.throttles.values();
    waits.push((throttle?.blockedUntil.getTime() ?? 0) - ports.clock.now().getTime());
    ports.clock.advance(waits.at(-1) ?? 0);
    expect(await codeOf(useCases.login({ ...wrong, address: `192.0.2.${failure}` }))).toBe('invalid_credentials');
  }
  expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(waits.at(-1)).toBe(15 * 60_000);
});

test('a success forgets the failures', async () => {
  const { ports, useCases } = await setUp();
  for (let failure = 0; failure < 4; failure += 1) await codeOf(useCases.login(wrong));
  await useCases.login(right);
  expect(ports.state.throttles.size).toBe(0);
});

test('many guesses at once after the free failures count as one each', async () => {
  const { ports, useCases } = await setUp();
  for (let failure = 0; failure < 5; failure += 1) await codeOf(useCases.login(wrong));
  ports.clock.advance(1000);
  const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(useCases.login(wrong))));
  expect(codes.filter((code) => code === 'invalid_credentials')).toHaveLength(1);
  expect(codes.filter((code) => code === 'login_throttled')).toHaveLength(9);
});

test('an unknown account is slowed down like a known one', async () => {
  const { useCases } = await setUp();
  const unknown = { ...wrong, email: 'nobody@example.com' };
  for (let failure = 0; failure < 5; failure += 1) await codeOf(useCases.login(unknown));
  expect(await codeOf(useCases.login(unknown))).toBe('login_throttled');
});

test('one address cannot try many accounts, and does not keep others out', async () => {
  const { ports, useCases } = await setUp();
  for (let failure = 0; failure < 20; failure += 1) {
    await codeOf(useCases.login({ ...wrong, email: `somebody${failure}@example.com` }));
  }
  expect(await codeOf(useCases.login(right))).toBe('login_throttled');
  expect(ports.facts.at(-1)).toBe('loginThrottled:address');
  await useCases.login({ ...right, address: '192.0.2.2' });
});
