import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium, type OpenConsole } from '../../browser.js';
import { createEvidence } from '../../evidence.js';
import { setFaults } from '../../sent-telemetry.js';
import { type Answer, startShop, type TestShop } from '../../shop.js';
import { describeWith } from '../tool.js';
import { type Line, type SearchNode, setUp, startSearchNode } from './node.js';

const charge = 'PUT /internal/payments/:orderId';
const stack = 'Error: no tea\n    at Kettle.boil (/app/kettle.js:1:2)';

describeWith(['opensearch'], 'the console with a real node behind it', () => {
  inChromium('its pages', (open) => {
    let node: SearchNode;
    let shop: TestShop;
    let failed: Answer;
    const openPage = createOpenPage(open, () => shop.addresses().console);

    beforeAll(async () => {
      node = await startSearchNode();
      await setUp(node);
      shop = await startShop({ environment: { CONSOLE__ELASTICSEARCH_URL: node.url } });
      const { token } = await shop.newCustomer();
      const order = (paymentMethod: string) =>
        shop.order(token, { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod });
      await order('card_ok');
      await order('card_declined');
      await setFaults(shop.addresses(), 'payment', [{ route: charge, errorRate: 1 }]);
      failed = await order('card_ok');
      const evidence = createEvidence(shop.addresses);
      await evidence.wholeTrace(failed.traceId);
      await node.write(await evidence.logs({ match_all: {} }));
      await node.write(toLines('pager', 150, { 'error.stack_trace': stack }));
    });
    afterAll(async () => {
      await shop?.stop();
      await node?.stop();
    });

    const ask = async ({ page }: OpenConsole, query: string): Promise<void> => {
      await page.getByLabel('Query').fill(query);
      await page.keyboard.press('Enter');
    };

    test('every kind of query finds what it asks for', async () => {
      const console = await openPage('/logs');
      for (const [query, text] of [
        ['service.name:payment AND event.action:payment.* -message:succeeded', 'payment.declined'],
        ['http.response.status_code:[402 TO 402] AND service.name:gateway', 'POST /api/orders 402'],
        ['http.response.status_code:>=402 http.response.status_code:<403', '402'],
        ['"A payment succeeded."', 'A payment succeeded.'],
        ['declin*', 'declined'],
        [
          '_exists_:glasshouse.order.number (event.action:order.placed OR event.action:order.declined)',
          'is confirmed.',
        ],
        [
          'event.duration:>1us NOT service.name:(gateway OR order OR product OR oauth OR customer)',
          charge.split(':')[0],
        ],
        ['error.stack_trace:"at Kettle.boil"', 'pager line'],
        ['kettle.js', 'pager line'],
        [`trace.id:${failed.traceId} message:order*`, 'order'],
      ] as const) {
        await ask(console, query);
        await console.page
          .locator('.line', { hasText: text ?? '' })
          .first()
          .waitFor();
        expect(await console.page.locator('.notice').count()).toBe(0);
      }
    });

    test('what the node refuses is shown in its own words', async () => {
      const console = await openPage('/logs');
      await ask(console, 'http.response.status_code:tea');
      await console.page.getByText('For input string: "tea"').waitFor();
      await ask(console, 'log.level:info');
      await console.page.locator('.line').first().waitFor();
      // Lines and counts are two questions, and the second one's answer may take longer.
      await console.page.locator('.notice').first().waitFor({ state: 'detached' });
    });

    test('facets narrow down and exclude, and the histogram chooses a time', async () => {
      const { page } = await openPage('/logs');
      const level = page.getByRole('region', { name: 'Level' });
      await level.getByRole('button', { name: 'Exclude info' }).click();
      await page.waitForURL(/NOT\+log\.level:info/);
      await page.locator('.line-info').first().waitFor({ state: 'detached' });
      await level.getByRole('button', { name: /^warn/ }).click();
      await page.waitForURL(/log\.level:warn/);
      await page.locator('.line-warn').first().waitFor();
      const box = await page.getByRole('img', { name: /log lines over time/ }).boundingBox();
      if (box === null) throw new Error('the histogram has no size');
      await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width - 3, box.y + 20, { steps: 4 });
      await page.mouse.up();
      await page.waitForURL(/from=\d{13}&to=\d{13}/);
      await page.locator('.line-warn').first().waitFor();
    });

    test('older lines follow on demand, also those of the same millisecond', async () => {
      const { page } = await openPage('/logs?q=service.name:pager');
      await page.locator('.line').nth(99).waitFor();
      await page.getByRole('button', { name: 'Older lines' }).click();
      await page.locator('.line').nth(149).waitFor();
      await page.getByText('That is all.').waitFor();
      expect(new Set(await page.locator('.line-message').allTextContents()).size).toBe(150);
    });

    test('new lines come in at the top', async () => {
      const { page } = await openPage('/logs?q=service.name:ticker');
      await page.getByText('No lines match.').waitFor();
      await page.getByRole('button', { name: 'Go live' }).click();
      await node.write(toLines('ticker', 2));
      await page.locator('.line').nth(1).waitFor();
      await node.write(toLines('ticker', 700));
      await waitFor('all of them, in several pages', async () => (await page.locator('.line').count()) === 702, 60_000);
    });

    test('Why names the cause, and the first page the latest failure, from lines of the node alone', async () => {
      const { page, go } = await openPage(`/why/${failed.headers.get('x-request-id')}`);
      await page.getByRole('heading', { level: 1 }).filter({ hasText: 'Payment failed' }).waitFor();
      await go(`/why/${failed.body.orderNo}`);
      await page.getByRole('heading', { name: 'First error: payment' }).waitFor();
      expect(await page.locator('.notice-error').count()).toBe(0);
      await go('/');
      await page.getByRole('region', { name: 'Recent errors' }).getByRole('link', { name: 'why' }).first().waitFor();
    });
  });
});

/** Lines of one millisecond. */
const toLines = (service: string, count: number, fields: Line = {}): Line[] => {
  const at = new Date().toISOString();
  return Array.from({ length: count }, (_, index) => ({
    '@timestamp': at,
    'event.id': `${service}-${at}-${String(index).padStart(4, '0')}`,
    'log.level': 'info',
    'service.name': service,
    message: `${service} line ${index}`,
    ...fields,
  }));
};
