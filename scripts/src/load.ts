import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createLoadCustomer, type LoadCustomer } from './load-customer.js';
import { createTally, type Tally } from './load-tally.js';
import { CommandError, findShop, runCommand, type Shop } from './shop.js';

const help = `npm run load -- [options]

Steady traffic on the running shop (npm start): three of four requests browse, one orders. Requests are sent on a
fixed schedule, however slow the answers are. At the end every order that was answered is looked up again.

  --rate N      requests per second (default: 20)
  --for TIME    how long, as 90s or 5m (default: 60s)
  --data DIR    the data folder of the shop (default: .data)
  --help        this text

Exit code 1 if an answered order is missing or does not end, or a request got no good answer in the end.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Options {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly data: string | undefined;
}

/** An order that was answered, with the customer it belongs to. */
interface Placed {
  readonly customer: LoadCustomer;
  readonly id: string;
  readonly state: string;
}

const main = async (): Promise<void> => {
  const options = parseOptions();
  if (options === undefined) return say(help);
  const shop = findShop(options.data);
  const skus = await fetchSkus(shop);
  // One customer may send 100 requests per second, so the load is spread over as many customers as it needs.
  const count = Math.max(2, Math.ceil(options.ratePerSecond / 20));
  say(`Registering ${count} customers ...`);
  const customers = await Promise.all(Array.from({ length: count }, () => createLoadCustomer(shop)));
  const tally = createTally();
  const placed: Placed[] = [];
  await sendOnSchedule(options, tally, async (index) => {
    const customer = customers[index % customers.length];
    if (customer === undefined) return;
    const sku = skus[index % skus.length] ?? 'TEA-001';
    if (index % 4 === 3) await placeOrder({ shop, tally, customer, sku, placed });
    else await browse({ shop, tally, customer, sku, index });
  });
  await report(shop, tally, placed);
};

const parseOptions = (): Options | undefined => {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '20' },
      for: { type: 'string', default: '60s' },
      data: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return undefined;
  const ratePerSecond = Number(values.rate);
  if (!(ratePerSecond > 0 && ratePerSecond <= 1000)) {
    throw new CommandError(`--rate takes requests per second from 1 to 1000; it was given "${values.rate}".`);
  }
  const match = /^(\d+)(s|m)$/.exec(values.for);
  if (match === null || match[1] === undefined)
    throw new CommandError(`--for takes a time like 90s or 5m; it was given "${values.for}".`);
  return { ratePerSecond, durationMs: Number(match[1]) * (match[2] === 'm' ? 60_000 : 1_000), data: values.data };
};

const fetchSkus = async (shop: Shop): Promise<string[]> => {
  const answer = await shop.call('GET', '/api/products?limit=50&available=true');
  const { items = [] } = (answer.body ?? {}) as { items?: { sku: string }[] };
  if (items.length === 0) throw new CommandError('The shop has nothing to sell; start it with: npm start -- --fresh');
  return items.map((item) => item.sku);
};

/** Sends request number i at its time, whether or not earlier ones were answered (an open system). */
const sendOnSchedule = async (
  { ratePerSecond, durationMs }: Options,
  tally: Tally,
  send: (index: number) => Promise<void>,
): Promise<void> => {
  const total = Math.round((ratePerSecond * durationMs) / 1000);
  const startedAt = Date.now();
  const running = new Set<Promise<void>>();
  const line = setInterval(() => showLine(tally, startedAt, durationMs), process.stdout.isTTY === true ? 250 : 5_000);
  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
    say('\nStopping; waiting for the answers that are on their way. Once more Ctrl-C stops at once.');
    process.once('SIGINT', () => process.exit(130));
  });
  for (let index = 0; index < total && !isStopped; index++) {
    const waitMs = startedAt + (index * 1000) / ratePerSecond - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const one = send(index).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
  clearInterval(line);
  showLine(tally, startedAt, durationMs);
  say('');
};

const showLine = (tally: Tally, startedAt: number, durationMs: number): void => {
  const seconds = Math.max(0.001, (Date.now() - startedAt) / 1000);
  const text = `${seconds.toFixed(0)}/${durationMs / 1000} s  ${tally.toLine(seconds)}`;
  process.stdout.write(process.stdout.isTTY === true ? `\r\u001b[2K${text}` : `${text}\n`);
};

interface Step {
  readonly shop: Shop;
  readonly tally: Tally;
  readonly customer: LoadCustomer;
  readonly sku: string;
}

const browse = async ({ shop, tally, customer, sku, index }: Step & { index: number }): Promise<void> => {
  const path = index % 4 === 0 ? '/api/products?limit=10' : `/api/products/${sku}`;
  const answer = await repeat(tally, async () => shop.call('GET', path, { token: await customer.token() }));
  tally.outcome(answer?.status === 200 ? 'browsed' : 'failed');
};

/** The same key on every try: an order whose answer was lost is found again, not placed twice. */
const placeOrder = async ({ shop, tally, customer, sku, placed }: Step & { placed: Placed[] }): Promise<void> => {
  const key = randomUUID();
  const body = { lines: [{ sku, quantity: 1 }], paymentMethod: 'card_ok' };
  const answer = await repeat(tally, async () =>
    shop.call('POST', '/api/orders', {
      token: await customer.token(),
      body,
      headers: { 'idempotency-key': key },
    }),
  );
  const order = answer?.body as { id?: string; state?: string; code?: string } | undefined;
  if (answer?.status === 201 || answer?.status === 202) {
    placed.push({ customer, id: order?.id ?? '', state: order?.state ?? '' });
    tally.outcome(answer.status === 201 ? 'confirmed' : 'accepted');
  } else {
    tally.outcome(order?.code === 'out_of_stock' ? 'out of stock' : 'failed');
  }
};

const maxAttempts = 12;
const maxPauseMs = 8_000;

/**
 * Repeats what the protocol lets a client repeat: no answer, 409 in progress, 429 and 502-504. Each pause is twice as long
 * as the one before, give or take a half: clients that all come back at once keep a shop down that could get up.
 */
const repeat = async <T extends { status: number; body: unknown }>(
  tally: Tally,
  call: () => Promise<T>,
): Promise<T | undefined> => {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const startedAt = performance.now();
    const answer = await call().catch(() => undefined);
    tally.latency(performance.now() - startedAt);
    if (answer !== undefined && !isRepeatable(answer)) return answer;
    tally.repeated();
    const pauseMs = Math.min(maxPauseMs, 250 * 2 ** attempt) * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return undefined;
};

const isRepeatable = ({ status, body }: { status: number; body: unknown }): boolean =>
  [429, 502, 503, 504].includes(status) || (status === 409 && (body as { code?: string }).code === 'order_in_progress');

/** Looks every answered order up again: confirmed ones must still be, accepted ones must end. */
const report = async (shop: Shop, tally: Tally, placed: readonly Placed[]): Promise<void> => {
  say(`\n${tally.toTable()}`);
  if (placed.length > 0) say(`\nLooking up ${placed.length} orders ...`);
  let lost = 0;
  for (const order of placed) if (!(await isKept(shop, order))) lost++;
  say(`  answered ${placed.length}, found ${placed.length - lost}, lost ${lost}`);
  if (lost > 0 || tally.count('failed') > 0) process.exitCode = 1;
};

const isKept = async (shop: Shop, order: Placed): Promise<boolean> => {
  const look = async () => shop.call('GET', `/api/orders/${order.id}`, { token: await order.customer.token() });
  const deadlineAt = Date.now() + 60_000;
  while (Date.now() < deadlineAt) {
    const answer = await look().catch(() => undefined);
    const state = (answer?.body as { state?: string } | undefined)?.state;
    if (state === 'CONFIRMED') return true;
    if (answer?.status === 404 || (order.state === 'CONFIRMED' && state === 'CANCELLED')) return false;
    if (state === 'CANCELLED') return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
};

runCommand(main);
