import { kitErrors } from '@glasshouse/service-kit';
import type { PaymentMethod } from '../../domain.js';
import { createUseCases, type UseCases } from '../index.js';
import type { Placement } from '../place-order.js';
import type { Probe } from '../ports.js';
import { brokenAtAnyInstant, brokenAtRest } from './invariants.js';
import { createShop, type Mutation, type Send } from './shop.js';

export interface Scenario {
  /** Units in stock; each order takes one of each. */
  readonly stock: Readonly<Record<string, number>>;
  readonly orders: readonly { readonly key: string; readonly paymentMethod: PaymentMethod }[];
  /** How many disturbances one run may have: a fault, a switch between two processes, a late delivery, a cancel, a recovery. */
  readonly disturbances: number;
  readonly mutation?: Mutation | undefined;
}

/** Decides among `count` possibilities; 0 is always the undisturbed one. */
export type Choose = (count: number) => number;

interface Call {
  readonly what: string;
  readonly process: Process;
  deliver(): void;
  /** Only what it does at the other side; nobody waits for the answer any more. */
  deliverLate(): void;
  fail(): void;
}
interface Process {
  readonly name: string;
  isAlive: boolean;
}
interface Action {
  readonly what: string;
  readonly cost: 0 | 1;
  apply(): void;
}

const silent: Probe = {
  traceparent: () => undefined,
  step: (_order, work) => work(),
  recovery: (_order, work) => work(),
  accepted: () => undefined,
  replayed: () => undefined,
  advanced: () => undefined,
  deferred: () => undefined,
  recovered: () => undefined,
  commitLost: () => undefined,
  invoiceRendered: () => undefined,
};

/** Lets every process run until it waits for a call. Nothing in it but calls waits for anything. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs the real use cases of several processes over stores in memory, step by step. Before each step `choose` picks what happens
 * next: a waiting call is delivered, lost, answered in vain, delayed or doubled, its process crashes, or another one goes on.
 * Then the faults end, the recovery runs, and the calls still on their way arrive at last.
 * @returns what was broken, and what happened
 */
export const runScenario = async (
  scenario: Scenario,
  choose: Choose,
): Promise<{ broken: string[]; trace: string[] }> => {
  const { stock, orders, disturbances, mutation = 'none' } = scenario;
  const shop = createShop(stock, mutation);
  const calls: Call[] = [];
  const orphans: Call[] = [];
  const trace: string[] = [];
  const broken = new Set<string>();
  const answers = new Map<object, Placement>();
  let nowMs = Date.UTC(2026, 0, 1);
  let ids = 0;
  let left = disturbances;
  let running: Process | undefined;

  const start = (name: string, work: (useCases: UseCases) => Promise<unknown>): void => {
    const process: Process = { name, isAlive: true };
    const send: Send = (what, effect) =>
      new Promise((resolve, reject) => {
        calls.push({
          what,
          process,
          deliver: () => resolve(effect()),
          deliverLate: () => void effect(),
          fail: () => reject(kitErrors.downstreamUnavailable()),
        });
      });
    const useCases = createUseCases({
      store: shop.storeOver(send),
      products: shop.productsOver(send),
      payments: shop.paymentsOver(send),
      customers: { mayBuy: async () => true },
      invoices: { render: async () => Buffer.alloc(0) },
      probe: silent,
      clock: { now: () => new Date(nowMs) },
      newId: () => `driver-${++ids}`,
      random: () => 0.5,
    });
    // A refusal or a lost call before the order is accepted is an answer too; only invariants count here.
    work(useCases).catch(() => undefined);
    running ??= process;
  };
  const place = ({ key, paymentMethod }: Scenario['orders'][number], answered: (answer: Placement) => void): void => {
    const lines = Object.keys(stock).map((sku) => ({ sku, quantity: 1 }));
    const order = { sub: 'ada', idempotencyKey: key, request: { lines, paymentMethod }, timeLeftMs: 5_000 };
    start(`place ${key}`, async (useCases) => answered(await useCases.placeOrder(order)));
  };
  const recover = (): void => {
    nowMs += 60_000;
    start('recover', (useCases) => useCases.recoverOrders(new AbortController().signal));
  };

  const take = (call: Call): void => {
    calls.splice(calls.indexOf(call), 1);
    running = call.process;
  };
  const crash = (process: Process): void => {
    process.isAlive = false;
    orphans.push(...calls.filter((call) => call.process === process));
    for (const call of orphans) if (calls.includes(call)) calls.splice(calls.indexOf(call), 1);
  };
  const disturb = (what: string, apply: () => void): Action => ({ what, cost: 1, apply });
  const actionsOn = (call: Call): Action[] => {
    const isSwitch = call.process !== running && calls.some(({ process }) => process === running);
    const name = `${call.process.name}: ${call.what}`;
    const deliver: Action = {
      what: name,
      cost: isSwitch ? 1 : 0,
      apply() {
        take(call);
        call.deliver();
      },
    };
    if (isSwitch) return [deliver];
    return [
      deliver,
      disturb(`${name} (request lost)`, () => {
        take(call);
        call.fail();
      }),
      disturb(`${name} (answer lost)`, () => {
        take(call);
        call.deliverLate();
        call.fail();
      }),
      disturb(`${name} (delayed)`, () => {
        take(call);
        orphans.push(call);
        call.fail();
      }),
      disturb(`${name} (doubled)`, () => {
        take(call);
        orphans.push(call);
        call.deliver();
      }),
      disturb(`${name} (process crashes)`, () => crash(call.process)),
    ];
  };
  let hasCancelled = false;
  const otherActions = (): Action[] => [
    ...orphans.map((call) =>
      disturb(`late: ${call.what}`, () => {
        orphans.splice(orphans.indexOf(call), 1);
        call.deliverLate();
      }),
    ),
    disturb('a recovery starts', recover),
    ...[...shop.orders.values()].slice(0, hasCancelled ? 0 : 1).map(({ id, sub }) =>
      disturb('the customer cancels', () => {
        hasCancelled = true;
        start('cancel', (useCases) => useCases.cancelOrder({ id, sub, timeLeftMs: 5_000 }));
      }),
    ),
    disturb('a quarter of an hour passes', () => {
      nowMs += 16 * 60_000;
    }),
    ...(mutation === 'hold_expires' ? [disturb('holds expire', () => shop.expireHolds())] : []),
  ];
  const check = (): void => {
    for (const what of brokenAtAnyInstant(shop)) broken.add(what);
  };

  for (const order of orders) place(order, (answer) => answers.set(order, answer));
  for (await settle(); calls.length > 0; await settle()) {
    const actions = [...calls].sort((a, b) => Number(b.process === running) - Number(a.process === running));
    const possible = [...actions.flatMap(actionsOn), ...otherActions()].filter(({ cost }) => cost <= left);
    const action = possible[choose(possible.length)];
    if (action === undefined) throw new Error('a choice was out of bounds');
    left -= action.cost;
    trace.push(action.what);
    action.apply();
    check();
  }

  const deliverAll = async (): Promise<void> => {
    for (await settle(); calls.length > 0; await settle()) {
      const [call] = calls.splice(0, 1);
      call?.deliver();
      check();
    }
  };
  const recoverAll = async (): Promise<void> => {
    for (let pass = 0; pass < 3; pass += 1) {
      recover();
      await deliverAll();
    }
  };
  await recoverAll();
  for (const call of orphans.splice(0)) call.deliverLate();
  // An order may itself have been on its way until now.
  await recoverAll();
  for (const what of brokenAtRest(shop)) broken.add(what);

  // The client's view: a repetition is answered like the first time, and both say what is true.
  for (const order of orders) {
    const first = answers.get(order);
    place(order, (again) => {
      const hasEnded = again.outcome === 'confirmed' || again.outcome === 'refused';
      const wasOpen = first === undefined || first.outcome === 'deferred' || first.outcome === 'in_progress';
      if (!hasEnded || !(wasOpen || first.outcome === again.outcome)) {
        broken.add(`I5: ${first?.outcome} became ${again.outcome}`);
      }
    });
    await deliverAll();
  }
  return { broken: [...broken], trace };
};

/** Every run there is, depth first, up to the first broken one. @returns how many there were, and what was broken */
export const exploreAll = async (scenario: Scenario): Promise<{ runs: number; broken: string[]; trace: string[] }> => {
  let prefix: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const taken: { choice: number; count: number }[] = [];
    const result = await runScenario(scenario, (count) => {
      const choice = prefix[taken.length] ?? 0;
      taken.push({ choice, count });
      return choice;
    });
    if (result.broken.length > 0) return { runs, ...result };
    while (taken.length > 0 && (taken.at(-1)?.choice ?? 0) + 1 === taken.at(-1)?.count) taken.pop();
    const last = taken.pop();
    if (last === undefined) return { runs, broken: [], trace: [] };
    prefix = [...taken.map(({ choice }) => choice), last.choice + 1];
  }
};

/** A generator of pseudo-random choices, the same for the same seed (mulberry32). Most choices are the undisturbed one. */
export const createRandomChoice = (seed: number): Choose => {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return (count) => (random() < 0.5 ? 0 : Math.floor(random() * count));
};
