import request from 'supertest';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { waitFor } from '../testing/wait-for.js';
import { createLoadGuard } from './load-guard.js';
import { ok } from './replies.js';
import { defineRoute } from './routes.js';

describe('a load guard', () => {
  const calm = { current: () => 0, stop: () => {} };
  const late = { current: () => 500, stop: () => {} };

  test('lets in as many as its cap, and one more for each that leaves', () => {
    const guard = createLoadGuard(2, calm);
    expect([guard.enter(), guard.enter(), guard.enter()]).toEqual([undefined, undefined, 'in_flight']);
    guard.leave();
    expect([guard.enter(), guard.enter()]).toEqual([undefined, 'in_flight']);
  });

  test('lets in a quarter of them while the event loop is late', () => {
    const guard = createLoadGuard(100, late);
    const reasons = Array.from({ length: 26 }, () => guard.enter());
    expect(reasons).toEqual([...Array(25).fill(undefined), 'event_loop_delay']);
  });

  test('lets in a few whatever the event loop does', () => {
    const guard = createLoadGuard(20, late);
    const reasons = Array.from({ length: 17 }, () => guard.enter());
    expect(reasons).toEqual([...Array(16).fill(undefined), 'event_loop_delay']);
  });
});

describe('a service with too much to do', () => {
  let service: KitService;
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  const routes = [
    defineRoute({
      method: 'get',
      path: '/api/slow',
      access: 'anyone',
      tag: 't',
      summary: 's',
      answers: { 200: { description: 'ok' } },
      handler: async () => {
        begun += 1;
        await released;
        return ok({});
      },
    }),
  ];
  beforeAll(async () => {
    service = await startKitService({ app: () => ({ routes, maxInFlight: 3 }) });
  });
  afterAll(() => service.stop());

  test('refuses at once what is above its cap, cheaply but visibly, and answers the rest', async () => {
    const taken = [1, 2, 3].map(() => fetch(`${service.app}/api/slow`));
    await waitFor('three requests', () => begun === 3);
    const refused = await Promise.all([1, 2, 3, 4].map(() => request(service.app).get('/api/slow')));
    for (const response of refused) {
      expect(response.body).toMatchObject({ status: 503, code: 'overloaded' });
      expect(response.headers).toMatchObject({ 'retry-after': '1', 'x-request-id': expect.any(String) });
      expect(response.headers.traceresponse).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
    expect((await request(service.admin).get('/health/live')).status).toBe(200);
    release();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200, 200]);
    await waitFor('the spans', () => service.spans.length === 3);
    const scrape = await service.scrape();
    expect(scrape).toMatch(/^requests_shed_total\{reason="in_flight"\} 4$/m);
    expect(scrape).toContain('http_route="/api/slow",http_response_status_code="503"');
    expect(service.facts('load.shed')).toHaveLength(1);
    expect((await request(service.app).get('/api/slow')).status).toBe(200);
  });
});
