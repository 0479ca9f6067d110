import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { waitFor } from '@glasshouse/test-kit';
import { root } from './launcher.js';
import { startShop, type TestShop } from './shop.js';

interface Alert {
  readonly status?: string;
  readonly state?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

// With this an hour is a minute, so that a burn rate of five minutes and one hour takes five seconds and one minute.
const timeScale = ['--time-scale', '60'];
const deadlineMs = 90_000;

/** Buys again and again until it is told to stop. */
const buyUntil = async (shop: TestShop, stop: AbortSignal): Promise<void> => {
  const { token } = await shop.newCustomer();
  const order = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
  while (!stop.aborted) {
    await shop.order(token, order).catch(() => undefined);
    await wait(100);
  }
};

const ask = async (shop: TestShop, path: string) => {
  const response = await fetch(`${shop.addresses().prometheus}/api/v1/${path}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: never }).data;
};
const alerts = async (shop: TestShop): Promise<Alert[]> => ((await ask(shop, 'alerts')) as { alerts: Alert[] }).alerts;
const rules = async (shop: TestShop): Promise<Rule[]> =>
  ((await ask(shop, 'rules')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const query = async (shop: TestShop, text: string): Promise<number | undefined> => {
  const { result } = (await ask(shop, `query?${new URLSearchParams({ query: text })}`)) as {
    result: { value: [number, string] }[];
  };
  return result[0] === undefined ? undefined : Number(result[0].value[1]);
};

/** The page for the promise that purchases are decided in the answer, which is what a dead payment service breaks. */
const isPage = ({ labels }: Alert): boolean =>
  labels.alertname === 'PurchasesBudgetBurn' && labels.slo === 'purchases-decision' && labels.severity === 'page';

const untilEveryRuleWorks = (shop: TestShop) =>
  waitFor(
    'every rule to be evaluated without an error',
    async () => {
      const all = await rules(shop);
      expect(all.filter(({ health }) => health === 'err')).toEqual([]);
      return all.length > 100 && all.every(({ health }) => health === 'ok');
    },
    deadlineMs,
  );

describe('a shop whose time is compressed', () => {
  let shop: TestShop;
  let receiver: Server;
  const told: Alert[] = [];
  const stop = new AbortController();
  let buyer: Promise<void>;

  beforeAll(async () => {
    receiver = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        told.push(...(JSON.parse(body) as { alerts: Alert[] }).alerts);
        res.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
    shop = await startShop({ args: [...timeScale, '--webhooks', hook] });
    buyer = buyUntil(shop, stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await buyer;
    await shop?.stop();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const setFaults = async (faults: readonly object[]): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(faults);
    const answer = await fetch(`${shop.addresses().admin.payment}/faults`, { method: 'PUT', headers, body });
    expect(answer.status).toBe(200);
  };

  test(
    'every rule works, and of purchases that are decided there is nothing to tell',
    async () => {
      await untilEveryRuleWorks(shop);
      const ratio = 'slo:errors_per_request:ratio_rate5m{slo="purchases-decision"}';
      await waitFor('purchases to be counted', async () => (await query(shop, ratio)) !== undefined, deadlineMs);
      expect((await alerts(shop)).filter(isPage)).toEqual([]);
    },
    deadlineMs,
  );

  test(
    'a payment service that fails raises a page, which ends when it works again',
    async () => {
      await setFaults([{ route: 'PUT /internal/payments/:orderId', errorRate: 1 }]);
      const [alert] = await waitFor(
        'the page to fire',
        async () => {
          const firing = (await alerts(shop)).filter((one) => isPage(one) && one.state === 'firing');
          return firing.length > 0 && firing;
        },
        deadlineMs,
      );
      expect(alert?.labels).toMatchObject({ service: 'order' });
      expect(existsSync(join(root, alert?.annotations.runbook ?? ''))).toBe(true);
      await waitFor(
        'the webhook to be told',
        () => told.some((one) => isPage(one) && one.status === 'firing'),
        deadlineMs,
      );
      // The alert of the cause names the service that is the cause.
      await waitFor(
        'the failing calls to be told',
        () => told.some(({ labels }) => labels.alertname === 'CallsFailing' && labels.service === 'payment'),
        deadlineMs,
      );

      await setFaults([]);
      await waitFor('the page to end', async () => !(await alerts(shop)).some(isPage), deadlineMs);
      await waitFor(
        'the webhook to be told',
        () => told.some((one) => isPage(one) && one.status === 'resolved'),
        deadlineMs,
      );
      expect(await query(shop, 'max_over_time(ALERTS{alertname="PurchasesBudgetBurn",alertstate="firing"}[5m])')).toBe(
        1,
      );
    },
    4 * deadlineMs,
  );
});

test(
  'in a single process the rules work, too',
  async () => {
    const shop = await startShop({ args: ['--single', ...timeScale] });
    try {
      await untilEveryRuleWorks(shop);
    } finally {
      await shop.stop();
    }
  },
  2 * deadlineMs,
);
