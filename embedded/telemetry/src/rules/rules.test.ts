import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTelemetryBackend, type Ports, type TelemetryBackend } from '../backend.js';
import { waitFor } from '../testing/running-backend.js';

const freePorts: Ports = { fluentd: 0, jaegerCollector: 0, zipkin: 0, jaegerQuery: 0, elasticsearch: 0, prometheus: 0 };
const folder = mkdtempSync(join(tmpdir(), 'glasshouse-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const writeRules = (text: string): string => {
  writeFileSync(join(folder, 'rules.yml'), text);
  return folder;
};

describe('a backend with rules', () => {
  let backend: TelemetryBackend;
  let ports: Ports;
  let service: Server;
  let receiver: Server;
  let isBroken = false;
  const told: { status: string; alerts: { labels: object; generatorURL: string }[] }[] = [];

  const listen = (server: Server): Promise<string> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    });

  beforeAll(async () => {
    service = createServer((_req, res) => res.end(`broken ${isBroken ? 1 : 0}\n`));
    receiver = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        told.push(JSON.parse(body));
        res.end();
      });
    });
    const rules = writeRules(`
groups:
  - name: g
    interval: 1m
    rules:
      - { record: 'job:broken:max', expr: max by (job) (broken) }
      - { alert: Broken, expr: 'job:broken:max > 0', for: 1m, labels: { severity: page } }
`);
    backend = createTelemetryBackend({
      ports: freePorts,
      scrapeTargets: [{ service: 'order', url: await listen(service) }],
      rules: { folder: rules, timeScale: 60, webhooks: [await listen(receiver)] },
    });
    ports = await backend.start();
  });
  afterAll(async () => {
    await backend.stop();
    for (const server of [service, receiver]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into along paths that no type describes
  const ask = async (path: string): Promise<any> => {
    const { data } = (await (await fetch(`http://127.0.0.1:${ports.prometheus}${path}`)).json()) as { data: unknown };
    return data;
  };

  test('records series beside those that are scraped', async () => {
    const { result } = await waitFor('the recorded series', async () => {
      const data = await ask('/api/v1/query?query=job:broken:max');
      return data.result.length > 0 && data;
    });
    expect(result).toMatchObject([{ metric: { __name__: 'job:broken:max', job: 'order' } }]);
  });

  test('tells of an alert and of its end', async () => {
    isBroken = true;
    await waitFor('the alert', async () => {
      const { alerts } = await ask('/api/v1/alerts');
      return alerts.some(({ state }: { state: string }) => state === 'firing');
    });
    await waitFor('the message', () => told.length === 1);
    expect(told[0]).toMatchObject({
      status: 'firing',
      alerts: [
        {
          labels: { alertname: 'Broken', job: 'order', severity: 'page' },
          generatorURL: `http://127.0.0.1:${ports.prometheus}/graph?g0.expr=job%3Abroken%3Amax+%3E+0&g0.tab=1`,
        },
      ],
    });
    isBroken = false;
    await waitFor('the second message', () => told.length === 2);
    expect(told[1]).toMatchObject({ status: 'resolved', alerts: [{ labels: { alertname: 'Broken' } }] });
  });

  test('counts what the rules do', async () => {
    const text = await waitFor('both deliveries to be counted', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${ports.jaegerQuery}/metrics`)).text();
      return metrics.includes('\nembedded_notifications_total{outcome="delivered"} 2\n') && metrics;
    });
    expect(text).toMatch(/^embedded_rule_evaluations_total [1-9]/m);
    expect(text).toMatch(/^embedded_rule_evaluation_failures_total 0$/m);
    expect(text).toMatch(/^embedded_notifications_total\{outcome="failed"\} 0$/m);
  });
});

test('rules that are wrong keep the backend from starting', () => {
  const rules = writeRules('groups: [{ name: g, rules: [{ alert: A, expr: "up >" }] }]');
  const create = (): unknown =>
    createTelemetryBackend({ ports: freePorts, scrapeTargets: [], rules: { folder: rules } });
  expect(create).toThrow(`The rules cannot be loaded:\n${join(rules, 'rules.yml')}: group g, rule 1 (A): `);
});
