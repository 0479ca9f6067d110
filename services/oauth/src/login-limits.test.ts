import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFakeClock,
  startDocumentStore,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

const ada = { email: 'ada@glasshouse.test', password: 'the customer of this test' };
// It begins now, since the store's own clock decides when documents expire.
const clock = createFakeClock(new Date());
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
      LOGIN_FAILURES_PER_ADDRESS: '8',
      DEMO_MODE: 'true',
      DEMO_ADMIN_PASSWORD: 'the admin of this test',
      DEMO_CUSTOMER_PASSWORD: ada.password,
      DEMO_CLIENT_SECRET: 'the client secret of this test',
    },
    clock,
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok, 30_000);
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await store?.stop();
  await rm(folder, { recursive: true, force: true });
});

const wrong = { ...ada, password: 'a wrong password' };
const login = async (body: object, headers: Record<string, string>) => {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  const response = await fetch(`${service.app}/users/api/login`, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
};
/** A login that the gateway forwards for this address. */
const from = (address: string, body: object) => {
  const proof = { 'x-service-key': service.serviceKey('gateway'), 'x-client-address': address };
  return login(body, proof);
};

test('five wrong passwords for one account make everybody wait for it, whatever the password', async () => {
  const failures = await Promise.all(Array.from({ length: 5 }, (_, index) => from(`198.51.100.${index}`, wrong)));
  expect(failures.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  const throttled = await from('198.51.100.9', ada);
  expect(throttled).toMatchObject({ status: 429, body: { code: 'login_throttled' } });
  expect(throttled.headers.get('retry-after')).toBe('1');
  expect(service.facts('login.throttled').at(-1)).toMatchObject({ 'glasshouse.throttled_by': 'account' });
  expect(await service.metric('logins_total', { outcome: 'throttled' })).toBe(1);
  clock.advance(1_000);
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
    login({ ...wrong, email }, { 'x-client-address': address, 'x-service-key': 'gateway.guessed' });
  for (let failure = 0; failure < 8; failure += 1) {
    expect((await pretend(`203.0.113.${failure}`, `another${failure}@example.com`)).status).toBe(401);
  }
  expect((await pretend('203.0.113.99', 'another99@example.com')).status).toBe(429);
  expect((await from('203.0.113.99', ada)).status).toBe(200);
});
