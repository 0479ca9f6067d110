import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toSpellings } from '@glasshouse/test-kit';
import { createEvidence, type Evidence } from './evidence.js';
import { services, startShop, type TestShop } from './shop.js';

const random = (): string => randomBytes(9).toString('hex');

/** What a person or a program sends in that nobody may read in a log, a span or a metric. Each value exists only here. */
const secrets = {
  email: `canary-${random()}@glasshouse.test`,
  password: `Pw-${random()}-é"ü`,
  wrongPassword: `Wrong-${random()}`,
  name: `Canary Name ${random()}`,
  newName: `Canary Second ${random()}`,
  street: `Canary Street ${random()}`,
  city: `Canary City ${random()}`,
  postalCode: random().slice(0, 16),
  query: `canaryquery${random()}`,
  field: `canaryfield${random()}`,
  path: `CANARYPATH${random().toUpperCase()}`,
  fragment: `canarybody${random()}`,
  key: `canary-key-${random()}`,
  baggage: `canarybaggage${random()}`,
  clientSecret: `canary-secret-${random()}`,
  apiKey: `canary-header-${random()}`,
};

const cards = ['card_ok', 'card_declined', 'card_slow', 'card_flaky', 'card_canary'];

let shop: TestShop;
let evidence: Evidence;
/** Values that the shop itself made: tokens. */
const issued: string[] = [];
let confirmed: { readonly orderNo: string };
let lastTraceId = '';

const send = async (...[method, path, options = {}]: Parameters<TestShop['call']>) => {
  const headers = { baggage: `a=${secrets.baggage}`, 'x-api-key': secrets.apiKey, ...options.headers };
  const answer = await shop.call(method, path, { ...options, headers });
  expect(answer.status).not.toBe(500);
  lastTraceId = answer.traceId;
  return answer;
};

beforeAll(async () => {
  // Debug lines exist to say more; they too must not say too much.
  shop = await startShop({ environment: { LOG_LEVEL: 'debug' } });
  evidence = createEvidence(shop.addresses);
  await sendSecretsEverywhere();
  await evidence.wholeTrace(lastTraceId);
});
afterAll(() => shop?.stop());

const sendSecretsEverywhere = async (): Promise<void> => {
  const address = { street: secrets.street, city: secrets.city, postalCode: secrets.postalCode, country: 'GB' };
  const person = { email: secrets.email, password: secrets.password, name: secrets.name, address };
  expect((await send('POST', '/api/customers', { body: person })).status).toBe(201);
  expect((await send('POST', '/api/customers', { body: person })).status).toBe(409);
  await send('POST', '/api/customers', { body: { ...person, [secrets.field]: secrets.fragment } });
  await send('POST', '/api/customers', { body: { ...person, email: secrets.fragment, password: 'short' } });

  await send('POST', '/users/api/login', { body: { email: secrets.email, password: secrets.wrongPassword } });
  const login = await send('POST', '/users/api/login', { body: { email: secrets.email, password: secrets.password } });
  expect(login.status).toBe(200);
  const { accessToken: token, refreshToken } = login.body;
  issued.push(token, refreshToken);
  const refreshed = await send('POST', '/oauth/token', {
    form: { grant_type: 'refresh_token', refresh_token: refreshToken },
  });
  issued.push(refreshed.body.access_token, refreshed.body.refresh_token);
  const clientAuth = Buffer.from(`canary:${secrets.clientSecret}`).toString('base64');
  const asClient = { headers: { authorization: `Basic ${clientAuth}` } };
  await send('POST', '/oauth/token', { form: { grant_type: 'client_credentials' }, ...asClient });
  await send('POST', '/oauth/token', {
    form: { grant_type: 'password', username: secrets.email, password: secrets.password },
  });
  await send('POST', '/oauth/introspect', { form: { token }, ...asClient });
  await send('POST', '/oauth/introspect', { form: { token, client_id: 'x', client_secret: secrets.clientSecret } });

  await send('GET', '/api/customers/me', { token });
  await send('PATCH', '/api/customers/me', { token, body: { name: secrets.newName } });
  await send('GET', `/api/customers/${secrets.path}`, { token });
  await send('GET', `/api/products?q=${secrets.query}&tag=${secrets.query}`);
  await send('GET', `/api/products?${secrets.query}=1`);
  await send('GET', `/api/products/${secrets.path}`);
  await send('GET', `/${secrets.path}/${secrets.query}`);
  await send('GET', '/api/orders', { token: `${token}${secrets.fragment}` });
  await send('POST', '/api/orders', { token, body: { [secrets.field]: secrets.fragment } });
  for (const paymentMethod of cards) {
    const body = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod };
    const headers = { 'idempotency-key': `${secrets.key}-${paymentMethod}` };
    const order = await send('POST', '/api/orders', { token, body, headers });
    if (paymentMethod === 'card_ok') confirmed = order.body;
    const path = new URL(order.headers.get('location') ?? 'http://localhost/api/orders/none').pathname;
    await send('GET', path, { token });
    await send('GET', `${path}/invoice`, { token });
    await send('POST', `${path}/cancel`, { token });
    await send('GET', path.replace('orders', 'payments'), { token });
  }
  const adminToken = await shop.adminToken();
  issued.push(adminToken);
  const product = {
    sku: 'E2E-CANARY',
    name: secrets.fragment,
    price: { amount: 1, currency: 'EUR' },
    [secrets.field]: 1,
  };
  await send('POST', '/api/products', { token: adminToken, body: product });
  await send('GET', '/api/customers', { token: adminToken });
  await sendBroken(`{"email":"${secrets.fragment}`);
  await send('POST', '/oauth/revoke', { form: { token: issued[3] ?? '', client_id: 'glasshouse-shop' } });
  await send('DELETE', '/api/customers/me', { token: issued[2] });
};

/** A body that is no JSON: parsers like to quote those. */
const sendBroken = async (text: string): Promise<void> => {
  const response = await fetch(`${shop.addresses().gateway}/users/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  expect(response.status).toBe(400);
};

const findSecrets = (text: string): string[] => {
  const values = [...Object.entries(secrets), ...issued.map((token, index) => [`token ${index}`, token] as const)];
  return values.flatMap(([name, value]) =>
    toSpellings(value).some((spelling) => text.includes(spelling)) ? [name] : [],
  );
};

test('no secret stands in a log line, whether it went to Fluentd or to a file', async () => {
  const lines = await evidence.logs({ match_all: {} });
  expect(lines.length).toBeGreaterThan(100);
  expect(findSecrets(JSON.stringify(lines))).toEqual([]);
  const directory = join(shop.dataDirectory, 'logs');
  for (const name of await readdir(directory)) {
    expect([name, findSecrets(await readFile(join(directory, name), 'utf8'))]).toEqual([name, []]);
  }
});

test('no secret stands in a span', async () => {
  const spans = (await Promise.all(services.map((service) => evidence.spansOf(service)))).flat();
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(services));
  expect(findSecrets(JSON.stringify(spans))).toEqual([]);
});

test('no secret stands in a metric', async () => {
  const scrapes = services.map(async (service) => {
    const response = await fetch(`${shop.addresses().admin[service]}/metrics`, {
      headers: { accept: 'application/openmetrics-text' },
    });
    return response.text();
  });
  expect(findSecrets((await Promise.all(scrapes)).join())).toEqual([]);
});

test('how somebody paid stands nowhere either', async () => {
  const spans = (await Promise.all(services.map((service) => evidence.spansOf(service)))).flat();
  const texts = [JSON.stringify(await evidence.logs({ match_all: {} })), JSON.stringify(spans)];
  for (const text of texts) {
    // What may be known of the same order does stand there, so these searches do find what there is.
    expect(text).toContain(confirmed.orderNo);
    expect(cards.filter((card) => text.includes(card))).toEqual([]);
  }
});
