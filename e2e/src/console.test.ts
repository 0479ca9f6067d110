import { randomBytes } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium } from './browser.js';
import { startLonelyConsole } from './lonely-console.js';
import { type Addresses, startShop, type TestShop } from './shop.js';

inChromium('the console', (open) => {
  let shop: TestShop;
  const openPage = createOpenPage(open, () => shop.addresses().console);

  beforeAll(async () => {
    shop = await startShop();
    const { token } = await shop.newCustomer();
    // As many as it takes to tell that they are no accident.
    for (let count = 0; count < 15; count += 1) {
      const paymentMethod = count % 5 === 0 ? 'card_declined' : 'card_ok';
      await shop.order(token, { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod });
    }
  });
  afterAll(() => shop.stop());

  test('the first look says what is up, and costs less than 150 kB', async () => {
    const { page, transferredBytes } = await openPage('/');
    for (const service of ['gateway', 'order', 'console']) {
      await page.getByRole('row', { name: new RegExp(`^${service} up `) }).waitFor();
    }
    await page.getByText('All 7 services are up.').waitFor();
    expect(transferredBytes()).toBeLessThan(150_000);
  });

  test('an order at the button opens its trace', async () => {
    const { page } = await openPage('/');
    await page.getByLabel('Pay with').selectOption('card_flaky');
    await page.getByRole('button', { name: 'Place an order' }).click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}$/);
    await page.getByText('order.charge').first().waitFor();
  });

  test('a dot in a chart opens the trace of what was measured', async () => {
    const { page } = await openPage('/metrics?view=red&service=gateway');
    const dot = page.locator('a.exemplar').first();
    await dot.waitFor();
    const href = (await dot.getAttribute('href')) ?? '';
    await dot.click();
    await page.waitForURL(`**${href}`);
    await page.getByText('gateway').first().waitFor();
    expect(await page.title()).toContain('Traces');
  });

  test('an edge of the map leads to the traces of these calls', async () => {
    const { page } = await openPage('/map');
    const edge = page.getByRole('link', { name: /^order calls payment: / });
    await edge.waitFor();
    await edge.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/traces\?service=order&tags=peer\.service/);
    await page
      .getByRole('link', { name: /POST \/api\/orders/ })
      .first()
      .waitFor();
  });

  test('a stretch drawn over in a chart becomes the time range, and is explained', async () => {
    const { page } = await openPage('/metrics?view=shop');
    const plot = page.locator('.u-over').first();
    await plot.waitFor();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the chart has no size');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{13}&to=\d{13}/);
    await page.getByRole('button', { name: 'Explain this window' }).click();
    await page.waitForURL(/explain=1/);
    await page.getByRole('cell', { name: 'POST /api/orders' }).first().waitFor();
  });

  test('the query box offers names, labels and values, by keyboard alone', async () => {
    const { page } = await openPage('/metrics');
    const box = page.getByLabel('Expression in PromQL');
    await box.waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('orders_t');
    await page.getByRole('option', { name: /^orders_total/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('{out');
    await page.getByRole('option', { name: /^outcome/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: /^confirmed/ }).waitFor();
    await page.keyboard.type('conf');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('}');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=orders_total/);
    expect(await box.inputValue()).toBe('orders_total{outcome="confirmed"}');
    await page
      .getByRole('button', { name: /confirmed|orders_total|instance/ })
      .first()
      .waitFor();
  });

  test('every page is reached by keyboard, and help says how', async () => {
    const { page } = await openPage('/');
    for (const [key, path] of [
      ['m', '/map'],
      ['t', '/traces'],
      ['l', '/logs'],
      ['p', '/metrics'],
      ['w', '/why'],
      ['d', '/docs'],
      ['n', '/'],
    ]) {
      await page.keyboard.press('g');
      await page.keyboard.press(key ?? '');
      await page.waitForURL((url) => url.pathname === path);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('a code leads to its place in the documents', async () => {
    const { page } = await openPage('/docs/errors#out_of_stock');
    const row = page.locator('tr.is-target');
    await row.waitFor();
    expect(await row.textContent()).toContain('out_of_stock');
    await page.locator('article').getByRole('link', { name: 'api.md' }).first().click();
    await page.waitForURL(/\/docs\/api$/);
  });

  test('a backend that does not answer is named, and everything else works', async () => {
    const lonely = await startLonelyConsole({ ...shop.addresses(), prometheus: 'http://127.0.0.1:9' });
    try {
      const each = await open(lonely.url, '/');
      await each.page.getByText('Prometheus (metrics) does not answer.').first().waitFor();
      await each.page.getByText('http://127.0.0.1:9').first().waitFor();
      await each.page
        .getByText(/Nothing has failed\.|why/)
        .first()
        .waitFor();
      await each.go('/map');
      await each.page
        .getByRole('link', { name: /^gateway calls order: / })
        .first()
        .waitFor();
      await each.go('/metrics?view=red');
      await each.page.getByText('Prometheus (metrics) does not answer.').first().waitFor();
      expect(each.problems()).toEqual([]);
      await each.close();
    } finally {
      await lonely.stop();
    }
  });

  test('hostile names and messages are text, and nothing that they say is done', async () => {
    const markup = '<img src=x onerror=alert(1)>';
    const bidi = 'card \u202edeclined\u202c \u0007';
    await sendLine(shop, { message: `${markup} ${bidi}`, 'error.code': '"><script>alert(2)</script>' });
    await sendSpans(shop, `<b>shop</b>`, markup);
    const now = await openPage('/');
    await now.page.getByText(markup).first().waitFor();
    await now.page.getByText('\u27e8U+202E\u27e9declined').first().waitFor();
    const map = await openPage('/map');
    await map.page.locator('svg text', { hasText: '<b>shop</b>' }).waitFor();
    for (const { page } of [now, map]) expect(await page.locator('main img, main script, main b').count()).toBe(0);
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (theme) => {
    test.each([
      ['/', 'Recent errors'],
      ['/map', 'Calls'],
      ['/metrics?view=red&service=order', 'Answers by status'],
      ['/metrics?q=sum+by+(job)+(up)', 'Metrics'],
      ['/docs/errors', 'How an error looks'],
    ])('%s breaks no serious rule of accessibility', async (path, sign) => {
      const { page, seriousViolations } = await openPage(path, { theme });
      await page.getByText(sign, { exact: true }).first().waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      expect(await seriousViolations()).toEqual([]);
    });
  });

  test.each(['/', '/map', '/metrics?view=red', '/metrics?view=use&service=order', '/metrics?q=up', '/docs/telemetry'])(
    '%s fits a narrow screen',
    async (path) => {
      const { page, overflow, seriousViolations } = await openPage(path, { width: 390 });
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      expect(await overflow()).toBeLessThanOrEqual(0);
      expect(await seriousViolations()).toEqual([]);
    },
  );
});

const sendLine = async (shop: TestShop, fields: Record<string, string>): Promise<void> => {
  const timestamp = new Date().toISOString();
  const record = { '@timestamp': timestamp, 'log.level': 'error', 'service.name': 'order', ...fields };
  const index = `glasshouse-logs-${timestamp.slice(0, 10).replaceAll('-', '.')}`;
  const body = `{"create":{"_index":"${index}"}}\n${JSON.stringify(record)}\n`;
  const answer = await fetch(`${shop.addresses().elasticsearch}/_bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  expect(await answer.json()).toMatchObject({ errors: false });
};

/** No user needs this address, so no file names it; it moves with all others. */
const toZipkin = ({ gateway }: Addresses): string => {
  const offset = Number(new URL(gateway).port) - 8080;
  return `http://127.0.0.1:${9411 + offset}/api/v2/spans`;
};

/** A service of that name that calls another one, in Zipkin's format. */
const sendSpans = async (shop: TestShop, service: string, name: string): Promise<void> => {
  const traceId = randomBytes(16).toString('hex');
  const timestamp = Date.now() * 1_000;
  const span = { traceId, name, timestamp, duration: 1_000 };
  const spans = [
    { ...span, id: '1111111111111111', kind: 'CLIENT', localEndpoint: { serviceName: service } },
    {
      ...span,
      id: '2222222222222222',
      parentId: '1111111111111111',
      kind: 'SERVER',
      localEndpoint: { serviceName: 'hostile' },
    },
  ];
  const answer = await fetch(toZipkin(shop.addresses()), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(spans),
  });
  expect(answer.status).toBe(202);
  await waitFor('the spans', async () => (await fetch(`${shop.addresses().jaeger}/api/traces/${traceId}`)).ok);
};
