import { randomUUID } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { type Books, openBooks } from './books.js';
import type { Purchase, Wish } from './buyer.js';
import { type Answer, type Customer, startShop, type TestShop } from './shop.js';

let shop: TestShop;
let books: Books;
let ada: Customer;
let bob: Customer;
let adminToken: string;

beforeAll(async () => {
  shop = await startShop();
  adminToken = await shop.adminToken();
  [ada, bob] = await Promise.all([shop.newCustomer(), shop.newCustomer()]);
  books = await openBooks(shop, { 'E2E-TEA': 1_000, 'E2E-RARE': 3 });
  // The first order of a shop that has just started may take longer than its request; later ones do not.
  await order({ lines: [{ sku: 'E2E-TEA', quantity: 1 }], paymentMethod: 'card_ok' });
});
afterAll(() => shop?.stop());

const tea = (paymentMethod: string, quantity = 1): Wish => ({ lines: [{ sku: 'E2E-TEA', quantity }], paymentMethod });

const order = (wish: Wish, { token = ada.token, key }: { token?: string; key?: string } = {}): Promise<Purchase> =>
  books.place({ token, wish, key });

const available = async (sku: string): Promise<number> =>
  (await shop.call('GET', `/api/products/${sku}/availability`)).body.available;

const withoutIds = ({ body }: Answer) => ({ ...body, traceId: '' });

const idOf = ({ headers }: Answer): string => headers.get('location')?.split('/').at(-1) ?? '';

test('a declined card is 402: the order is cancelled, nothing was taken, and the stock is back', async () => {
  const before = await available('E2E-TEA');
  const { final } = await order(tea('card_declined', 2));
  expect(final.status).toBe(402);
  expect(final.headers.get('content-type')).toContain('application/problem+json');
  expect(final.body).toMatchObject({ status: 402, code: 'payment_declined', traceId: final.traceId });
  const { body } = await shop.call('GET', `/api/orders/${idOf(final)}`, { token: ada.token });
  expect(body).toMatchObject({ state: 'CANCELLED', reason: 'payment_declined' });
  const payment = await shop.call('GET', `/api/payments/${idOf(final)}`, { token: ada.token });
  expect(payment.body).toMatchObject({ state: 'DECLINED' });
  expect(await available('E2E-TEA')).toBe(before);
  expect((await shop.call('GET', `/api/orders/${idOf(final)}/invoice`, { token: ada.token })).body.code).toBe(
    'order_not_confirmed',
  );
});

test('out of stock is 409 and names the line; the lines that could be reserved are given back', async () => {
  const before = await available('E2E-TEA');
  const wish = { lines: [...tea('card_ok').lines, { sku: 'E2E-RARE', quantity: 4 }], paymentMethod: 'card_ok' };
  const { final } = await order(wish);
  expect(final.status).toBe(409);
  expect(final.body).toMatchObject({ code: 'out_of_stock', errors: [{ path: 'body.lines.1' }] });
  expect([await available('E2E-TEA'), await available('E2E-RARE')]).toEqual([before, 3]);
});

test('of many who want the last units at once exactly as many get them as there are', async () => {
  const wish: Wish = { lines: [{ sku: 'E2E-RARE', quantity: 1 }], paymentMethod: 'card_ok' };
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => order(wish)));
  expect(outcomes.map(({ final }) => final.status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
  expect(await available('E2E-RARE')).toBe(0);
});

describe('an idempotency key', () => {
  test.each(['card_ok', 'card_declined'])(
    'used again with the same body gives the same answer (%s)',
    async (method) => {
      const key = randomUUID();
      const { final } = await order(tea(method), { key });
      const again = await shop.order(ada.token, tea(method), key);
      expect(again.status).toBe(final.status);
      expect(withoutIds(again)).toEqual(withoutIds(final));
      expect(again.headers.get('location')).toBe(final.headers.get('location'));
      expect(again.traceId).not.toBe(final.traceId);
    },
  );

  test('in quotes is the same key', async () => {
    const key = randomUUID();
    const { final } = await order(tea('card_ok'), { key });
    expect((await shop.order(ada.token, tea('card_ok'), `"${key}"`)).body.id).toBe(final.body.id);
  });

  test('used again with another body is 422 and changes nothing', async () => {
    const key = randomUUID();
    const { final } = await order(tea('card_ok'), { key });
    const again = await shop.order(ada.token, tea('card_ok', 5), key);
    expect([again.status, again.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await shop.order(ada.token, tea('card_ok'), key)).body.id).toBe(final.body.id);
  });

  test('of two customers makes two orders', async () => {
    const key = randomUUID();
    const [mine, theirs] = [
      await order(tea('card_ok'), { key }),
      await order(tea('card_ok'), { key, token: bob.token }),
    ];
    expect([mine.final.status, theirs.final.status]).toEqual([201, 201]);
    expect(mine.final.body.id).not.toBe(theirs.final.body.id);
  });

  test('sent many times at once makes one order', async () => {
    const key = randomUUID();
    const before = await available('E2E-TEA');
    const all = await Promise.all(Array.from({ length: 6 }, () => order(tea('card_ok'), { key })));
    expect(new Set(all.map(({ final }) => `${final.status} ${final.body.id}`)).size).toBe(1);
    expect(await available('E2E-TEA')).toBe(before - 1);
  });

  test.each([
    ['missing', {}],
    ['empty', { 'idempotency-key': '' }],
    ['too long', { 'idempotency-key': 'k'.repeat(256) }],
    ['with a comma', { 'idempotency-key': 'a,b' }],
  ])('that is %s is 400', async (_what, headers) => {
    const answer = await shop.call('POST', '/api/orders', { token: ada.token, body: tea('card_ok'), headers });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'headers.idempotency-key' }] });
  });
});

test.each([
  ['an unknown field', { ...tea('card_ok'), coupon: 'x' }, 'body.coupon'],
  [
    'an unknown field in a line',
    { lines: [{ sku: 'E2E-TEA', quantity: 1, price: 1 }], paymentMethod: 'card_ok' },
    'body.lines.0.price',
  ],
  ['no lines', { lines: [], paymentMethod: 'card_ok' }, 'body.lines'],
  [
    'a quantity of zero',
    { lines: [{ sku: 'E2E-TEA', quantity: 0 }], paymentMethod: 'card_ok' },
    'body.lines.0.quantity',
  ],
  ['an unknown card', { ...tea('card_gold') }, 'body.paymentMethod'],
])('an order with %s is 400 and says where', async (_what, body, path) => {
  const answer = await shop.order(ada.token, body);
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect(answer.body.errors[0].path).toBe(path);
  expect(JSON.stringify(answer.body)).not.toContain('gold');
});

test('an unknown product is 422, and no order is made', async () => {
  const answer = await shop.order(ada.token, { lines: [{ sku: 'NOPE', quantity: 1 }], paymentMethod: 'card_ok' });
  expect([answer.status, answer.body.code]).toEqual([422, 'unknown_sku']);
});

test('other people’s orders, payments and invoices do not exist; an administrator sees them', async () => {
  const { final } = await order(tea('card_ok'));
  const { id } = final.body;
  for (const path of [`/api/orders/${id}`, `/api/orders/${id}/invoice`, `/api/payments/${id}`]) {
    const theirs = await shop.call('GET', path, { token: bob.token });
    const nobodys = await shop.call('GET', path.replace(id, 'x'.repeat(43)), { token: bob.token });
    expect(theirs.status).toBe(404);
    expect(withoutIds(theirs)).toEqual(withoutIds(nobodys));
  }
  expect((await shop.call('POST', `/api/orders/${id}/cancel`, { token: bob.token })).status).toBe(404);
  expect((await shop.call('GET', `/api/orders/${id}`, { token: adminToken })).body.state).toBe('CONFIRMED');
  expect((await shop.call('GET', `/api/payments/${id}`, { token: adminToken })).body.state).toBe('SUCCEEDED');
  const { body } = await shop.call('GET', '/api/orders?limit=100', { token: bob.token });
  expect(body.items.map((item: { id: string }) => item.id)).not.toContain(id);
});

test('a slow card ends as 201, or as 202 with a place to look until it is confirmed', async () => {
  const key = randomUUID();
  const first = await shop.order(ada.token, tea('card_slow'), key);
  expect([201, 202]).toContain(first.status);
  const location = new URL(first.headers.get('location') ?? '');
  const { final } = await order(tea('card_slow'), { key });
  expect(final.status).toBe(201);
  const found = await shop.call('GET', location.pathname, { token: ada.token });
  expect(found.body).toMatchObject({ id: final.body.id, state: 'CONFIRMED' });
});

test('a card that fails once is tried again, and charged once', async () => {
  const { final } = await order(tea('card_flaky'));
  expect(final.status).toBe(201);
  const payment = await shop.call('GET', `/api/payments/${final.body.id}`, { token: ada.token });
  expect(payment.body).toMatchObject({ state: 'SUCCEEDED', amount: final.body.total });
});

describe('cancelling', () => {
  test('a confirmed order is refused', async () => {
    const { final } = await order(tea('card_ok'));
    const answer = await shop.call('POST', `/api/orders/${final.body.id}/cancel`, { token: ada.token });
    expect([answer.status, answer.body.code]).toEqual([409, 'order_not_cancellable']);
  });

  test('a cancelled order changes nothing', async () => {
    const { final } = await order(tea('card_declined'));
    const answer = await shop.call('POST', `/api/orders/${idOf(final)}/cancel`, { token: ada.token });
    expect([answer.status, answer.body.state, answer.body.reason]).toEqual([200, 'CANCELLED', 'payment_declined']);
  });

  test('an order whose charge is on its way gives everything back, and the charge comes too late', async () => {
    const carol = await shop.newCustomer();
    const before = await available('E2E-TEA');
    const placing = order(tea('card_slow', 3), { token: carol.token });
    const { id } = await waitFor('the order to be reserved', async () => {
      const { body } = await shop.call('GET', '/api/orders', { token: carol.token });
      return body.items[0]?.state === 'RESERVED' ? (body.items[0] as { id: string }) : undefined;
    });
    const answer = await shop.call('POST', `/api/orders/${id}/cancel`, { token: carol.token });
    expect([200, 202]).toContain(answer.status);
    const { final } = await placing;
    expect([final.status, final.body.code]).toEqual([409, 'order_cancelled']);
    const payment = await shop.call('GET', `/api/payments/${id}`, { token: adminToken });
    expect(['VOIDED', 'REFUNDED']).toContain(payment.body.state);
    expect(await available('E2E-TEA')).toBe(before);
  });
});

describe('a login', () => {
  test('with a wrong password and one of nobody have the same answer', async () => {
    const login = (email: string) =>
      shop.call('POST', '/users/api/login', { body: { email, password: 'wrong-password' } });
    const [wrong, nobody] = [await login(bob.email), await login(`nobody-${randomUUID()}@glasshouse.test`)];
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect(withoutIds(wrong)).toEqual(withoutIds(nobody));
    expect(wrong.body.code).toBe('invalid_credentials');
  });

  test('can be refreshed once per token; the same token again at once has the same successor, an older one ends the login', async () => {
    const refresh = (refreshToken: string) =>
      shop.call('POST', '/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: refreshToken } });
    const first = await refresh(bob.refreshToken);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ token_type: 'Bearer', expires_in: 300 });
    expect((await shop.call('GET', '/api/customers/me', { token: first.body.access_token })).status).toBe(200);
    const lostAnswer = await refresh(bob.refreshToken);
    expect(lostAnswer.body.refresh_token).toBe(first.body.refresh_token);
    const second = await refresh(first.body.refresh_token);
    expect(second.status).toBe(200);
    const stolen = await refresh(bob.refreshToken);
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(second.body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('has no password grant', async () => {
    const form = { grant_type: 'password', username: bob.email, password: bob.password };
    const answer = await shop.call('POST', '/oauth/token', { form });
    expect([answer.status, answer.body.error]).toEqual([400, 'unsupported_grant_type']);
  });
});

test('a product is read and edited by its ETag', async () => {
  const path = '/api/products/E2E-TEA';
  const patch = (headers: Record<string, string>) =>
    shop.call('PATCH', path, { token: adminToken, body: { description: randomUUID() }, headers });
  const etag = (await shop.call('GET', path)).headers.get('etag') ?? '';
  expect(etag).toMatch(/^"\d+"$/);
  const notModified = await shop.call('GET', path, { headers: { 'if-none-match': etag } });
  expect([notModified.status, notModified.body, notModified.headers.get('etag')]).toEqual([304, '', etag]);
  expect((await patch({})).body).toMatchObject({ status: 428, code: 'if_match_required' });
  const edited = await patch({ 'if-match': etag });
  expect(edited.status).toBe(200);
  expect(edited.headers.get('etag')).not.toBe(etag);
  expect((await patch({ 'if-match': etag })).body).toMatchObject({ status: 412, code: 'version_mismatch' });
  expect((await patch({ 'if-match': '*' })).status).toBe(200);
});

test('nobody without the role gets in, and says so in the terms of its kind', async () => {
  const body = { delta: 1 };
  const path = '/api/products/E2E-TEA/stock';
  const anonymous = await shop.call('POST', path, { body });
  expect([anonymous.status, anonymous.body.code]).toEqual([401, 'unauthenticated']);
  expect(anonymous.headers.get('www-authenticate')).toMatch(/^Bearer/);
  const customer = await shop.call('POST', path, { body, token: ada.token });
  expect([customer.status, customer.body.code]).toEqual([403, 'forbidden']);
  const forged = await shop.call('POST', path, { body, token: `${ada.token.slice(0, -4)}AAAA` });
  expect([forged.status, forged.body.code]).toEqual([401, 'invalid_token']);
  const below = await shop.call('POST', path, { body: { delta: -1_000_000 }, token: adminToken });
  expect([below.status, below.body.code]).toEqual([409, 'stock_below_zero']);
});

test('after all of this the books agree', async () => {
  expect(await books.contradictions()).toEqual([]);
});
