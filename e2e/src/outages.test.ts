import { randomUUID } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { type Books, openBooks } from './books.js';
import type { Purchase, Wish } from './buyer.js';
import { startShop, type TestShop } from './shop.js';

const confirmed: Wish = { lines: [{ sku: 'E2E-TEA', quantity: 2 }], paymentMethod: 'card_ok' };
const declined: Wish = { ...confirmed, paymentMethod: 'card_declined' };

let shop: TestShop;
let books: Books;
let token: string;

beforeAll(async () => {
  shop = await startShop();
  books = await openBooks(shop, { 'E2E-TEA': 5_000 });
});
afterAll(() => shop?.stop());
beforeEach(async () => {
  ({ token } = await shop.newCustomer());
});

const place = (wish: Wish, key?: string): Promise<Purchase> => books.place({ token, wish, key });

test.each(['order', 'product', 'payment', 'customer'] as const)(
  'an order outlives a time in which %s hangs',
  async (service) => {
    const key = randomUUID();
    await shop.signal(service, 'SIGSTOP');
    try {
      // A hanging service holds nobody: the answer comes within the caller's deadline, and says that the end is not known.
      expect([202, 503, 504]).toContain((await shop.order(token, confirmed, key)).status);
    } finally {
      await shop.signal(service, 'SIGCONT');
    }
    expect((await place(confirmed, key)).final.status).toBe(201);
    expect(await books.contradictions()).toEqual([]);
  },
);

test('who has logged in goes on buying while oauth is stopped', async () => {
  await place(confirmed);
  await shop.signal('oauth', 'SIGSTOP');
  try {
    expect((await place(confirmed)).answers.map(({ status }) => status)).toEqual([201]);
  } finally {
    await shop.signal('oauth', 'SIGCONT');
  }
});

test('orders outlive the document store', async () => {
  const buyers = Array.from({ length: 12 }, (_, index) => place(index % 3 === 0 ? declined : confirmed));
  await Promise.race(buyers);
  await shop.crash('document store');
  await Promise.all(buyers);
  expect(await books.contradictions()).toEqual([]);
});

test.each([1, 10])(
  'nothing that was acknowledged is missing after the death of every process (after %p answers)',
  async (answers) => {
    const answered: Purchase[] = [];
    const buyers = Array.from({ length: 24 }, async (_, index) => {
      answered.push(await place(index % 4 === 0 ? declined : confirmed));
    });
    await waitFor('some answers', () => answered.length >= answers, 30_000);
    const acknowledged = answered.filter(({ final }) => final.status === 201);
    await shop.killAll();
    await shop.restart();
    const adminToken = await shop.adminToken();
    for (const { final } of acknowledged) {
      const { body } = await shop.call('GET', `/api/orders/${final.body.id}`, { token: adminToken });
      expect(body).toMatchObject({ id: final.body.id, state: 'CONFIRMED', total: final.body.total });
    }
    await Promise.all(buyers);
    expect(await books.contradictions()).toEqual([]);
  },
);
