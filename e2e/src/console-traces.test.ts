import { randomBytes } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium } from './browser.js';
import { createEvidence } from './evidence.js';
import { sendTrace, setFaults } from './sent-telemetry.js';
import { startShop, type TestShop } from './shop.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
const chargeRoute = 'PUT /internal/payments/:orderId';

inChromium('the page Traces', (open) => {
  let shop: TestShop;
  let goodTraceId: string;
  let failedTraceId: string;
  let failedOrderNo: string;
  const openPage = createOpenPage(open, () => shop.addresses().console);

  beforeAll(async () => {
    shop = await startShop();
    const evidence = createEvidence(shop.addresses);
    const { token } = await shop.newCustomer();
    const good = await waitFor('an order that is confirmed within its request', async () => {
      const answer = await shop.order(token, wish);
      return answer.status === 201 ? answer : undefined;
    });
    goodTraceId = good.traceId;
    await setFaults(shop.addresses(), 'payment', [{ route: chargeRoute, errorRate: 1 }]);
    const failed = await shop.order(token, wish);
    await setFaults(shop.addresses(), 'payment', []);
    failedTraceId = failed.traceId;
    failedOrderNo = failed.body.orderNo;
    await Promise.all([evidence.wholeTrace(goodTraceId), evidence.wholeTrace(failedTraceId)]);
  });
  afterAll(() => shop.stop());

  test('a search for failed orders finds the one that failed, and its URL is the search', async () => {
    const { page } = await openPage('/traces');
    await page.getByLabel('Service').selectOption('gateway');
    await page.getByLabel('Operation').selectOption('POST /api/orders');
    await page.waitForURL(/operation=POST/);
    await page.getByLabel('Service').selectOption('payment');
    await page.getByLabel('Status').selectOption('error');
    await page.waitForURL(/service=payment.*status=error/);
    await page.locator(`.trace-item a[href="/traces/${failedTraceId}"]`).waitFor();
    await page.locator(`.trace-item a[href="/traces/${goodTraceId}"]`).waitFor({ state: 'detached' });
    await page.getByLabel('Tags').fill('error.code=injected_fault no');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'key=value' }).waitFor();
    await page.getByLabel('Tags').fill('glasshouse.fault=true');
    await page.getByLabel('At least').fill('1us');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tags=glasshouse\.fault/);
    await page.locator(`.trace-item a[href="/traces/${failedTraceId}"]`).click();
    await page.waitForURL(`**/traces/${failedTraceId}`);
  });

  test('traces beyond the limit are on the pages after it', async () => {
    const { page } = await openPage('/traces?service=gateway&limit=20');
    const { token } = await shop.newCustomer();
    for (let count = 0; count < 25; count += 1) await shop.call('GET', '/api/products/TEA-001', { token });
    const evidence = createEvidence(shop.addresses);
    await waitFor('25 traces', async () => {
      const spans = await evidence.spansOf('gateway');
      return (
        spans.filter(({ service, name }) => service === 'gateway' && name === 'GET /api/products/:sku').length >= 25
      );
    });
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: /^20 traces/ }).waitFor();
    const first = await page.locator('.trace-name').first().getAttribute('href');
    await page.getByRole('link', { name: 'Older traces' }).click();
    await page.waitForURL(/before=\d+/);
    await page.getByRole('link', { name: 'Newest' }).waitFor();
    await page.locator(`.trace-name:not([href="${first}"])`).first().waitFor();
    expect(await page.locator(`.trace-name[href="${first}"]`).count()).toBe(0);
  });

  test('a waterfall has the log lines at their place, and leads from a line to the logs and back', async () => {
    const { page } = await openPage(`/traces/${goodTraceId}`);
    const rows = page.getByRole('treeitem');
    await rows.filter({ hasText: 'order.confirm' }).first().waitFor();
    const texts = await rows.allTextContents();
    const at = (text: string): number => texts.findIndex((row) => row.includes(text));
    expect(at('order.charge')).toBeLessThan(at('payments.insert'));
    expect(at('payments.insert')).toBeLessThan(at('A payment succeeded.'));
    expect(at('A payment succeeded.')).toBeLessThan(at('is paid for.'));
    expect(at('is paid for.')).toBeLessThan(at('order.confirm'));
    expect(await page.locator('.critical').count()).toBeGreaterThan(10);

    await rows.filter({ hasText: 'A payment succeeded.' }).click();
    await page.getByRole('complementary', { name: 'Details' }).getByText('payment.succeeded').first().waitFor();
    await page.getByRole('link', { name: 'Logs', exact: true }).last().click();
    await page.waitForURL(/\/logs\?q=trace\.id/);
    const line = page.locator('.line', { hasText: 'A payment succeeded.' });
    await line.getByRole('link', { name: 'trace' }).click();
    await page.waitForURL(new RegExp(`/traces/${goodTraceId}\\?span=`));
    await page.getByRole('treeitem', { selected: true }).filter({ hasText: 'payment' }).waitFor();

    await page.getByRole('switch', { name: 'log lines' }).click();
    await page.waitForURL(/lines=off/);
    await rows.filter({ hasText: 'A payment succeeded.' }).waitFor({ state: 'detached' });
  });

  test('keys walk the waterfall, go to the error and open what it says', async () => {
    const { page } = await openPage(`/traces/${failedTraceId}`);
    const tree = page.getByRole('tree');
    await page.getByRole('treeitem').filter({ hasText: 'order.charge' }).first().waitFor();
    const count = await page.getByRole('treeitem').count();
    await tree.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    await waitFor('fewer rows', async () => (await page.getByRole('treeitem').count()) < count);
    await page.keyboard.press('ArrowRight');
    await waitFor('all rows', async () => (await page.getByRole('treeitem').count()) === count);
    for (let press = 0; press < 3; press += 1) await page.keyboard.press('e');
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText('injected_fault').first().waitFor();
    await details.getByRole('link', { name: 'its metric' }).waitFor();
    await details.getByRole('link', { name: 'what injected_fault means' }).click();
    await page.waitForURL(/\/docs\/errors#injected_fault/);
  });

  test('a trace leads to the recovery that finished its order, and the recovery back', async () => {
    await waitFor('the recovery', async () => (await orderLines()).includes('order.recovered'), 60_000);
    const { page } = await openPage(`/traces/${failedTraceId}`);
    const related = page.getByRole('list', { name: 'Related traces' });
    await related.getByText('followed by order.recover').waitFor();
    await related.getByRole('link').last().click();
    await page.getByRole('heading', { name: /order\.recover/ }).waitFor();
    await page.getByText('follows from POST /api/orders').waitFor();
  });

  const orderLines = async (): Promise<unknown[]> => {
    const lines = await createEvidence(shop.addresses).logs({ term: { 'glasshouse.order.number': failedOrderNo } });
    return lines.map((line) => line['event.action']);
  };

  test('two traces that are ticked are compared', async () => {
    const { page } = await openPage('/traces?service=gateway&operation=POST+/api/orders');
    for (const traceId of [goodTraceId, failedTraceId]) {
      await page
        .locator('.trace-item', { has: page.locator(`a[href="/traces/${traceId}"]`) })
        .getByRole('checkbox')
        .check();
    }
    await page.getByRole('link', { name: 'Compare the two' }).click();
    await page.waitForURL(/\/traces\/compare\?a=/);
    await page.getByRole('row', { name: /order\.confirm.*only in A/ }).waitFor();
    await page.getByRole('row', { name: /order\.charge.*fails in B/ }).waitFor();
    await page.getByRole('link', { name: 'Swap A and B' }).click();
    await page.getByRole('row', { name: /order\.confirm.*only in B/ }).waitFor();
    await page.getByRole('link', { name: 'only what differs' }).click();
    await page.locator('.compare tr.muted').first().waitFor({ state: 'detached' });
  });

  test('a trace of thousands of spans draws only what is seen, with clocks that differ told as such', async () => {
    const traceId = randomBytes(16).toString('hex');
    const id = (index: number): string => (index + 1).toString(16).padStart(16, '0');
    const spans = Array.from({ length: 3_000 }, (_, index) => ({
      id: id(index),
      ...(index === 0 ? {} : { parentId: id(0) }),
      name: `step ${index}`,
      service: 'batch',
      at: index === 1 ? -40 : index,
      takes: index === 0 ? 3_000 : 1,
    }));
    await sendTrace(shop.addresses(), traceId, spans);
    const { page } = await openPage(`/traces/${traceId}`);
    await page.getByText('3000 spans').waitFor();
    await page.getByRole('treeitem').first().waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(200);
    await page.getByText('clock off').first().waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('End');
    await page.getByRole('treeitem').filter({ hasText: 'step 2999' }).waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(200);
  });

  test('what is hostile in a span is text', async () => {
    const traceId = randomBytes(16).toString('hex');
    const markup = '<img src=x onerror=alert(1)>';
    const tags = { error: markup, note: `\u202e${'x'.repeat(50_000)}\u0007` };
    await sendTrace(shop.addresses(), traceId, [
      { id: '1'.repeat(16), name: markup, service: markup, at: 0, takes: 1, tags },
    ]);
    const { page } = await openPage(`/traces/${traceId}?span=${'1'.repeat(16)}`);
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText('\u27e8U+202E\u27e9xxx').waitFor();
    await details.getByRole('button', { name: /show all 50,00\d characters/ }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });

  test('a trace that is not held says so, and what else there may be', async () => {
    const { page } = await openPage(`/traces/${'f'.repeat(32)}`);
    await page.getByText('Waiting for the trace to arrive').waitFor();
    await page.getByText('This trace is not held.').waitFor({ timeout: 60_000 });
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (theme) => {
    test.each([
      ['/traces', () => '/traces', '.trace-item'],
      ['a trace', () => `/traces/${failedTraceId}`, '[role=treeitem]'],
      ['two compared', () => `/traces/compare?a=${goodTraceId}&b=${failedTraceId}`, '.compare tbody tr'],
    ])('%s breaks no serious rule of accessibility', async (_name, toPath, sign) => {
      const { page, seriousViolations } = await openPage(toPath(), { theme });
      await page.locator(sign).first().waitFor();
      if (theme === 'light')
        await page
          .locator('.span-row-error')
          .first()
          .click()
          .catch(() => {});
      expect(await seriousViolations()).toEqual([]);
    });
  });

  test('nor does it with the details open', async () => {
    const { page, seriousViolations } = await openPage(`/traces/${failedTraceId}`);
    await page.locator('.span-row-error').first().click();
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
    expect(await seriousViolations()).toEqual([]);
  });

  test.each([
    ['/traces', () => '/traces', '.trace-item'],
    ['a trace', () => `/traces/${failedTraceId}`, '[role=treeitem]'],
    ['two compared', () => `/traces/compare?a=${goodTraceId}&b=${failedTraceId}`, '.compare tbody tr'],
  ])('%s fits a narrow screen', async (_name, toPath, sign) => {
    const { page, overflow } = await openPage(toPath(), { width: 390 });
    await page.locator(sign).first().waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
  });
});
