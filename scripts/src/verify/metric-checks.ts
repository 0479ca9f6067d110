import { createPrometheusClient } from '@glasshouse/console/queries/prometheus';
import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import { ask, askJson } from './http.js';
import type { Purchase } from './purchase.js';
import { findTrace } from './trace-checks.js';

interface Targets {
  readonly data: { readonly activeTargets: readonly { readonly health: string; readonly labels: { job: string } }[] };
}

const purchaseRoute = '{job="gateway",http_route="/api/orders",http_request_method="POST"}';

/** The purchase's own exemplar; `base` is what stands before `/query_exemplars`. */
export const findExemplar = (base: string, { traceId, startedAtMs }: Purchase) =>
  eventually("the purchase's exemplar", async () => {
    const selector = `http_server_request_duration_seconds_bucket${purchaseRoute}`;
    const found = await createPrometheusClient(base).exemplars(selector, startedAtMs - 1_000, Date.now() + 60_000);
    return found.find((exemplar) => exemplar.traceId === traceId);
  });

export const metricChecks = (addresses: StackAddresses, purchase: Purchase): Check[] => {
  const { prometheus, alertmanager, jaeger } = addresses;
  if (prometheus === undefined) return [];
  const client = createPrometheusClient(`${prometheus}/api/v1`);
  return [
    {
      tool: 'Prometheus',
      what: 'reads every target',
      run: async () => {
        const { data } = await eventually('answer of every target', async () => {
          const targets = await askJson<Targets>(`${prometheus}/api/v1/targets?state=active`);
          return targets.data.activeTargets.every(({ health }) => health !== 'unknown') ? targets : undefined;
        });
        const down = data.activeTargets.filter(({ health }) => health !== 'up').map(({ labels }) => labels.job);
        return down.length === 0 ? `${data.activeTargets.length} targets` : fail(`down: ${down.join(', ')}`);
      },
    },
    {
      tool: 'Prometheus',
      what: 'counts the purchase',
      run: async () => {
        const [sample] = await eventually('confirmed order', async () => {
          const samples = await client.query('sum(orders_total{outcome="confirmed"}) > 0');
          return samples.length > 0 ? samples : undefined;
        });
        return `${sample?.value} confirmed`;
      },
    },
    {
      tool: 'Prometheus',
      what: 'evaluates every rule',
      run: async () => {
        const rules = await eventually('evaluation of every rule', async () => {
          const found = (await client.rules()).flatMap((group) => group.rules);
          return found.length > 0 && found.every(({ health }) => health !== 'unknown') ? found : undefined;
        });
        const broken = rules
          .filter(({ health }) => health !== 'ok')
          .map(({ name, lastError }) => `${name}: ${lastError}`);
        return broken.length === 0 ? `${rules.length} rules` : fail(broken.join('; '));
      },
    },
    {
      tool: 'Prometheus',
      what: "leads from a metric to a trace by the purchase's exemplar",
      run: async () => {
        const { value, traceId } = await findExemplar(`${prometheus}/api/v1`, purchase);
        const seen = `${Math.round(value * 1_000)} ms`;
        return jaeger === undefined ? seen : `${seen}, ${(await findTrace(jaeger, traceId)).spans.length} spans`;
      },
    },
    ...(alertmanager === undefined ? [] : alertChecks({ ...addresses, prometheus, alertmanager })),
  ];
};

const alertChecks = (addresses: StackAddresses & { prometheus: string; alertmanager: string }): Check[] => [
  {
    tool: 'Prometheus',
    what: 'tells Alertmanager',
    run: async () => {
      const { data } = await askJson<{ data: { activeAlertmanagers: { url: string }[] } }>(
        `${addresses.prometheus}/api/v1/alertmanagers`,
      );
      return data.activeAlertmanagers[0]?.url ?? fail('it knows none');
    },
  },
  ...(addresses.console === undefined
    ? []
    : [
        {
          tool: 'Alertmanager',
          what: "tells the console's open pages of an alert",
          run: () => alertReachesConsole(addresses.alertmanager, addresses.console ?? ''),
        },
      ]),
];

/** Opens the console's stream of events, sends an alert that ends by itself, and waits for it. */
const alertReachesConsole = async (alertmanager: string, consoleUrl: string): Promise<string> => {
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), 30_000);
  try {
    const stream = await fetch(`${consoleUrl}/api/events`, { signal: gone.signal });
    const name = `StackVerified${Date.now()}`;
    const startedAtMs = Date.now();
    await ask(`${alertmanager}/api/v2/alerts`, {
      body: [
        {
          labels: { alertname: name, severity: 'page', service: 'console' },
          annotations: { summary: 'The stack is being verified', description: 'It ends by itself within a minute.' },
          endsAt: new Date(startedAtMs + 60_000).toISOString(),
        },
      ],
    });
    let text = '';
    for await (const chunk of stream.body ?? fail('the console has no stream of events')) {
      text += Buffer.from(chunk).toString();
      if (text.includes(name)) return `after ${Date.now() - startedAtMs} ms`;
    }
    return fail("the console's stream ended");
  } catch (error) {
    if (gone.signal.aborted) return fail('it has not arrived within 30 s');
    throw error;
  } finally {
    clearTimeout(timer);
    gone.abort();
  }
};
