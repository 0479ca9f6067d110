import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium } from './browser.js';
import { runCommand } from './command.js';
import { createEvidence } from './evidence.js';
import { startLonelyConsole } from './lonely-console.js';
import { setFaults } from './sent-telemetry.js';
import { type Answer, startShop, type TestShop } from './shop.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
const chargeRoute = 'PUT /internal/payments/:orderId';
const named = `Payment failed at ${chargeRoute}: injected_fault.`;

let shop: TestShop;
let token: string;
/** Accepted while payment was made to fail; nothing has brought it to its end yet. */
let stuck: Answer;

beforeAll(async () => {
  shop = await startShop();
  ({ token } = await shop.newCustomer());
  await waitFor('an order that is confirmed', async () => (await shop.order(token, wish)).status === 201);
  await setFaults(shop.addresses(), 'payment', [{ route: chargeRoute, errorRate: 1 }]);
  stuck = await shop.order(token, wish);
  await createEvidence(shop.addresses).wholeTrace(stuck.traceId);
});
afterAll(() => shop?.stop());

const why = (...args: readonly string[]) =>
  runCommand(process.execPath, ['scripts/dist/why.js', '--data', shop.dataDirectory, ...args]);

/** The lines of a printout are broken at spaces. */
const unwrap = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('npm run why', () => {
  test.each([
    ['an order number', () => stuck.body.orderNo as string],
    ['an order id', () => stuck.body.id as string],
    ['a trace id', () => stuck.traceId],
    ['a request id', () => `x-request-id: ${stuck.headers.get('x-request-id')}`],
    ['the header traceresponse', () => stuck.headers.get('traceresponse') ?? ''],
  ])('by %s it names payment, which was made to fail', async (_what, toId) => {
    const { code, stdout } = await why(toId());
    expect(code).toBe(0);
    expect(unwrap(stdout)).toContain(named);
    expect(stdout).toContain("DELETE /faults on payment's admin port");
    expect(stdout).toContain(`${shop.addresses().console}/docs/errors#injected_fault`);
    expect(stdout).toContain('[order.charge] failed after');
    expect(stdout).not.toContain('\u001b');
  });

  test('tells the same as JSON', async () => {
    const { stdout } = await why('--json', stuck.traceId);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'unfinished',
      cause: { service: 'payment', code: 'injected_fault', isInjected: true },
      order: { number: stuck.body.orderNo },
    });
  });

  test('says where it looked, and how to get an id, if it finds nothing', async () => {
    const { code, stdout, output } = await why('G-2026-000000');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(output).toContain('Nothing was found for the order number G-2026-000000.');
    expect(output).toContain(shop.addresses().jaeger);
    expect(output).toContain('traceresponse');
    expect((await why('no id')).output).toContain('"no id" is neither a trace id');
  });

  test('goes on without a backend that is down, and names it', async () => {
    const { stdout } = await why(
      '--prometheus',
      'http://127.0.0.1:9',
      '--jaeger',
      'http://127.0.0.1:9/',
      stuck.traceId,
    );
    expect(unwrap(stdout)).toContain('! jaeger gave no answer about traces: it cannot be reached.');
    expect(unwrap(stdout)).toContain('! prometheus gave no answer');
    expect(unwrap(stdout)).toContain('injected_fault');
  });
});

inChromium('the page Why', (open) => {
  const openPage = createOpenPage(open, () => shop.addresses().console);

  test('names payment as the cause, and leads to the span that failed first', async () => {
    const { page } = await openPage('/');
    await page.keyboard.press('/');
    await page.keyboard.type(stuck.body.orderNo);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/why/${stuck.body.orderNo}`);
    await page.getByRole('heading', { level: 1 }).filter({ hasText: named }).waitFor();
    await page.getByRole('heading', { name: 'First error: payment' }).waitFor();
    await page.getByText('switched on by somebody').waitFor();
    await page.getByRole('list', { name: 'Errors in causal order' }).getByText('order.charge').waitFor();
    await page.getByRole('link', { name: 'The span that failed first, in its trace.' }).click();
    await page.waitForURL(new RegExp(`/traces/${stuck.traceId}\\?span=`));
    await page.getByRole('complementary', { name: 'Details' }).getByText('glasshouse.fault').waitFor();
  });

  test('a header can be pasted whole, and what is no id is told from what is not found', async () => {
    const { page, go } = await openPage('/why');
    await page
      .locator('main')
      .getByRole('searchbox')
      .fill(`traceresponse: ${stuck.headers.get('traceresponse')}`);
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: named }).waitFor();
    await go('/why/no%20id');
    await page.getByText('That is no id.').waitFor();
    await go('/why/G-2026-000000');
    await page.getByText('Nothing has arrived yet.').waitFor();
    await page.getByText('Nothing was found.').waitFor({ timeout: 60_000 });
    await page
      .getByRole('region', { name: /Lately/ })
      .getByRole('link', { name: stuck.body.orderNo })
      .waitFor();
  });

  test('a backend that is down is named, and the others tell what they can', async () => {
    const lonely = await startLonelyConsole({ ...shop.addresses(), jaeger: 'http://127.0.0.1:9' });
    try {
      const each = await open(lonely.url, `/why/${stuck.body.orderNo}`);
      await each.page.getByText(/jaeger gave no answer about traces/).waitFor();
      await each.page.getByRole('heading', { level: 1 }).filter({ hasText: 'injected_fault' }).waitFor();
      await each.close();
    } finally {
      await lonely.stop();
    }
  });

  test.each(['light', 'dark'] as const)('in %s colours, no serious rule of accessibility is broken', async (theme) => {
    const { page, go, seriousViolations } = await openPage(`/why/${stuck.traceId}`, { theme });
    await page.getByRole('heading', { name: 'Around it' }).waitFor();
    expect(await seriousViolations()).toEqual([]);
    await go('/why');
    await page.getByRole('heading', { name: /Lately/ }).waitFor();
    expect(await seriousViolations()).toEqual([]);
  });

  test('fits a narrow screen', async () => {
    const { page, overflow } = await openPage(`/why/${stuck.traceId}`, { width: 390 });
    await page.getByRole('heading', { name: 'Around it' }).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
  });

  test('an open circuit breaker is told, and the failure behind it', async () => {
    // At least twenty calls within ten seconds, half of them failed.
    const orders = await Promise.all(Array.from({ length: 30 }, () => shop.order(token, wish)));
    const evidence = createEvidence(shop.addresses);
    const held = await waitFor(
      'an order that was not even charged',
      async () => {
        orders.push(await shop.order(token, wish));
        const last = orders.at(-1);
        const spans = last?.status === 202 ? (await evidence.wholeTrace(last.traceId)).spans : [];
        return spans.some(({ name }) => name === 'order.charge') && !spans.some(({ name }) => name === 'PUT payment')
          ? last
          : undefined;
      },
      60_000,
    );
    const { page } = await openPage(`/why/${held.traceId}`);
    await page.getByRole('heading', { name: 'First error: payment' }).waitFor();
    await page
      .getByRole('heading', { level: 1 })
      .filter({ hasText: 'Before, payment had failed with injected_fault.' })
      .waitFor();
    await page.getByRole('link', { name: 'order has stopped calling payment' }).waitFor();
    const { stdout } = await why(held.traceId);
    expect(stdout).toContain('circuit breaker open: order to payment');
  });

  test('once payment works again, the page tells how the order came to its end', async () => {
    const { page } = await openPage(`/why/${stuck.body.orderNo}`);
    await page.getByText('not finished').waitFor();
    await setFaults(shop.addresses(), 'payment', []);
    await page
      .getByRole('heading', { level: 1 })
      .filter({ hasText: `A recovery brought order ${stuck.body.orderNo} to CONFIRMED` })
      .waitFor({ timeout: 110_000 });
    await page.getByText('A recovery brought order').last().waitFor();
  });
});
