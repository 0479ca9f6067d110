import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium, type OpenConsole } from './browser.js';
import { createEvidence } from './evidence.js';
import { sendLines } from './sent-telemetry.js';
import { startShop, type TestShop } from './shop.js';

const markup = '<script>alert(1)</script><img src=x onerror=alert(2)>';

inChromium('the page Logs', (open) => {
  let shop: TestShop;
  const openPage = createOpenPage(open, () => shop.addresses().console);

  beforeAll(async () => {
    shop = await startShop();
    const { token } = await shop.newCustomer();
    for (const paymentMethod of ['card_ok', 'card_declined']) {
      await shop.order(token, { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod });
    }
    await sendLines(shop.addresses(), [
      { message: `${markup} end`, 'log.level': 'error', 'event.action': markup, 'trace.id': '"><b>' },
      { message: 'card \u202edenilced\u202c \u0000\u001b[31m' },
      { message: `begin ${'\u202e<b>x'.repeat(200_000)} end`, 'service.name': 'huge' },
    ]);
    const evidence = createEvidence(shop.addresses);
    await waitFor('the lines', async () => (await evidence.logs({ term: { 'service.name': 'huge' } })).length === 1);
    const declined = { term: { 'event.action': 'payment.declined' } };
    await waitFor('the refusal', async () => (await evidence.logs(declined)).length > 0, 60_000);
  });
  afterAll(() => shop.stop());

  const ask = async ({ page }: OpenConsole, query: string): Promise<void> => {
    await page.getByLabel('Query').fill(query);
    await page.keyboard.press('Enter');
  };

  test('a query line finds lines, from which a click leads on', async () => {
    const console = await openPage('/logs');
    await ask(console, 'service.name:payment AND event.action:payment.* -message:succeeded');
    const { page } = console;
    const line = page.locator('.line').filter({ hasText: 'payment.declined' });
    await line.first().waitFor();
    await waitFor('no other line', async () => (await page.locator('.line').count()) === 1);
    await line.getByRole('button').first().click();
    await line.getByRole('link', { name: 'why' }).waitFor();
    await line.getByRole('button', { name: 'Only lines with this trace.id' }).click();
    await page.waitForURL(/trace\.id/);
    await line.getByRole('link', { name: 'what payment.declined is' }).click();
    await page.waitForURL(/\/docs\/telemetry#payment\.declined/);
    await page.goBack();
    await page.locator('.line').getByRole('link', { name: 'trace', exact: true }).click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}\?span=/);
    await page.getByRole('treeitem').first().waitFor();
  });

  test('ranges, free text, alternatives and what exists are understood by the backend', async () => {
    const console = await openPage('/logs');
    for (const [query, text] of [
      ['http.response.status_code:[402 TO 402] AND service.name:gateway', 'POST /api/orders 402'],
      ['http.response.status_code:>=402 http.response.status_code:<403', '402'],
      ['"A payment succeeded."', 'A payment succeeded.'],
      ['_exists_:glasshouse.order.number (event.action:order.placed OR event.action:order.declined)', 'is confirmed.'],
      [
        'event.duration:>1us NOT service.name:(gateway OR order OR product OR oauth OR customer)',
        'PUT /internal/payments',
      ],
    ] as const) {
      await ask(console, query);
      await console.page.locator('.line', { hasText: text }).first().waitFor();
    }
  });

  test('a query that cannot be read is shown with the place', async () => {
    const console = await openPage('/logs?q=log.level:error+AND+(message:%22a');
    await console.page.getByText('Column 30: This quotation mark is not closed.').waitFor();
    await ask(console, 'log.level:info');
    await console.page.locator('.line').first().waitFor();
    expect(await console.page.getByRole('alert').count()).toBe(0);
  });

  test('facets narrow down and exclude', async () => {
    const { page } = await openPage('/logs');
    const level = page.getByRole('region', { name: 'Level' });
    await level.getByRole('button', { name: /^error/ }).click();
    await page.waitForURL(/log\.level:error/);
    await page.locator('.line-info').first().waitFor({ state: 'detached' });
    expect(await level.getByRole('button', { name: /^error/ }).getAttribute('aria-pressed')).toBe('true');
    await level.getByRole('button', { name: /^error/ }).click();
    await page.locator('.line-info').first().waitFor();
    await level.getByRole('button', { name: 'Exclude info' }).click();
    await page.waitForURL(/NOT\+log\.level:info/);
    await page.locator('.line-info').first().waitFor({ state: 'detached' });
  });

  test('a time drawn over in the histogram is the time that is looked at', async () => {
    const { page } = await openPage('/logs');
    const histogram = page.getByRole('img', { name: /log lines over time/ });
    const box = await histogram.boundingBox();
    if (box === null) throw new Error('the histogram has no size');
    await page.mouse.move(box.x + box.width * 0.8, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 3, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{13}&to=\d{13}/);
    await page.locator('.line').first().waitFor();
  });

  test('new lines come in at the top, and wait while somebody reads', async () => {
    const console = await openPage('/logs?q=service.name:ticker');
    const { page } = console;
    await page.getByText('No lines match.').waitFor();
    await page.getByRole('button', { name: 'Go live' }).click();
    await sendLines(shop.addresses(), [{ message: 'the first', 'service.name': 'ticker' }]);
    await page.locator('.line', { hasText: 'the first' }).waitFor();
    await page.locator('.line', { hasText: 'the first' }).hover();
    await page.getByText('Held while you read.').waitFor();
    await sendLines(shop.addresses(), [{ message: 'the second', 'service.name': 'ticker' }]);
    await page.getByRole('button', { name: 'Show 1 new line' }).waitFor();
    expect(await page.locator('.line', { hasText: 'the second' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show 1 new line' }).click();
    await page.locator('.line', { hasText: 'the second' }).waitFor();
    expect(await page.locator('.line-message').first().textContent()).toContain('the second');
    await page.getByRole('heading', { name: 'Logs' }).hover();
    const many = Array.from({ length: 2_500 }, (_, index) => ({ message: `line ${index}`, 'service.name': 'ticker' }));
    await sendLines(shop.addresses(), many);
    await page.getByText(/The newest 2000 lines are held/).waitFor({ timeout: 60_000 });
    expect(await page.locator('.line').count()).toBe(2_000);
  });

  test('older lines follow on demand', async () => {
    const lines = Array.from({ length: 150 }, (_, index) => ({ message: `page ${index}`, 'service.name': 'pager' }));
    await sendLines(shop.addresses(), lines);
    const { page } = await openPage('/logs?q=service.name:pager');
    await page.locator('.line').nth(99).waitFor();
    expect(await page.locator('.line').count()).toBe(100);
    await page.getByRole('button', { name: 'Older lines' }).click();
    await page.locator('.line').nth(149).waitFor();
    await page.getByText('That is all.').waitFor();
    expect(new Set(await page.locator('.line-message').allTextContents()).size).toBe(150);
  });

  test('markup, control characters, reversed text and a line of a megabyte are text', async () => {
    const { page, go } = await openPage('/logs?q=service.name:stranger');
    await page.getByText(`${markup} end`).waitFor();
    await page.getByText('card \u27e8U+202E\u27e9denilced\u27e8U+202C\u27e9 \u2400\u241b[31m').waitFor();
    const opener = page
      .locator('.line', { hasText: `${markup} end` })
      .getByRole('button')
      .first();
    await opener.click();
    await page.getByText('"><b>').waitFor();
    expect(await page.locator('main img, main script, .line-message b').count()).toBe(0);

    await go('/logs?q=service.name:huge');
    const huge = page.locator('.line-message', { hasText: 'begin' });
    await huge.waitFor();
    expect((await huge.textContent())?.length).toBeLessThan(3_000);
    await huge.getByRole('button', { name: /show all/ }).click();
    await huge.getByText(/more characters/).waitFor();
    expect(await page.locator('.line-message b').count()).toBe(0);
  });

  test.each(['light', 'dark'] as const)('in %s colours, no serious rule of accessibility is broken', async (theme) => {
    const { page, seriousViolations } = await openPage('/logs', { theme });
    await page.locator('.line').first().getByRole('button').first().click();
    await page.getByText('How to ask').click();
    await page.locator('.fields').waitFor();
    expect(await seriousViolations()).toEqual([]);
  });

  test('fits a narrow screen, also with a line opened', async () => {
    const { page, overflow } = await openPage('/logs?q=service.name:(huge+OR+order)', { width: 390 });
    await page.locator('.line').first().getByRole('button').first().click();
    await page.locator('.fields').waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
  });
});
