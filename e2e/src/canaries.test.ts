import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toSpellings, waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, sumOf } from './evidence.js';
import { services, startShop, type TestShop } from './shop.js';

// Distinctive values are sent in through every endpoint, in the right places and in wrong ones. None of them may come
// out in a log line, a span or a metric. They are plain words, so that no pattern for what looks secret hides a leak.

/** What each value was, by which the test names a leak without printing it. */
const canaries = new Map<string, string>();

const secret = (what: string, value: string): string => {
  canaries.set(what, value);
  return value;
};

/** A value that stands nowhere else. The name of the place comes first, so that even half of it would be told apart. */
const canary = (what: string): string =>
  secret(what, canaries.get(what) ?? `${what.replaceAll(/[^a-z]/g, '')}quill${randomBytes(4).toString('hex')}`);

const paymentMethods = ['card_ok', 'card_declined', 'card_slow', 'card_flaky'].map((name) => secret(name, name));
const cardNumber = secret('card number', '4929 1373 3866 5017');
const email = secret('e-mail', `${canary('e-mail name')}@canary.example`);
const password = canary('password');
const address = { street: canary('street'), city: canary('city'), postalCode: canary('zip'), country: 'DE' };
const registration = { email, password, name: canary('customer name'), address };

const publicHeaders: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ['user-agent', 'referer', 'cookie', 'origin', 'x-request-id', 'x-correlation-id', 'x-api-key', 'x-service-key'],
      ['accept-language', 'if-match', 'if-none-match', 'prefer', 'forwarded', 'x-forwarded-for', 'x-user-id'],
      ['traceparent', 'tracestate', 'baggage', 'b3', 'uber-trace-id', 'uberctx-user', 'x-deadline-ms', 'x-made-up'],
    ]
      .flat()
      .map((name) => [name, canary(`header ${name}`)]),
  ),
  'idempotency-key': canary('idempotency key'),
};

// From the gateway inwards the request id names the request in every log line. Outside nobody can choose it.
const { 'x-request-id': _chosenByTheGateway, ...internalHeaders } = publicHeaders;

/** Every field that any endpoint knows, each of a wrong type or in a wrong place somewhere, and one that none knows. */
const fields = {
  ...registration,
  lines: [{ sku: canary('sku'), quantity: canary('quantity') }],
  paymentMethod: canary('unknown payment method'),
  cardNumber,
  price: { amount: canary('amount'), currency: canary('currency') },
  tags: canary('tag'),
  delta: canary('delta'),
  [canary('name of an unknown field')]: { [canary('name of a nested field')]: canary('value of an unknown field') },
};
const formFields = {
  grant_type: canary('grant type'),
  client_id: canary('client id'),
  client_secret: canary('wrong client secret'),
  refresh_token: canary('wrong refresh token'),
  token: canary('wrong token'),
  scope: canary('scope'),
  username: email,
  password,
};

let shop: TestShop;
let evidence: Evidence;
const statuses = new Map<number, number>();

/** Sends a request and asks for nothing but an answer. */
const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(15_000), ...init });
  await response.clone().text();
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  return response;
};

const json = { 'content-type': 'application/json' };

/** The same hostile content in every form in which an endpoint may be given it. */
const sendEveryForm = async (
  method: string,
  url: string,
  credentials: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = publicHeaders,
): Promise<void> => {
  const basic = Buffer.from(`${canary('basic user')}:${canary('basic password')}`).toString('base64');
  // Quoted, so that the place of the error is inside of what must not be quoted by the parser's message.
  const brokenJson = `{"password":"${password}","email":"${email}",${canary('broken JSON')}`;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  await send(url, { method, headers: { ...headers, ...credentials } });
  await send(url, { method, headers: { ...headers, authorization: `Bearer ${canary('bearer token')}` } });
  await send(url, { method, headers: { ...headers, authorization: `Basic ${basic}` } });
  await send(url, { method, headers: { ...credentials, accept: `application/${canary('accepted type')}` } });
  if (!hasBody) return;
  const bodies = [JSON.stringify(fields), JSON.stringify([fields]), JSON.stringify(password), brokenJson];
  for (const body of bodies) await send(url, { method, body, headers: { ...json, ...headers, ...credentials } });
  const form = new URLSearchParams(formFields).toString();
  await send(url, { method, body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const type = `text/${canary('content type')}`;
  await send(url, { method, body: password, headers: { ...credentials, 'content-type': type } });
};

const query = new URLSearchParams([
  ...['q', 'tag', 'sort', 'limit', 'cursor', 'access_token', 'made_up'].map(
    (key) => [key, canary(`query ${key}`)] as [string, string],
  ),
  [canary('name of a query parameter'), 'x'],
]).toString();

/** Each operation of the API's own description, with canaries for its path parameters. */
const listOperations = async (): Promise<{ method: string; path: string }[]> => {
  const document = (await shop.call('GET', '/openapi.json')).body as { paths: Record<string, object> };
  const operations = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.keys(item)
      .filter((key) => /^(get|post|put|patch|delete)$/.test(key))
      .map((key) => ({
        method: key.toUpperCase(),
        path: template.replaceAll(/\{(\w+)\}/g, (_all, name) => canary(`path ${name}`)),
      })),
  );
  // The customer is deleted last.
  return operations.sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));
};

const readJson = async (path: string) => JSON.parse(await readFile(join(shop.dataDirectory, path), 'utf8'));

/** What a customer does, rightly, so that the values travel through every service and into the databases. */
const liveAsCustomer = async (demo: Readonly<Record<string, string>>): Promise<string> => {
  expect((await shop.call('POST', '/api/customers', { body: registration, headers: publicHeaders })).status).toBe(201);
  // The driver's error of a duplicate quotes the value.
  expect((await shop.call('POST', '/api/customers', { body: registration })).status).toBe(409);
  await shop.call('POST', '/users/api/login', { body: { email, password: canary('wrong password') } });
  const { accessToken, refreshToken } = await shop.login(email, password);
  const token = secret('access token', accessToken);
  secret('signature of the access token', token.split('.')[2] ?? '');
  secret('refresh token', refreshToken);
  const street = canary('new street');
  await shop.call('PATCH', '/api/customers/me', {
    token,
    body: { name: canary('new name'), address: { ...address, street } },
  });
  for (const paymentMethod of paymentMethods) {
    const key = canary(`idempotency key of ${paymentMethod}`);
    const lines = [{ sku: 'TEA-002', quantity: 1 }];
    const { body } = await shop.order(token, { lines, paymentMethod }, key);
    await shop.order(token, { lines: [{ sku: 'TEA-003', quantity: 2 }], paymentMethod }, key);
    await shop.call('GET', `/api/orders/${body.id}/invoice`, { token });
    await shop.call('GET', `/api/payments/${body.id}`, { token });
    await shop.call('POST', `/api/orders/${body.id}/cancel`, { token });
  }
  const clientSecret = demo.clientSecret ?? '';
  const client = { client_id: 'demo-client', client_secret: clientSecret };
  const asClient = { authorization: `Basic ${Buffer.from(`demo-client:${clientSecret}`).toString('base64')}` };
  const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const next = await shop.call('POST', '/oauth/token', { form: refresh });
  expect(next.status).toBe(200);
  for (const name of ['access_token', 'refresh_token']) secret(`next ${name}`, next.body[name]);
  const grant = { grant_type: 'client_credentials' };
  for (const proof of [{ form: { ...grant, ...client } }, { form: grant, headers: asClient }]) {
    const granted = await shop.call('POST', '/oauth/token', proof);
    expect(granted.status).toBe(200);
    secret(`token of the client ${canaries.size}`, granted.body.access_token);
  }
  for (const path of ['/oauth/introspect', '/oauth/revoke']) {
    await shop.call('POST', path, { form: { token: next.body.refresh_token, ...client } });
    await shop.call('POST', path, { form: { token }, headers: asClient });
  }
  return token;
};

/** Past the gateway, as only another service or an operator could. */
const sendInside = async (keys: Readonly<Record<string, string>>): Promise<void> => {
  const { addresses } = await readJson('run.json');
  const word = canary('internal path');
  const routes = [
    ['customer', 'oauth', 'POST', '/internal/credentials'],
    ['customer', 'oauth', 'DELETE', `/internal/credentials/${word}`],
    ['order', 'customer', 'GET', `/internal/customers/${word}`],
    ['order', 'product', 'POST', '/internal/prices'],
    ['order', 'product', 'PUT', `/internal/skus/${word}/holds/${word}`],
    ['order', 'payment', 'PUT', `/internal/payments/${word}`],
    ['payment', 'oauth', 'POST', '/internal/keys/rotate'],
  ] as const;
  for (const [caller, service, method, path] of routes) {
    const url = `${addresses.internal[service]}${path}?${query}`;
    await sendEveryForm(method, url, { 'x-service-key': `${caller}.${keys[caller]}` }, internalHeaders);
    await sendEveryForm(method, url, { 'x-service-key': `${caller}.${canary('wrong service key')}` }, internalHeaders);
    await sendEveryForm(
      method,
      url,
      { 'x-service-key': `${canary('unknown caller')}.${keys[caller]}` },
      internalHeaders,
    );
  }
  for (const admin of Object.values(shop.addresses().admin)) {
    const fault = [{ route: canary('route of a fault'), status: canary('status of a fault') }];
    const body = JSON.stringify(fault);
    for (const path of ['faults', 'log-level']) await send(`${admin}/${path}`, { method: 'PUT', headers: json, body });
  }
};

/** The texts of failures: a driver, a parser or an HTTP client likes to quote what it was given. */
const sendDuringFailures = async (token: string): Promise<void> => {
  const url = `${shop.addresses().gateway}/api/products?q=${canary('query of a failed request')}`;
  const faults = `${shop.addresses().admin.product}/faults`;
  const body = JSON.stringify([{ route: '*', status: 503 }]);
  await fetch(faults, { method: 'PUT', headers: json, body });
  await send(url, { headers: { ...publicHeaders, authorization: `Bearer ${token}` } });
  await fetch(faults, { method: 'DELETE' });
  const previousPid = await shop.pid('product');
  await shop.signal('product', 'SIGKILL');
  await send(url, { headers: publicHeaders });
  await shop.order(token, { lines: [{ sku: 'TEA-004', quantity: 1 }], paymentMethod: 'card_ok' });
  await shop.untilReplaced('product', previousPid);
};

const logEverything = async (): Promise<void> => {
  for (const admin of Object.values(shop.addresses().admin)) {
    const body = JSON.stringify({ level: 'debug' });
    expect((await fetch(`${admin}/log-level`, { method: 'PUT', headers: json, body })).status).toBe(200);
  }
};

const untilDelivered = () =>
  Promise.all(
    services.map((name) =>
      waitFor(
        `nothing to be buffered in ${name}`,
        async () => {
          const samples = await evidence.scrape(name);
          return sumOf(samples, 'log_records_buffered') + sumOf(samples, 'spans_buffered') === 0;
        },
        30_000,
      ),
    ),
  );

/** All that the shop says about itself, by where it says it. */
const collectTelemetry = async (): Promise<Map<string, string>> => {
  const { admin, jaeger } = shop.addresses();
  const found = new Map<string, string>();
  const lines = await evidence.logs({ match_all: {} });
  // The search answers at most that many; the rest would not have been looked at.
  expect(lines.length).toBeLessThan(10_000);
  found.set('logs', JSON.stringify(lines));
  const directory = join(shop.dataDirectory, 'logs');
  for (const file of await readdir(directory)) found.set(file, await readFile(join(directory, file), 'utf8'));
  for (const name of services) {
    // The whole answer, with the events that spans carry.
    const traces = await (await fetch(`${jaeger}/api/traces?service=${name}&limit=1500&lookback=1h`)).text();
    expect(JSON.parse(traces).data.length).toBeLessThan(1_500);
    found.set(`spans of ${name}`, traces);
    for (const accept of ['text/plain', 'application/openmetrics-text; version=1.0.0']) {
      const metrics = await fetch(`${admin[name]}/metrics`, { headers: { accept } });
      found.set(`metrics of ${name} as ${accept}`, await metrics.text());
    }
  }
  return found;
};

let telemetry: Map<string, string>;
let customerId: string;

beforeAll(async () => {
  shop = await startShop();
  evidence = createEvidence(shop.addresses);
  await logEverything();
  const demo = (await readJson('secrets/demo.json')) as Record<string, string>;
  const keys = (await readJson('secrets/service-keys.json')) as Record<string, string>;
  for (const [name, value] of Object.entries({ ...demo, ...keys })) secret(`secret of ${name}`, value);
  const adminToken = secret('admin token', await shop.adminToken());
  const token = await liveAsCustomer(demo);
  customerId = (await shop.call('GET', '/api/customers/me', { token })).body.id;
  await sendDuringFailures(token);
  await logEverything();

  const { gateway } = shop.addresses();
  const operations = await listOperations();
  expect(operations.length).toBeGreaterThan(20);
  for (const { method, path } of operations) {
    await sendEveryForm(method, `${gateway}${path}?${query}`, { authorization: `Bearer ${adminToken}` });
    await sendEveryForm(method, `${gateway}${path}`, { authorization: `Bearer ${token}` });
  }
  const strange = [`/${canary('unknown path')}`, `/api/orders/%2e%2e/${password}`, `/api/products/${password}%00%zz`];
  for (const path of strange) await sendEveryForm('POST', `${gateway}${path}?${query}`, {});
  await sendEveryForm('PUT', `${gateway}/api/orders?${query}`, { authorization: `Bearer ${token}` });
  // Node's parser closes the connection at a method that it does not know.
  const unknownMethod = send(`${gateway}/api/products`, { method: secret('method', canary('method').toUpperCase()) });
  await unknownMethod.catch(() => undefined);
  await sendInside(keys);
  await untilDelivered();
  telemetry = await collectTelemetry();
}, 300_000);
afterAll(() => shop?.stop());

test('the values went through every kind of answer, and none of them broke a service', () => {
  for (const status of [400, 401, 403, 404, 405, 415, 503]) expect([...statuses.keys()]).toContain(status);
  expect([...statuses.keys()]).not.toContain(500);
});

test('the telemetry that is searched has what it should have of the same requests', () => {
  expect(telemetry.get('logs')).toContain(customerId);
  expect(telemetry.get('order.log')).toContain(customerId);
  expect(telemetry.get('spans of gateway')).toContain('POST /api/orders');
  expect(telemetry.get('metrics of gateway as text/plain')).toContain('http_route="/api/orders"');
  for (const text of telemetry.values()) expect(text).not.toBe('');
});

test('no password, token, key, personal data, body, header, path or query value stands in any log, span or metric', () => {
  const leaks = [...telemetry].flatMap(([where, text]) =>
    [...canaries]
      .filter(([, value]) => toSpellings(value).some((spelling) => text.includes(spelling)))
      .map(([what]) => `${what} in ${where}`),
  );
  expect(leaks).toEqual([]);
});
