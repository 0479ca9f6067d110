import { kitErrors } from '../errors.js';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { waitFor } from '../testing/wait-for.js';
import { ok } from './replies.js';
import { defineRoute, type Route } from './routes.js';

let service: KitService;

const route = (path: string, handler: () => ReturnType<typeof ok>): Route =>
  defineRoute({
    method: 'get',
    path,
    access: 'anyone',
    tag: 'test',
    summary: 'A test',
    answers: { 200: { description: 'ok' } },
    handler,
  });

const fail = (error: Error) => (): ReturnType<typeof ok> => {
  throw error;
};

beforeAll(async () => {
  service = await startKitService({
    app: (kit) => ({
      routes: [
        route('/quiet', () => {
          kit.telemetry.tracing.startSpan('within').finish();
          return ok({});
        }),
        route('/quiet/late', fail(kitErrors.deadlineExceeded())),
        route('/quiet/broken', fail(new Error('a bug'))),
        route('/loud', () => ok({})),
      ],
      isQuiet: (template) => template?.startsWith('/quiet') === true,
    }),
  });
});
afterAll(() => service.stop());

const countOf = async (path: string): Promise<boolean> =>
  new RegExp(`request_duration_seconds_count\\{[^}]*http_route="${path}"[^}]*\\} 1`).test(await service.scrape());

test('a quiet request is counted, but neither it nor what it does is traced or logged', async () => {
  const answer = await fetch(`${service.app}/quiet`);
  expect(answer.headers.get('traceresponse')).toMatch(/-00$/);
  await waitFor('the count', () => countOf('/quiet'));
  expect(service.spans).toEqual([]);
  expect(service.facts('http.request')).toEqual([]);
});

test('a failure that was foreseen stays quiet, a bug does not', async () => {
  await fetch(`${service.app}/quiet/late`);
  await fetch(`${service.app}/quiet/broken`);
  await waitFor('the count', () => countOf('/quiet/broken'));
  expect(service.facts('http.error').map((line) => line['http.route'])).toEqual(['/quiet/broken']);
});

test('the other requests of the same service are told as ever', async () => {
  await fetch(`${service.app}/loud`);
  await waitFor('line and span', () => service.facts('http.request').length === 1 && service.spans.length === 1);
});

test('who waits for the end of the service is told when it begins', async () => {
  const short = await startKitService({});
  expect(short.kit.stopping.aborted).toBe(false);
  const stopped = short.stop();
  expect(short.kit.stopping.aborted).toBe(true);
  await stopped;
});
