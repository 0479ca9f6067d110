import { waitFor } from '@glasshouse/test-kit';
import { type Books, findSilentOrders, openBooks } from './books.js';
import type { Purchase, Wish } from './buyer.js';
import { createEvidence } from './evidence.js';
import { isAlive } from './launcher.js';
import { type ServiceName, startShop, type TestShop } from './shop.js';

const tea = { sku: 'E2E-TEA', quantity: 2 };

/** Together they take every way through the saga; a death on the way must not change where it ends. */
const scenarios: readonly { readonly wish: Wish; readonly status: number }[] = [
  { wish: { lines: [tea], paymentMethod: 'card_ok' }, status: 201 },
  { wish: { lines: [tea], paymentMethod: 'card_declined' }, status: 402 },
  { wish: { lines: [tea, { sku: 'E2E-RARE', quantity: 2 }], paymentMethod: 'card_ok' }, status: 409 },
];
const victims = ['order', 'product', 'payment'] as const satisfies ServiceName[];

let shop: TestShop;
let books: Books;
let token: string;

beforeAll(async () => {
  shop = await startShop();
  books = await openBooks(shop, { 'E2E-TEA': 5_000, 'E2E-RARE': 1 });
  ({ token } = await shop.newCustomer());
});
afterAll(() => shop?.stop());

const failpoints = async (service: ServiceName, text: string): Promise<void> => {
  const response = await fetch(`${shop.addresses().admin[service]}/failpoints`, { method: 'PUT', body: text });
  if (response.status !== 204) throw new Error(`failpoints: ${response.status} ${await response.text()}`);
};

const reached = async (service: ServiceName): Promise<Record<string, number>> =>
  (await (await fetch(`${shop.addresses().admin[service]}/failpoints`)).json()) as Record<string, number>;

interface Death {
  readonly service: (typeof victims)[number];
  /** `db.before orders.findOneAndUpdate#2` */
  readonly point: string;
  readonly wish: Wish;
  /** How that wish ends, with or without a death. */
  readonly status: number;
}

/**
 * The writes, before and after, and the answers of the calls. Between one of these and the next nothing leaves the process,
 * so a death there is the same death. Keys are fetched by the way.
 */
const isOnTheWay = (point: string): boolean =>
  /^(db\.\w+ \w+\.(insert|update|findOneAndUpdate)|client\.after \w+ (?!oauth))/.test(point);

/** Undisturbed purchases show which points there are; the n-th time at a point is a point of its own. */
const findDeaths = async (): Promise<Death[]> => {
  const deaths = new Map<string, Death>();
  for (const { wish, status } of scenarios) {
    for (const service of victims) await failpoints(service, '');
    expect((await books.place({ token, wish })).final.status).toBe(status);
    for (const service of victims) {
      for (const [point, times] of Object.entries(await reached(service)).filter(([name]) => isOnTheWay(name))) {
        for (let nth = 1; nth <= times; nth += 1) {
          const death = { service, point: `${point}#${nth}`, wish, status };
          const name = `${service} ${death.point}`;
          if (!deaths.has(name)) deaths.set(name, death);
        }
      }
    }
  }
  return takeTurns([...deaths.values()]);
};

/** Spreads the deaths of each service over the whole list, so that it has lived for a while before the next one. */
const takeTurns = (deaths: readonly Death[]): Death[] => {
  const places = victims.flatMap((victim) => {
    const own = deaths.filter(({ service }) => service === victim);
    return own.map((death, index) => ({ death, at: (index + 0.5) / own.length }));
  });
  return places.sort((a, b) => a.at - b.at).map(({ death }) => death);
};

/** Orders until the service has died there. The buyers go on in the background, as many as are waiting for a recovery. */
const dieAt = async ({ service, point, wish }: Death): Promise<Promise<Purchase>[]> => {
  const pid = await shop.pid(service);
  await failpoints(service, `${point}=kill`);
  const death = waitFor(`${service} to die at ${point}`, () => !isAlive(pid), 120_000);
  const buyers: Promise<Purchase>[] = [];
  do {
    const buyer = books.place({ token, wish });
    buyers.push(buyer);
    await Promise.race([buyer, death]);
  } while (isAlive(pid));
  await shop.untilReplaced(service, pid);
  return buyers;
};

test('an order ends as it should whichever service dies at whichever point of its way', async () => {
  const deaths = await findDeaths();
  const points = deaths.map(({ service, point }) => `${service} ${point}`);
  expect(points).toEqual(
    expect.arrayContaining([
      'order db.after orders.insert#1',
      'order db.before orders.findOneAndUpdate#3',
      'order client.after PUT payment /internal/payments/:orderId#1',
      'order client.after POST payment /internal/payments/:orderId/void#1',
      'order client.after DELETE product /internal/skus/:sku/holds/:orderId#1',
      'product db.after skus.findOneAndUpdate#1',
      'product db.before skus.update#1',
      'payment db.before payments.insert#1',
      'payment db.after payments.insert#1',
    ]),
  );
  const buyers: { readonly death: Death; readonly purchase: Promise<Purchase> }[] = [];
  for (const death of deaths) {
    buyers.push(...(await dieAt(death)).map((purchase) => ({ death, purchase })));
  }
  const outcomes = buyers.map(async ({ death, purchase }) => {
    const { status } = (await purchase).final;
    return status === death.status ? [] : [`${death.service} ${death.point}: ${status} instead of ${death.status}`];
  });
  expect((await Promise.all(outcomes)).flat()).toEqual([]);
  expect(await books.contradictions()).toEqual([]);
  expect(await findSilentOrders(createEvidence(shop.addresses), await books.orders())).toEqual([]);
}, 600_000);
