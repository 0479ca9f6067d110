import { randomUUID } from 'node:crypto';
import {
  createFakeClock,
  expectNoneOf,
  type FakeAnswer,
  type FakeClock,
  type FakeService,
  type Issuer,
  startDocumentStore,
  startFakeService,
  startIssuer,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Credential {
  id: string;
  email: string;
  password: string;
}

/** An oauth that keeps logins as the real one does, and can be told to do the work and then lose the answer. */
interface FakeOAuth extends FakeService {
  /** By id; `undefined` for a tombstone. */
  readonly logins: Map<string, Credential | undefined>;
  /** Decides over every answer from now on, after the work was done (`after`) or instead of it (`before`). */
  fault: { when: 'before' | 'after'; answer: FakeAnswer } | undefined;
}

interface Fixture {
  service: TestService;
  oauth: FakeOAuth;
  issuer: Issuer;
  clock: FakeClock;
  stop(): Promise<void>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  register(registration: object): Promise<Answer>;
}

interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Default: the app's port. */
  readonly base?: string;
}

const lost: FakeAnswer = { status: 0, close: true };

const startFakeOAuth = async (): Promise<FakeOAuth> => {
  const fake: FakeOAuth = Object.assign(await startFakeService(), { logins: new Map(), fault: undefined });
  const carryOut = (work: () => FakeAnswer): FakeAnswer => {
    if (fake.fault?.when === 'before') return fake.fault.answer;
    const answer = work();
    return fake.fault?.answer ?? answer;
  };
  const refuse = (code: string): FakeAnswer => ({ status: 409, body: { code } });
  fake.on('POST', '/internal/credentials', ({ body }) =>
    carryOut(() => {
      const credential = body as Credential;
      const standing = fake.logins.get(credential.id);
      if (fake.logins.has(credential.id) && standing === undefined) return refuse('credential_removed');
      const isSame = standing?.password === credential.password && standing.email === credential.email;
      if (standing !== undefined) return isSame ? { status: 200, body: {} } : refuse('credential_conflict');
      if ([...fake.logins.values()].some((each) => each?.email === credential.email)) return refuse('email_taken');
      fake.logins.set(credential.id, credential);
      return { status: 201, body: { id: credential.id } };
    }),
  );
  fake.on('GET', '/internal/credentials/:id', ({ params }) =>
    carryOut(() => ({ status: fake.logins.get(params.id ?? '') === undefined ? 404 : 200, body: {} })),
  );
  fake.on('DELETE', '/internal/credentials/:id', ({ params }) =>
    carryOut(() => {
      fake.logins.set(params.id ?? '', undefined);
      return { status: 204 };
    }),
  );
  return fake;
};

/** The real service on a real document store, with an oauth that the test commands and a clock that it advances. */
const startFixture = async (): Promise<Fixture> => {
  const store = await startDocumentStore();
  const [issuer, oauth] = await Promise.all([startIssuer(), startFakeOAuth()]);
  const clock = createFakeClock(new Date());
  const service = await startService({
    name: 'customer',
    create: createService,
    schema: configSchema,
    env: {
      MONGO_URL: store.url('customer'),
      OAUTH_URL: oauth.url,
      PUBLIC_URL: 'http://shop.test',
      DEMO_MODE: 'true',
    },
    issuer,
    clock,
  });
  const call: Fixture['call'] = async (method, path, { body, token, headers, base = service.app } = {}) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  };
  return {
    service,
    oauth,
    issuer,
    clock,
    call,
    register: (body) => call('POST', '/api/customers', { body }),
    async stop() {
      await service.stop();
      await Promise.all([issuer.stop(), oauth.stop()]);
      await store.stop();
    },
  };
};

let shop: Fixture;
beforeAll(async () => {
  shop = await startFixture();
  await waitFor('readiness', async () => (await fetch(`${shop.service.admin}/health/ready`)).ok, 30_000);
}, 60_000);
afterAll(() => shop?.stop());

const address = { street: '1 Canary Wharf Street', city: 'London', postalCode: 'E14 5AB', country: 'GB' };
const createPerson = (changes: object = {}) => ({
  email: `${randomUUID()}@example.com`,
  password: 'the password of a person',
  name: 'Grace Hopper',
  ...changes,
});
const adaId = 'ada0ada0-0000-4000-8000-000000000001';
const tokenOf = (sub: unknown) => shop.issuer.token({ sub: String(sub) });
const adminToken = () => shop.issuer.token({ roles: ['admin'] });
const me = (answer: Answer) => ({ token: tokenOf(answer.body.id) });
const waitForState = (what: string, id: unknown, isThere: (answer: Answer) => boolean) =>
  waitFor(what, async () => isThere(await shop.call('GET', `/api/customers/${id}`, { token: adminToken() })), 15_000);

test('a registration answers the customer and where to find it, and gives oauth the login', async () => {
  const before = await shop.service.metric('registrations_total', { outcome: 'registered' });
  const person = createPerson({ email: `Grace.${randomUUID()}@Example.com`, address });
  const answer = await shop.register(person);
  const { id } = answer.body;
  expect(answer.status).toBe(201);
  expect(answer.headers.get('location')).toBe(`http://shop.test/api/customers/${id}`);
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    email: person.email.toLowerCase(),
    name: 'Grace Hopper',
    address,
    createdAt: shop.clock.now().toISOString(),
    links: { self: `http://shop.test/api/customers/${id}`, orders: 'http://shop.test/api/orders' },
  });
  const [call] = shop.oauth.requests.filter(({ body }) => (body as { id?: unknown })?.id === id);
  expect(call).toMatchObject({
    method: 'POST',
    path: '/internal/credentials',
    body: { id, email: person.email.toLowerCase(), password: person.password },
  });
  expect(call?.headers['x-service-key']).toBe(shop.service.serviceKey('customer'));
  expect(call?.headers.traceparent).toContain(answer.headers.get('traceresponse')?.split('-')[1]);
  expect(shop.service.facts('customer.registered').at(-1)).toMatchObject({ 'user.id': id });
  expect(await shop.service.metric('registrations_total', { outcome: 'registered' })).toBe(before + 1);
});

test('a registration is one trace: the reservation, the call to oauth, and the write that makes it count', async () => {
  const { headers } = await shop.register(createPerson());
  const traceId = headers.get('traceresponse')?.split('-')[1];
  const spans = await waitFor('the trace', () => {
    const found = shop.service.spans.filter((span) => span.traceId === traceId);
    return found.length === 4 && found;
  });
  const root = spans.find(({ name }) => name === 'POST /api/customers');
  const children = spans.filter(({ parentId }) => parentId === root?.spanId).sort((a, b) => a.startedAt - b.startedAt);
  expect(children.map(({ name }) => name)).toEqual(['customers.insert', 'POST oauth', 'customers.findOneAndUpdate']);
  expect(spans.filter(({ tags }) => tags.error === true)).toEqual([]);
});

test('of many registrations of one address at once exactly one is answered 201', async () => {
  const person = createPerson();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => shop.register({ ...person, password: `the password number ${index}` })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(11).fill([409, 'email_taken']));
  expect([...shop.oauth.logins.values()].filter((login) => login?.email === person.email)).toHaveLength(1);
});

test('an answer of oauth that is lost once is asked for again, and the registration succeeds', async () => {
  shop.oauth.fault = { when: 'after', answer: lost };
  const registration = shop.register(createPerson());
  await waitFor('the first attempt', () => shop.service.facts('downstream.retried').length > 0);
  shop.oauth.fault = undefined;
  expect((await registration).status).toBe(201);
});

test.each(['before', 'after'] as const)(
  'after an interruption %s oauth did its work the same request again succeeds, with one login',
  async (when) => {
    const person = createPerson();
    shop.oauth.fault = { when, answer: lost };
    const interrupted = await shop.register(person);
    expect(interrupted).toMatchObject({ status: 503, body: { code: 'downstream_unavailable' } });
    expect(interrupted.headers.get('retry-after')).toBe('1');
    shop.oauth.fault = undefined;
    const again = await shop.register(person);
    expect(again.status).toBe(201);
    expect(shop.oauth.logins.get(String(again.body.id))).toMatchObject({ email: person.email });
    expect([...shop.oauth.logins.values()].filter((login) => login?.email === person.email)).toHaveLength(1);
  },
);

test('what nobody asks for again is finished by the recovery, if the login stands', async () => {
  const person = createPerson();
  shop.oauth.fault = { when: 'after', answer: lost };
  await shop.register(person);
  shop.oauth.fault = undefined;
  const login = [...shop.oauth.logins.values()].find((each) => each?.email === person.email);
  shop.clock.advance(15_000);
  await waitForState('the recovery', login?.id, ({ status }) => status === 200);
  expect(shop.service.facts('registration.finished').at(-1)).toMatchObject({ 'user.id': login?.id });
  expect(await shop.register({ ...person, password: 'another password' })).toMatchObject({ status: 409 });
});

test('what nobody asks for again is taken back by the recovery, if there is no login', async () => {
  const person = createPerson();
  shop.oauth.fault = { when: 'before', answer: { status: 503 } };
  await shop.register(person);
  shop.oauth.fault = undefined;
  const { length } = shop.service.facts('registration.abandoned');
  shop.clock.advance(15_000);
  await waitFor('the recovery', () => shop.service.facts('registration.abandoned').length > length, 15_000);
  const id = String(shop.service.facts('registration.abandoned').at(-1)?.['user.id']);
  expect(shop.oauth.logins.has(id)).toBe(true);
  expect(shop.oauth.logins.get(id)).toBeUndefined();
  expect((await shop.register(person)).status).toBe(201);
});

test('an address that is a login without a customer, as the admin’s is, is taken', async () => {
  const email = `${randomUUID()}@example.com`;
  shop.oauth.logins.set('an admin', { id: 'an admin', email, password: 'x' });
  expect(await shop.register(createPerson({ email }))).toMatchObject({ status: 409, body: { code: 'email_taken' } });
});

test('a customer reads and changes the own profile', async () => {
  const registered = await shop.register(createPerson({ address }));
  expect((await shop.call('GET', '/api/customers/me', me(registered))).body).toEqual(registered.body);
  const patch = (body: object) => shop.call('PATCH', '/api/customers/me', { ...me(registered), body });
  expect((await patch({ name: 'Grace B. Hopper' })).body).toMatchObject({ name: 'Grace B. Hopper', address });
  const without = await patch({ address: null });
  expect(without.body).toMatchObject({ name: 'Grace B. Hopper' });
  expect(without.body).not.toHaveProperty('address');
  expect(shop.service.facts('customer.updated').at(-1)).toMatchObject({ 'user.id': registered.body.id });
});

test('only the customer and admins see a customer; to others there is no such customer', async () => {
  const registered = await shop.register(createPerson());
  const path = `/api/customers/${registered.body.id}`;
  expect((await shop.call('GET', path, me(registered))).status).toBe(200);
  expect((await shop.call('GET', path, { token: adminToken() })).status).toBe(200);
  const foreign = await shop.call('GET', path, { token: tokenOf(adaId) });
  const missing = await shop.call('GET', `/api/customers/${randomUUID()}`, { token: tokenOf(adaId) });
  expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect({ ...foreign.body, traceId: '' }).toEqual({ ...missing.body, traceId: '' });
  expect((await shop.call('GET', path)).status).toBe(401);
  expect((await shop.call('GET', '/api/customers', me(registered))).status).toBe(403);
});

test('an admin pages through all customers, newest first, each once', async () => {
  const ids: unknown[] = [];
  shop.clock.advance(1);
  for (let index = 0; index < 5; index += 1) {
    shop.clock.advance(index % 2);
    ids.unshift((await shop.register(createPerson())).body.id);
  }
  const seen: unknown[] = [];
  let next: unknown;
  do {
    const path = `/api/customers?limit=2${next === undefined ? '' : `&cursor=${next}`}`;
    const { body } = await shop.call('GET', path, { token: adminToken() });
    seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
    next = body.next;
  } while (next !== undefined);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining([...ids, adaId]));
  expect(seen.slice(0, 5).sort()).toEqual(ids.sort());
});

test('leaving forgets the person and removes the login, and the address is free again', async () => {
  const person = createPerson({ address });
  const registered = await shop.register(person);
  const leave = () => shop.call('DELETE', '/api/customers/me', me(registered));
  expect((await leave()).status).toBe(204);
  expect((await leave()).status).toBe(204);
  expect(shop.oauth.logins.get(String(registered.body.id))).toBeUndefined();
  expect((await shop.call('GET', '/api/customers/me', me(registered))).status).toBe(404);
  expect((await shop.call('GET', `/api/customers/${registered.body.id}`, { token: adminToken() })).status).toBe(404);
  expect((await shop.register(person)).status).toBe(201);
  expect(await shop.service.metric('customers_closed_total')).toBe(1);
});

test('whoever leaves while oauth is down is forgotten at once, and the recovery removes the login', async () => {
  const registered = await shop.register(createPerson());
  const id = String(registered.body.id);
  shop.oauth.fault = { when: 'before', answer: { status: 503 } };
  expect((await shop.call('DELETE', '/api/customers/me', me(registered))).status).toBe(204);
  expect(shop.service.facts('login.removal_deferred').at(-1)).toMatchObject({ 'user.id': id });
  expect(shop.oauth.logins.get(id)).toBeDefined();
  shop.oauth.fault = undefined;
  shop.clock.advance(15_000);
  await waitFor(
    'the recovery',
    () => shop.service.facts('login.removed').some((fact) => fact['user.id'] === id),
    15_000,
  );
  expect(shop.oauth.logins.get(id)).toBeUndefined();
});

test('order may ask whether a customer may buy, nobody else may', async () => {
  const { body } = await shop.register(createPerson());
  const ask = (caller: string, id: unknown) =>
    shop.call('GET', `/internal/customers/${id}`, {
      base: shop.service.internal,
      headers: { 'x-service-key': shop.service.serviceKey(caller) },
    });
  expect((await ask('order', body.id)).body).toEqual({ id: body.id, mayBuy: true });
  expect((await ask('order', adaId)).body).toEqual({ id: adaId, mayBuy: true });
  expect((await ask('order', randomUUID())).status).toBe(404);
  await shop.call('DELETE', '/api/customers/me', { token: tokenOf(body.id) });
  expect((await ask('order', body.id)).body).toEqual({ id: body.id, mayBuy: false });
  expect((await ask('payment', body.id)).status).toBe(403);
  expect((await shop.call('GET', `/internal/customers/${adaId}`)).status).toBe(404);
});

test('no password, address, name or token appears in what the service tells about itself', async () => {
  const canary = createPerson({
    email: 'canary@example.com',
    name: 'Canary Name',
    password: 'a canary password',
    address,
  });
  const registered = await shop.register(canary);
  const { token } = me(registered);
  await shop.register(canary);
  await shop.call('GET', '/api/customers/me', { token });
  await shop.call('PATCH', '/api/customers/me', { token, body: { name: 'Canary Two' } });
  await shop.call('DELETE', '/api/customers/me', { token });
  const secrets = [canary.email, canary.password, canary.name, 'Canary Two', address.street, address.postalCode, token];
  await expectNoneOf(shop.service, secrets);
});
