import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { createOpenPage, inChromium } from '../../browser.js';
import { runCommand } from '../../command.js';
import { createEvidence } from '../../evidence.js';
import { root } from '../../launcher.js';
import { type Answer, startShop, type TestShop } from '../../shop.js';
import { everyService } from '../every-service.js';
import { type RealJaeger, type RealTracing, startJaeger } from '../jaeger-zipkin/jaeger.js';
import { startZipkin } from '../jaeger-zipkin/zipkin.js';
import { describeWith } from '../tool.js';
import {
  type AlertmanagerOptions,
  type PrometheusOptions,
  prepareAlertmanager,
  prepareNodeExporter,
  preparePrometheus,
  type RealTool,
  toTargets,
} from './prometheus.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' };
const deadlineMs = 60_000;

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}
interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}
interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}
interface ToldAlert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
}

const tools = ['prometheus', 'alertmanager', 'nodeExporter', 'jaeger', 'zipkin'] as const;

describeWith(
  tools,
  'the unchanged shop, watched by a real Prometheus and Alertmanager with the files of infra/',
  () => {
    let jaeger: RealJaeger;
    let zipkin: RealTracing;
    let prometheus: RealTool<PrometheusOptions>;
    let alertmanager: RealTool<AlertmanagerOptions>;
    let nodeExporter: RealTool<void>;
    let shop: TestShop;
    let purchase: Answer;

    beforeAll(async () => {
      prometheus = await preparePrometheus();
      alertmanager = await prepareAlertmanager();
      nodeExporter = await prepareNodeExporter();
      jaeger = await startJaeger();
      zipkin = await startZipkin();
      shop = await startShop({
        environment: {
          ...everyService({ JAEGER_ENDPOINT: jaeger.intake, ZIPKIN_ENDPOINT: zipkin.intake }),
          CONSOLE__JAEGER_QUERY_URL: jaeger.url,
          CONSOLE__PROMETHEUS_URL: prometheus.url,
        },
      });
      await nodeExporter.start();
      await alertmanager.start({ consoleUrl: shop.addresses().console });
      const others = {
        prometheus: prometheus.host,
        alertmanager: alertmanager.host,
        'node-exporter': nodeExporter.host,
        jaeger: jaeger.metrics,
      };
      await prometheus.start({ targets: { ...toTargets(shop.addresses()), ...others } });
      const customer = await shop.newCustomer();
      purchase = await waitFor(
        'an order that is confirmed within its request',
        async () => {
          const answer = await shop.order(customer.token, wish);
          return answer.status === 201 ? answer : undefined;
        },
        deadlineMs,
      );
    });
    afterAll(async () => {
      await shop?.stop();
      await Promise.all([prometheus, alertmanager, nodeExporter, jaeger, zipkin].map((tool) => tool?.stop()));
    });

    const ask = async <T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> => {
      const response = await fetch(`${prometheus.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      expect(response.status).toBe(200);
      return ((await response.json()) as { data: T }).data;
    };
    const query = async (text: string): Promise<readonly Sample[]> =>
      (await ask<{ result: Sample[] }>('query', { query: text })).result;

    test('Prometheus reads every target that its file names, those of other profiles left out', async () => {
      const targets = await waitFor(
        'every target to be read',
        async () => {
          const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets');
          return activeTargets.length > 0 && activeTargets.every(({ health }) => health !== 'unknown') && activeTargets;
        },
        deadlineMs,
      );
      expect(targets.filter(({ health }) => health !== 'up')).toEqual([]);
      const shopJobs = ['gateway', 'oauth', 'customer', 'product', 'order', 'payment', 'console'];
      expect(targets.map(({ labels }) => labels.job).sort()).toEqual(
        [...shopJobs, 'alertmanager', 'jaeger', 'node-exporter', 'prometheus'].sort(),
      );
    });

    test('it counts the purchase, and what node-exporter tells of the machine', async () => {
      const [orders] = await waitFor(
        'the order to be counted',
        async () => {
          const samples = await query('orders_total{outcome="confirmed"} > 0');
          return samples.length > 0 && samples;
        },
        deadlineMs,
      );
      expect(orders?.metric).toMatchObject({ job: 'order', outcome: 'confirmed' });
      const [memory] = await query('node_memory_MemAvailable_bytes{job="node-exporter"}');
      expect(Number(memory?.value[1])).toBeGreaterThan(0);
      const [spans] = await query('sum({__name__=~"otelcol_receiver_accepted_spans(_total)?",job="jaeger"})');
      expect(Number(spans?.value[1])).toBeGreaterThan(0);
    });

    test('it keeps the exemplar of the purchase, which leads to its trace in Jaeger', async () => {
      const bucket = 'http_server_request_duration_seconds_bucket{job="gateway",http_route="/api/orders"}';
      interface Series {
        readonly exemplars: readonly { readonly labels: { readonly trace_id: string } }[];
      }
      const found = await waitFor(
        'the exemplar',
        async () => {
          const series = await ask<Series[]>('query_exemplars', {
            query: bucket,
            start: `${Date.now() / 1_000 - 600}`,
            end: `${Date.now() / 1_000 + 60}`,
          });
          const ids = series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
          return ids.find((id) => id === purchase.traceId);
        },
        deadlineMs,
      );
      const evidence = createEvidence(() => ({ ...shop.addresses(), jaeger: jaeger.url }));
      const { spans } = await evidence.wholeTrace(found);
      expect(new Set(spans.map(({ service }) => service))).toEqual(
        new Set(['gateway', 'order', 'customer', 'product', 'payment']),
      );
    });

    test('it evaluates every rule without an error', async () => {
      const rules = await waitFor(
        'every rule to be evaluated',
        async () => {
          const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
          const all = groups.flatMap((group) => group.rules);
          return all.length > 100 && all.every(({ health }) => health !== 'unknown') && all;
        },
        deadlineMs,
      );
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    });

    test('npm run verify-stack finds every link of these tools in order', async () => {
      const verified = await runCommand(
        process.execPath,
        [
          join(root, 'scripts/dist/verify-stack.js'),
          ...['--data', shop.dataDirectory],
          ...['--jaeger', jaeger.url, '--zipkin', zipkin.url],
          ...['--prometheus', prometheus.url, '--alertmanager', alertmanager.url],
        ],
        { timeoutMs: 3 * deadlineMs },
      );
      expect(verified.output).not.toMatch(/^FAILED/m);
      expect(verified.output).toMatch(/^ok +Zipkin /m);
      expect(verified).toMatchObject({ code: 0 });
    });

    inChromium('the console on it', (open) => {
      const openPage = createOpenPage(open, () => shop.addresses().console);

      test('draws metrics, and a dot in a chart opens its trace', async () => {
        const { page } = await openPage('/metrics?view=red&service=gateway');
        const dot = page.locator('a.exemplar').first();
        await dot.waitFor();
        await dot.click();
        await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
        await page.getByRole('treeitem').filter({ hasText: 'gateway' }).first().waitFor();
      });

      test('a service that hangs is an alert, which travels to the open page, and ends when the service goes on', async () => {
        const told = listen(shop.addresses().console);
        const { page } = await openPage('/');
        await page.locator('#alerts').waitFor();
        await shop.signal('payment', 'SIGSTOP');
        try {
          await waitFor('the alert at the console', () => told.has('firing'), deadlineMs);
          await page.locator('#alerts').getByText('payment does not answer').waitFor();
          const answer = await fetch(`${alertmanager.url}/api/v2/alerts?filter=alertname%3D%22ServiceDown%22`);
          expect(await answer.json()).toMatchObject([
            { labels: { job: 'payment', severity: 'page' }, receivers: [{ name: 'console-page' }] },
          ]);
        } finally {
          await shop.signal('payment', 'SIGCONT');
        }
        await waitFor('the end of the alert at the console', () => told.has('resolved'), deadlineMs);
        await page.locator('#alerts').getByText('payment does not answer').waitFor({ state: 'detached' });
        await told.stop();
      });
    });
  },
);

/** Reads the console's stream of events, as an open page does, for what it tells of the payment service being down. */
const listen = (consoleUrl: string) => {
  const gone = new AbortController();
  const alerts: ToldAlert[] = [];
  const read = async (): Promise<void> => {
    const stream = await fetch(`${consoleUrl}/api/events`, { signal: gone.signal });
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^event: alerts\ndata: (.*)$/m.exec(event) ?? [];
        if (data !== undefined) alerts.push(...(JSON.parse(data) as ToldAlert[]));
      }
    }
  };
  const reading = read().catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
  return {
    has: (status: string): boolean =>
      alerts.some(
        (alert) =>
          alert.status === status && alert.labels.alertname === 'ServiceDown' && alert.labels.service === 'payment',
      ),
    stop(): Promise<void> {
      gone.abort();
      return reading;
    },
  };
};
