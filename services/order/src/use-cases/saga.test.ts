import fc from 'fast-check';
import { exploreAll, runScenario, type Scenario } from '../testing/explore.js';
import type { Mutation } from '../testing/shop.js';

type Order = Scenario['orders'][number];
const paid: Order = { key: 'a', paymentMethod: 'card_ok' };
const declined: Order = { key: 'a', paymentMethod: 'card_declined' };
const another: Order = { key: 'b', paymentMethod: 'card_ok' };

// Thousands of runs on a busy machine: the time-out only ends a search that hangs.
jest.setTimeout(180_000);

test.each<[string, Scenario]>([
  ['is paid', { stock: { x: 1 }, orders: [paid], disturbances: 2 }],
  ['is declined', { stock: { x: 1 }, orders: [declined], disturbances: 2 }],
  ['has a line out of stock', { stock: { x: 1, y: 0 }, orders: [paid], disturbances: 2 }],
])('an order that %s survives every combination of two disturbances', async (_what, scenario) => {
  const { runs, broken, trace } = await exploreAll(scenario);
  expect({ broken, trace }).toEqual({ broken: [], trace: [] });
  expect(runs).toBeGreaterThan(1_000);
});

test('orders that compete for one unit, one of them asked for twice, survive random runs of ten disturbances', async () => {
  const scenario: Scenario = { stock: { x: 1, y: 2 }, orders: [paid, paid, another], disturbances: 10 };
  // Half of the choices are the undisturbed one, so that runs come far before their disturbances are used up.
  const choices = fc.array(fc.oneof(fc.constant(0), fc.nat(1_000)), { minLength: 20, maxLength: 60 });
  const isUnbroken = fc.asyncProperty(choices, async (list) => {
    let next = 0;
    const { broken, trace } = await runScenario(scenario, (count) => (list[next++] ?? 0) % count);
    expect({ broken, trace: broken.length > 0 ? trace : [] }).toEqual({ broken: [], trace: [] });
  });
  await fc.assert(isUnbroken, { numRuns: 600, seed: 1 });
});

// A search that finds nothing proves something only if it finds what is there: each rule of the protocol left out once.
test.each<[Mutation, Order, string]>([
  ['no_release_tombstone', paid, 'I2: x is held for ever'],
  ['no_void_tombstone', paid, 'I3: the money of a cancelled order was kept'],
  ['no_guard', paid, 'I4: a history is no path of the graph'],
  ['charge_not_idempotent', paid, 'I3: an order was charged twice'],
  ['commit_not_idempotent', paid, 'I1: stock of x is not conserved'],
  ['hold_expires', paid, 'I4: an order stays CHARGED'],
])('the exploration notices a protocol with %s', async (mutation, order, violation) => {
  const { broken } = await exploreAll({ stock: { x: 1 }, orders: [order], disturbances: 2, mutation });
  expect(broken).toContain(violation);
});
