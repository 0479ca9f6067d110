import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '../testing/running-backend.js';
import type { Alert } from './alerting.js';
import { createNotifier, type Notifier } from './notifier.js';
import type { NotifiedAlert } from './webhook.js';

interface Message {
  status: string;
  groupLabels: Record<string, string>;
  alerts: { status: string; labels: Record<string, string>; fingerprint: string; endsAt: string }[];
}

let server: Server;
let url: string;
let messages: Message[];
let answer: number;
const notifiers: Notifier[] = [];

beforeEach(async () => {
  messages = [];
  answer = 200;
  server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      messages.push(JSON.parse(body));
      res.writeHead(answer).end('thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  for (const notifier of notifiers.splice(0)) notifier.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const create = (urls: readonly string[] = [url], retryAfterMs = 5): Notifier => {
  const notifier = createNotifier({ urls, externalUrl: () => 'http://p:9090', retryAfterMs });
  notifiers.push(notifier);
  return notifier;
};

const alertOf = (labels: Record<string, string>, change: Partial<Alert> = {}): NotifiedAlert => ({
  query: 'up == 0',
  alert: {
    labels: { alertname: 'ServiceDown', ...labels },
    annotations: { summary: 's' },
    state: 'firing',
    value: 0,
    activeAt: 1_000,
    firedAt: 2_000,
    resolvedAt: undefined,
    keepFiringSince: undefined,
    ...change,
  },
});
const over: Partial<Alert> = { state: 'inactive', resolvedAt: 9_000 };
const received = (count: number) => waitFor(`${count} messages`, () => messages.length >= count);

test('a message has the form of Alertmanager, with its fingerprints', async () => {
  create().notify([
    alertOf({ instance: 'order:8284', job: 'order', note: 'größer', severity: 'page' }),
    alertOf({ job: 'payment', severity: 'page' }),
  ]);
  await received(1);
  const generatorURL = 'http://p:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1';
  const times = { startsAt: '1970-01-01T00:00:02.000Z', endsAt: '0001-01-01T00:00:00Z' };
  // The fingerprints are Alertmanager 0.25's for these labels.
  expect(messages).toEqual([
    {
      version: '4',
      groupKey: '{}:{alertname="ServiceDown"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'webhook',
      groupLabels: { alertname: 'ServiceDown' },
      commonLabels: { alertname: 'ServiceDown', severity: 'page' },
      commonAnnotations: { summary: 's' },
      externalURL: 'http://p:9090',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'ServiceDown', instance: 'order:8284', job: 'order', note: 'größer', severity: 'page' },
          annotations: { summary: 's' },
          ...times,
          generatorURL,
          fingerprint: '592e5dc9ef3b5bce',
        },
        {
          status: 'firing',
          labels: { alertname: 'ServiceDown', job: 'payment', severity: 'page' },
          annotations: { summary: 's' },
          ...times,
          generatorURL,
          fingerprint: 'ffa09b19119e3c9c',
        },
      ],
    },
  ]);
});

test('only news is told: an alert once, its end once, and each name in a message of its own', async () => {
  const notifier = create();
  const both = [alertOf({ job: 'order' }), alertOf({ job: 'order', alertname: 'BreakerOpen' })];
  notifier.notify(both);
  await received(2);
  notifier.notify(both);
  notifier.notify([alertOf({ job: 'order' }, over), alertOf({ job: 'order', alertname: 'BreakerOpen' })]);
  await received(3);
  notifier.notify([alertOf({ job: 'order' }, over)]);
  await waitFor('the last message', () => notifier.stats().delivered === 4 || messages.length > 4);
  expect(messages.map(({ status, groupLabels }) => `${groupLabels.alertname} ${status}`).sort()).toEqual([
    'BreakerOpen firing',
    'BreakerOpen resolved',
    'ServiceDown firing',
    'ServiceDown resolved',
  ]);
  expect(messages[2]?.alerts).toMatchObject([{ status: 'resolved', endsAt: '1970-01-01T00:00:09.000Z' }]);
});

test('what goes on is told together with what is over', async () => {
  const notifier = create();
  notifier.notify([alertOf({ job: 'order' }), alertOf({ job: 'payment' })]);
  await received(1);
  notifier.notify([alertOf({ job: 'order' }, over), alertOf({ job: 'payment' })]);
  await received(2);
  expect(messages[1]?.status).toBe('firing');
  expect(messages[1]?.alerts.map(({ status }) => status)).toEqual(['resolved', 'firing']);
});

test('a receiver that was away hears how things are now, not what was', async () => {
  const notifier = create();
  answer = 503;
  notifier.notify([alertOf({ job: 'order' })]);
  await received(2);
  notifier.notify([alertOf({ job: 'order' }, over), alertOf({ job: 'payment' })]);
  answer = 200;
  await waitFor('a delivery', () => notifier.stats().delivered === 1);
  expect(messages.at(-1)?.alerts.map(({ status, labels }) => `${labels.job} ${status}`)).toEqual(['payment firing']);
  expect(notifier.stats().failed).toBeGreaterThanOrEqual(2);
});

test('after five attempts it is tried again only when something changes', async () => {
  const notifier = create();
  answer = 500;
  const order = alertOf({ job: 'order' });
  notifier.notify([order]);
  await waitFor('the last attempt', () => notifier.stats().failed === 5);
  answer = 200;
  notifier.notify([order]);
  notifier.notify([order, alertOf({ job: 'payment' })]);
  await waitFor('a delivery', () => notifier.stats().delivered === 1);
  expect(messages).toHaveLength(6);
  expect(messages[5]?.alerts).toHaveLength(2);
});

test('a receiver that is not there is no hindrance for the others', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const nobody = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
  await new Promise((resolve) => closed.close(resolve));
  const notifier = create([nobody, url]);
  notifier.notify([alertOf({ job: 'order' })]);
  await waitFor('a delivery and a failure', () => notifier.stats().delivered === 1 && notifier.stats().failed > 0);
});
