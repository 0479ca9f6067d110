import {
  expectNoneOf,
  type Issuer,
  startDocumentStore,
  startIssuer,
  startService,
  type TestDocumentStore,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

jest.setTimeout(60_000);

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

let documentStore: TestDocumentStore;
let issuer: Issuer;
let service: TestService;
let admin: string;

beforeAll(async () => {
  documentStore = await startDocumentStore();
  issuer = await startIssuer();
  service = await startService({
    name: 'product',
    create: createService,
    schema: configSchema,
    env: { MONGO_URL: documentStore.url('product'), DEMO_MODE: 'true', PUBLIC_URL: 'http://shop.test' },
    issuer,
  });
  admin = `Bearer ${issuer.token({ roles: ['admin'] })}`;
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok);
});

afterAll(async () => {
  await service?.stop();
  await issuer?.stop();
  await documentStore?.stop();
});

const send = async (
  base: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> => {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
};
const call: (method: string, path: string, options?: Parameters<typeof send>[3]) => Promise<Answer> = (...args) =>
  send(service.app, ...args);
const asAdmin = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(method, path, { body, headers: { authorization: admin, ...headers } });

let lastSku = 0;
const addProduct = async (details: Record<string, unknown> = {}): Promise<{ sku: string; etag: string }> => {
  lastSku += 1;
  const sku = `NEW-${lastSku}`;
  const price = { amount: 500, currency: 'EUR' };
  const { status, headers } = await asAdmin('POST', '/api/products', { sku, name: sku, price, ...details });
  expect(status).toBe(201);
  return { sku, etag: headers.get('etag') ?? '' };
};

const readAll = async (query: string): Promise<Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await call('GET', `/api/products?${query}${cursor ? `&cursor=${cursor}` : ''}`);
    expect(status).toBe(200);
    items.push(...(body.items as Record<string, unknown>[]));
    cursor = body.next as string | undefined;
  } while (cursor !== undefined);
  return items;
};

describe('the catalogue', () => {
  test('begins with fifty products in demo mode', async () => {
    expect((await readAll('limit=100')).filter(({ sku }) => !String(sku).startsWith('NEW-'))).toHaveLength(50);
    expect(service.facts('product.seeded')).toHaveLength(1);
  });

  test.each(['name', '-name', 'price', '-price', 'created', '-created'])(
    'gives every product exactly once, in order, when paged by %s',
    async (sort) => {
      const whole = (await readAll(`limit=100&sort=${sort}`)).map(({ sku }) => sku);
      expect(new Set(whole).size).toBe(whole.length);
      const limit = sort === 'name' ? 1 : 7;
      expect((await readAll(`limit=${limit}&sort=${sort}`)).map(({ sku }) => sku)).toEqual(whole);
    },
  );

  test('sorts by price both ways', async () => {
    const prices = (await readAll('sort=price&limit=9')).map(({ price }) => (price as { amount: number }).amount);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    const falling = (await readAll('sort=-price&limit=9')).map(({ price }) => (price as { amount: number }).amount);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
  });

  test('goes on after a product that was removed meanwhile', async () => {
    const { sku } = await addProduct({ name: 'zzz first', tags: ['paging-hole'] });
    const { sku: second } = await addProduct({ name: 'zzz second', tags: ['paging-hole'] });
    const page = await call('GET', '/api/products?tag=paging-hole&limit=1');
    await asAdmin('DELETE', `/api/products/${sku}`, undefined, { 'if-match': '*' });
    const rest = await call('GET', `/api/products?tag=paging-hole&limit=1&cursor=${page.body.next}`);
    expect(rest.body.items).toEqual([expect.objectContaining({ sku: second })]);
  });

  test.each([
    ['q=assam', 'TEA-001'],
    ['q=tea-001', 'TEA-001'],
    ['q=milk%20malty', 'TEA-001'],
    ['q=CAFE', 'CUP-002'],
    ['tag=taiwan&q=ding', 'TEA-021'],
    ['available=false&q=ceremony', 'SET-002'],
  ])('finds by %s', async (query, sku) => {
    expect((await readAll(query)).map((item) => item.sku)).toContain(sku);
  });

  test.each(['.*', '^', '$', '(', '[a-z]+', '\\w', '{"$gt":""}', '(a+)+$', '*'])(
    'takes %j as text to look for, never as a pattern',
    async (q) => {
      expect(await readAll(`q=${encodeURIComponent(q)}`)).toEqual([]);
    },
  );

  test('tells availability apart', async () => {
    expect((await readAll('available=false')).every(({ available }) => available === 0)).toBe(true);
    expect((await readAll('available=true')).every(({ available }) => Number(available) > 0)).toBe(true);
  });

  test('answers with the body of the contract and addresses that work outside', async () => {
    const { body, headers } = await call('GET', '/api/products/TEA-001');
    expect(body).toEqual({
      sku: 'TEA-001',
      name: 'Assam Second Flush',
      description: 'Malty and strong; takes milk well.',
      price: { amount: 1290, currency: 'EUR' },
      tags: ['black', 'india'],
      available: 9000,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      links: {
        self: 'http://shop.test/api/products/TEA-001',
        availability: 'http://shop.test/api/products/TEA-001/availability',
      },
    });
    expect(headers.get('etag')).toBe('"1"');
    expect((await call('GET', '/api/products/NO-SUCH')).body).toMatchObject({ status: 404, code: 'product_not_found' });
  });
});

describe('conditional requests', () => {
  test.each(['/api/products/TEA-002', '/api/products/TEA-002/availability'])('%s answers 304', async (path) => {
    const etag = (await call('GET', path)).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
      const answer = await call('GET', path, { headers: { 'if-none-match': known } });
      expect(answer.status).toBe(304);
      expect(answer.headers.get('etag')).toBe(etag);
      expect(answer.body).toEqual({});
    }
    expect((await call('GET', path, { headers: { 'if-none-match': '"0"' } })).status).toBe(200);
  });

  test.each([
    ['the ETag that was read', (etag: string) => etag, 200],
    ['a list with that ETag', (etag: string) => `"0", ${etag}`, 200],
    ['a star', () => '*', 200],
    ['an old ETag', () => '"0"', 412],
    ['the weak form of the ETag', (etag: string) => `W/${etag}`, 412],
    ['somebody else’s ETag', () => '"abc"', 412],
    ['no list of ETags', () => 'seven', 400],
    ['nothing', () => undefined, 428],
  ])('an edit with %s', async (_what, toIfMatch, expected) => {
    const replacement = { name: 'N', description: '', price: { amount: 1, currency: 'EUR' }, tags: [] };
    for (const [method, body] of [
      ['PATCH', { name: 'N' }],
      ['PUT', replacement],
      ['DELETE', undefined],
    ] as const) {
      const { sku, etag } = await addProduct();
      const ifMatch = toIfMatch(etag);
      const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
      const answer = await asAdmin(method, `/api/products/${sku}`, body, headers);
      expect(answer.status).toBe(method === 'DELETE' && expected === 200 ? 204 : expected);
      if (method !== 'DELETE' && expected === 200) expect(answer.headers.get('etag')).not.toBe(etag);
    }
  });

  test('of two edits from the same copy one wins and the other is told', async () => {
    const { sku, etag } = await addProduct();
    const edits = ['one', 'two'].map((name) =>
      asAdmin('PATCH', `/api/products/${sku}`, { name }, { 'if-match': etag }),
    );
    expect((await Promise.all(edits)).map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('an edit of a product that does not exist is 404, whatever the condition', async () => {
    expect((await asAdmin('PATCH', '/api/products/NO-SUCH', { name: 'N' }, { 'if-match': '*' })).status).toBe(404);
    expect((await asAdmin('DELETE', '/api/products/NO-SUCH', undefined, { 'if-match': '"1"' })).status).toBe(404);
  });
});

describe('an admin', () => {
  test('adds, reads, changes and removes a product, and each leaves its fact', async () => {
    const { sku, etag } = await addProduct({ available: 3, tags: ['black'] });
    const path = `/api/products/${sku}`;
    expect(
      (await asAdmin('POST', '/api/products', { sku, name: 'x', price: { amount: 1, currency: 'EUR' } })).body,
    ).toMatchObject({ status: 409, code: 'sku_taken' });
    expect((await call('GET', path)).body).toMatchObject({ available: 3, description: '' });
    const patched = await asAdmin('PATCH', path, { price: { amount: 700, currency: 'EUR' } }, { 'if-match': etag });
    expect(patched.body).toMatchObject({ name: sku, tags: ['black'], price: { amount: 700 } });
    // The copy in the cache is gone: a reader sees the edit at once.
    expect((await call('GET', path)).body).toEqual(patched.body);
    expect((await asAdmin('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await asAdmin('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(404);
    for (const action of ['product.created', 'product.updated', 'product.removed']) {
      const fact = service.facts(action).find((record) => record['glasshouse.sku'] === sku);
      expect(fact).toMatchObject({ 'log.level': 'info', 'trace.id': expect.stringMatching(/^[0-9a-f]{32}$/) });
    }
  });

  test('changes stock by deltas, never below zero', async () => {
    const { sku, etag } = await addProduct({ available: 3 });
    const path = `/api/products/${sku}/stock`;
    expect((await asAdmin('POST', path, { delta: -4 })).body).toMatchObject({ status: 409, code: 'stock_below_zero' });
    expect((await asAdmin('POST', path, { delta: 4 }, { 'if-match': etag })).body).toMatchObject({ available: 7 });
    expect((await asAdmin('POST', path, { delta: 4 }, { 'if-match': etag })).status).toBe(412);
    expect((await asAdmin('POST', path, { delta: -7 })).body).toMatchObject({ available: 0 });
    expect((await asAdmin('POST', '/api/products/NO-SUCH/stock', { delta: 1 })).status).toBe(404);
    expect(service.facts('stock.changed').at(-1)).toMatchObject({ 'glasshouse.delta': -7, 'glasshouse.available': 0 });
  });

  test('is the only one who may', async () => {
    const customer = `Bearer ${issuer.token()}`;
    for (const [method, path] of [
      ['POST', '/api/products'],
      ['PUT', '/api/products/TEA-001'],
      ['PATCH', '/api/products/TEA-001'],
      ['DELETE', '/api/products/TEA-001'],
      ['POST', '/api/products/TEA-001/stock'],
    ] as const) {
      expect((await call(method, path)).status).toBe(401);
      expect((await call(method, path, { headers: { authorization: customer } })).status).toBe(403);
    }
  });
});

describe('hostile input', () => {
  const product = { sku: 'HOSTILE', name: 'n', price: { amount: 1, currency: 'EUR' } };
  test.each([
    ['GET', '/api/products?limit=0', undefined],
    ['GET', '/api/products?limit=1e9', undefined],
    ['GET', '/api/products?sort=__proto__', undefined],
    ['GET', '/api/products?q[$gt]=', undefined],
    ['GET', '/api/products?q=a&q=b', undefined],
    ['GET', '/api/products?available=yes', undefined],
    ['GET', '/api/products?unknown=1', undefined],
    ['GET', '/api/products?cursor=%00', undefined],
    ['GET', '/api/products?cursor=bm9uc2Vuc2U', undefined],
    [
      'GET',
      `/api/products?cursor=${Buffer.from('{"sort":"name","value":{"$gt":""},"sku":"A"}').toString('base64url')}`,
      undefined,
    ],
    [
      'GET',
      `/api/products?sort=price&cursor=${Buffer.from('{"sort":"name","value":"a","sku":"A"}').toString('base64url')}`,
      undefined,
    ],
    ['GET', '/api/products/%24where', undefined],
    ['GET', `/api/products/${'A'.repeat(65)}`, undefined],
    ['POST', '/api/products', '{'],
    ['POST', '/api/products', '[]'],
    ['POST', '/api/products', { ...product, sku: { $ne: '' } }],
    ['POST', '/api/products', { ...product, sku: 'lower' }],
    ['POST', '/api/products', { ...product, name: 'bell\u0007' }],
    ['POST', '/api/products', { ...product, name: '' }],
    ['POST', '/api/products', { ...product, price: { amount: 0.5, currency: 'EUR' } }],
    ['POST', '/api/products', { ...product, price: { amount: -1, currency: 'EUR' } }],
    ['POST', '/api/products', { ...product, price: { amount: 1, currency: 'XXX' } }],
    ['POST', '/api/products', { ...product, available: -1 }],
    ['POST', '/api/products', { ...product, tags: ['a', 'a'] }],
    ['POST', '/api/products', { ...product, listed: false }],
    ['PATCH', '/api/products/TEA-001', {}],
    ['PATCH', '/api/products/TEA-001', { available: 1 }],
    ['PATCH', '/api/products/TEA-001', { $set: { available: 1 } }],
    ['PUT', '/api/products/TEA-001', { name: 'only' }],
    ['POST', '/api/products/TEA-001/stock', { delta: 0 }],
    ['POST', '/api/products/TEA-001/stock', { delta: '1' }],
    ['POST', '/api/products/TEA-001/stock', { delta: 1e300 }],
  ])('%s %s %j is refused as a problem that names the trace', async (method, path, body) => {
    const answer = await asAdmin(method, path, body, { 'if-match': '*' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: expect.any(String), traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  test('leaves no trace of what was sent, and nothing stored', async () => {
    const secrets = [issuer.token({ roles: ['admin'] }), 'canary-search-text', 'canary-description'];
    await call('GET', '/api/products?q=canary-search-text', { headers: { authorization: `Bearer ${secrets[0]}` } });
    await asAdmin('POST', '/api/products', { ...product, sku: 'bad sku', description: 'canary-description' });
    await addProduct({ description: 'canary-description' });
    await expectNoneOf(service, [...secrets, admin]);
    expect((await call('GET', '/api/products/HOSTILE')).status).toBe(404);
  });
});
