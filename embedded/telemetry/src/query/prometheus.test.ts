import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RunningBackend, startBackend, waitFor } from '../testing/running-backend.js';

let target: Server;
let body: string;
let accept: string | undefined;
let backend: RunningBackend;
let instance: string;

beforeEach(async () => {
  body = 'orders_total{outcome="ok",job="mine"} 3\n# EOF\n';
  target = createServer((req, res) => {
    accept = req.headers.accept;
    res.end(body);
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  instance = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  backend = await startBackend({ scrapeBytes: 10_000 }, [{ service: 'order', url: `http://${instance}` }]);
});
afterEach(async () => {
  await backend.stop();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

interface Answer {
  status: string;
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}
const query = async (text: string) =>
  (await backend.get('prometheus', `/api/v1/query?query=${encodeURIComponent(text)}`)).body as Answer;
const firstValue = async (text: string) => (await query(text)).data.result[0]?.value[1];
const until = (text: string, value: string | undefined) =>
  waitFor(`${text} to be ${value}`, async () => (await firstValue(text)) === value);

it('scrapes each target, asking for OpenMetrics, and answers a selector as an instant vector', async () => {
  await until('orders_total', '3');
  expect(accept).toContain('application/openmetrics-text');
  const { status, data } = await query('orders_total{outcome="ok"}');
  expect(status).toBe('success');
  expect(data).toEqual({
    resultType: 'vector',
    result: [
      {
        metric: { __name__: 'orders_total', outcome: 'ok', exported_job: 'mine', job: 'order', instance },
        value: [expect.any(Number), '3'],
      },
    ],
  });
  body = 'orders_total{outcome="ok",job="mine"} 4\n';
  await until('orders_total', '4');
  expect((await query('orders_total{outcome="failed"}')).data.result).toEqual([]);
});

it('knows when a target is down: up is 0, its series are gone, and the cause is told', async () => {
  await until('up{job="order"}', '1');
  body = 'this is no metric at all\n';
  await until('up{job="order"}', '0');
  expect(await firstValue('orders_total')).toBeUndefined();
  const { body: answer } = await backend.get('prometheus', '/api/v1/targets');
  expect(answer).toMatchObject({
    data: { activeTargets: [{ labels: { job: 'order', instance }, health: 'down', lastError: 'not a sample' }] },
  });
  body = `x 1\n${'# padding\n'.repeat(2_000)}`;
  await waitFor('the large body to be refused', async () => {
    const { body: now } = await backend.get('prometheus', '/api/v1/targets');
    return JSON.stringify(now).includes('larger than 10000 bytes');
  });
});

it('answers exemplars', async () => {
  const at = Date.now() / 1_000;
  body = `latency_bucket{le="1"} 2 # {trace_id="abc"} 0.5 ${at}\n# EOF\n`;
  await until('latency_bucket', '2');
  const { body: answer } = await backend.get('prometheus', '/api/v1/query_exemplars?query=latency_bucket');
  expect(answer).toEqual({
    status: 'success',
    data: [
      {
        seriesLabels: { __name__: 'latency_bucket', le: '1', job: 'order', instance },
        exemplars: [{ labels: { trace_id: 'abc' }, value: '0.5', timestamp: at }],
      },
    ],
  });
});

it.each([
  ['/api/v1/query?query=rate(x)', 400, 'bad_data'],
  ['/api/v1/query', 400, 'bad_data'],
  ['/api/v1/query?query=up&time=noon', 400, 'bad_data'],
  ['/api/v1/query_range?query=up', 400, 'bad_data'],
  ['/api/v1/status/flags', 404, 'not_found'],
])('%s is refused in Prometheus’ form', async (path, status, errorType) => {
  const answer = await backend.get('prometheus', path);
  expect(answer).toEqual({ status, body: { status: 'error', errorType, error: expect.any(String) } });
});
