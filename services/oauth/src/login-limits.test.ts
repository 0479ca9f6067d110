import { ada, type Fixture, startFixture } from './oauth.fixture.js';

let oauth: Fixture;
beforeAll(async () => {
  oauth = await startFixture({ LOGIN_FAILURES_PER_ADDRESS: '8' });
}, 60_000);
afterAll(() => oauth?.stop());

const wrong = { ...ada, password: 'a wrong password' };
/** A login that the gateway forwards for this address. */
const from = (address: string, body: object) => {
  const proof = { 'x-service-key': oauth.service.serviceKey('gateway'), 'x-client-address': address };
  return oauth.json('/users/api/login', body, proof);
};

test('five wrong passwords for one account make everybody wait for it, whatever the password', async () => {
  const failures = await Promise.all(Array.from({ length: 5 }, (_, index) => from(`198.51.100.${index}`, wrong)));
  expect(failures.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  const throttled = await from('198.51.100.9', ada);
  expect(throttled).toMatchObject({ status: 429, body: { code: 'login_throttled' } });
  expect(throttled.headers.get('retry-after')).toBe('1');
  expect(oauth.service.facts('login.throttled').at(-1)).toMatchObject({ 'glasshouse.throttled_by': 'account' });
  expect(await oauth.service.metric('logins_total', { outcome: 'throttled' })).toBe(1);
  oauth.clock.advance(1_000);
  expect((await from('198.51.100.9', ada)).status).toBe(200);
  expect((await from('198.51.100.9', ada)).status).toBe(200);
});

test('one address cannot try many accounts; its neighbours in IPv6 count as it, others do not', async () => {
  for (let failure = 0; failure < 8; failure += 1) {
    await from(`2001:db8::${failure}`, { ...wrong, email: `somebody${failure}@example.com` });
  }
  const throttled = await from('2001:db8::ffff', ada);
  expect(throttled).toMatchObject({ status: 429, body: { code: 'login_throttled' } });
  expect(throttled.headers.get('retry-after')).toBe('900');
  expect((await from('2001:db8:0:1::1', ada)).status).toBe(200);
});

test('nobody but the gateway can say that a login comes from somewhere else', async () => {
  const pretend = (address: string, email: string) =>
    oauth.json(
      '/users/api/login',
      { ...wrong, email },
      {
        'x-client-address': address,
        'x-service-key': 'gateway.guessed',
      },
    );
  for (let failure = 0; failure < 8; failure += 1) {
    expect((await pretend(`203.0.113.${failure}`, `another${failure}@example.com`)).status).toBe(401);
  }
  expect((await pretend('203.0.113.99', 'another99@example.com')).status).toBe(429);
  expect((await from('203.0.113.99', ada)).status).toBe(200);
});
