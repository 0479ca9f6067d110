import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readMetrics, toMoved } from './metrics.js';
import { findShop, runCommand, type Shop, toProblem } from './shop.js';
import { waitForTrace } from './traces.js';
import { renderWaterfall } from './waterfall.js';

const help = `npm run demo -- [options]

One purchase by a new customer on the running shop (npm start), then its trace as a waterfall with its
log lines in place, the metrics that moved, and where to look further.

  --method NAME   card_ok (default), card_declined, card_slow or card_flaky
  --sku SKU       what is bought (default: TEA-001)
  --data DIR      the data folder of the shop (default: .data)
  --help          this text
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      method: { type: 'string', default: 'card_ok' },
      sku: { type: 'string', default: 'TEA-001' },
      data: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return say(help);
  const shop = findShop(values.data);
  say('A new customer registers and logs in ...');
  const token = await shop.newCustomer();
  const before = await readMetrics(shop.addresses.admin);
  say(`... and orders two of ${values.sku}, paid with ${values.method}.`);
  const answer = await shop.call('POST', '/api/orders', {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { lines: [{ sku: values.sku, quantity: 2 }], paymentMethod: values.method },
  });
  const { orderNo, state } = (answer.body ?? {}) as { orderNo?: string; state?: string };
  say(orderNo === undefined ? `Refused: ${toProblem(answer)}` : `Order ${orderNo} is ${state} (${answer.status}).`);
  await showTrace(shop, answer.traceId);
  say('\nMetrics that moved\n');
  for (const line of toMoved(before, await readMetrics(shop.addresses.admin))) say(`  ${line}`);
  showLinks(shop, answer.traceId);
};

const showTrace = async (shop: Shop, traceId: string): Promise<void> => {
  const { spans, logs } = await waitForTrace(shop, traceId);
  say(`\nTrace ${traceId}: ${spans.length} spans, ${logs.length} log lines\n`);
  if (spans.length === 0) return say('  Nothing has arrived. Is the telemetry backend up? See the list of npm start.');
  const columns = process.stdout.columns ?? 140;
  say(renderWaterfall(spans, logs, { columns, hasColors: process.stdout.isTTY === true }));
};

const showLinks = (shop: Shop, traceId: string): void => {
  const { console: page, jaeger, elasticsearch, prometheus } = shop.addresses;
  say(`
Look further

  the trace        ${page}/traces/${traceId}
  its log lines    ${page}/logs?q=trace.id:${traceId}
  a metric         ${page}/metrics?q=orders_total
  why it is so     ${page}/why/${traceId}

The same as JSON, by the tools' own APIs

  the trace        ${jaeger}/api/traces/${traceId}
  its log lines    ${elasticsearch}/glasshouse-logs-*/_search?q=trace.id:${traceId}
  a metric         ${prometheus}/api/v1/query?query=orders_total`);
};

runCommand(main);
