import { startService, type TestService, waitFor } from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

let service: TestService;

beforeEach(async () => {
  service = await startService({
    name: 'console',
    create: createService,
    schema: configSchema,
    env: { SERVICE_KEYS_FILE: '' },
  });
});
afterEach(() => service.stop());

interface Stream {
  /** All that has come. */
  text(): string;
  readonly ended: Promise<void>;
  close(): void;
}

const listen = async (headers: Record<string, string> = {}): Promise<Stream> => {
  const gone = new AbortController();
  const response = await fetch(`${service.app}/api/events`, { headers, signal: gone.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  };
  return { text: () => text, ended: read().catch(() => {}), close: () => gone.abort() };
};

const notify = (alerts: readonly object[], version = '4'): Promise<Response> =>
  fetch(`${service.app}/api/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, status: 'firing', receiver: 'console', groupKey: 'x', alerts }),
  });

const alert = (name: string): object => ({
  status: 'firing',
  labels: { alertname: name },
  annotations: { summary: 'It burns' },
  startsAt: '2026-11-22T18:00:00Z',
  generatorURL: 'http://prometheus/graph',
});

test('an alert reaches every open page at once', async () => {
  const streams = [await listen(), await listen()];
  expect((await notify([alert('ServiceDown')])).status).toBe(202);
  for (const stream of streams) {
    await waitFor('the event', () => /event: alerts\ndata: .*"alertname":"ServiceDown"/.test(stream.text()));
    stream.close();
  }
});

test('a page that comes back is told what it has missed, and nothing twice', async () => {
  await notify([alert('First')]);
  await notify([alert('Second')]);
  const stream = await listen({ 'last-event-id': '1' });
  await waitFor('the second', () => stream.text().includes('Second'));
  expect(stream.text()).not.toContain('First');
  stream.close();
});

test('a page that is new is told nothing old', async () => {
  await notify([alert('Old')]);
  const stream = await listen();
  await notify([alert('New')]);
  await waitFor('the new one', () => stream.text().includes('New'));
  expect(stream.text()).not.toContain('Old');
  stream.close();
});

test('only so many pages are told; a page that has gone makes room', async () => {
  const streams = await Promise.all(Array.from({ length: 64 }, () => listen()));
  const refused = await fetch(`${service.app}/api/events`);
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain('"too_many_streams"');
  expect(await service.metric('console_event_streams')).toBe(64);
  for (const stream of streams) stream.close();
  await waitFor('room', async () => (await service.metric('console_event_streams')) === 0);
  const labels = { http_route: '/api/events', http_response_status_code: '200' };
  // How long a page was open is no duration of an answer.
  expect(await service.metric('http_server_request_duration_seconds_count', labels)).toBe(0);
  (await listen()).close();
});

test('what is no webhook of version 4, or too much, is refused', async () => {
  expect((await notify([alert('x')], '3')).status).toBe(400);
  expect((await notify(Array.from({ length: 101 }, () => alert('x')))).status).toBe(400);
  expect((await notify([{ ...alert('x'), labels: { alertname: 'x'.repeat(5_000) } }])).status).toBe(400);
});

test('open streams end when the service goes down, so that they do not hold it up', async () => {
  const stream = await listen();
  const stopped = service.stop();
  await stream.ended;
  await stopped;
});
