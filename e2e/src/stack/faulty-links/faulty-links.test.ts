import { randomUUID } from 'node:crypto';
import { waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, isError, type Span } from '../../evidence.js';
import type { Answer, Customer, TestShop } from '../../shop.js';
import { createHazelcastCluster, type HazelcastCluster } from '../hazelcast/cluster.js';
import { describeWith } from '../tool.js';
import type { Direction, Fault, Link } from './faulty-links.js';
import { type FaultyShop, startFaultyShop } from './shop.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
/** The gateway's answer comes within 5 s, whatever happens behind it; the rest is for a machine with too much to do. */
const answerMs = 10_000;

const hang: Fault = { type: 'timeout', attributes: { timeout: 0 } };
const reset: Fault = { type: 'reset_peer', attributes: { timeout: 0 } };

describeWith(['toxiproxy', 'hazelcast'], 'a faulty link', () => {
  let cluster: HazelcastCluster;
  let faulty: FaultyShop;
  let shop: TestShop;
  let evidence: Evidence;
  let customer: Customer;

  beforeAll(async () => {
    cluster = await createHazelcastCluster();
    faulty = await startFaultyShop();
    ({ shop } = faulty);
    evidence = createEvidence(shop.addresses);
    customer = await shop.newCustomer();
    await untilSelling();
  });
  afterAll(async () => {
    await faulty?.stop();
    await cluster?.stop();
  });
  afterEach(() => faulty.faults.heal());

  const buy = (key: string = randomUUID()): Promise<Answer> =>
    shop.call('POST', '/api/orders', {
      token: customer.token,
      body: wish,
      headers: { 'idempotency-key': key },
      at: faulty.order.gateway,
      timeoutMs: answerMs,
    });

  /** An order that is confirmed within its request: breakers are closed, connections are made. */
  const untilSelling = (): Promise<Answer> =>
    waitFor(
      'an order that is confirmed within its request',
      async () => {
        const answer = await buy();
        return answer.status === 201 ? answer : undefined;
      },
      60_000,
    );

  /** Either order service may take it over, so the link has to be good again. */
  const untilConfirmed = async (answer: Answer): Promise<void> => {
    const path = new URL(answer.headers.get('location') ?? '').pathname;
    await faulty.links.payment.heal();
    await waitFor(
      'the order to be confirmed by a recovery',
      async () => (await shop.call('GET', path, { token: customer.token })).body.state === 'CONFIRMED',
      60_000,
    );
    const { body } = await shop.call('GET', path.replace('orders', 'payments'), { token: customer.token });
    expect(body).toMatchObject({ state: 'SUCCEEDED', amount: answer.body.total });
  };

  /** The calls to payment in a trace, once nothing of it is on its way any more. */
  const chargesOf = async ({ traceId }: Answer): Promise<{ calls: Span[]; handled: Span[] }> => {
    const { spans } = await evidence.wholeTrace(traceId);
    const calls = spans.filter(({ service, name }) => service === 'order' && name === 'PUT payment');
    const handled = spans.filter(({ service, parentId }) => {
      return service === 'payment' && calls.some(({ spanId }) => spanId === parentId);
    });
    return { calls, handled };
  };

  describe('from order to payment', () => {
    test('that is late: the order is confirmed, and the trace shows time that passed on neither side', async () => {
      await faulty.links.payment.worsen({ type: 'latency', attributes: { latency: 600 } });
      const answer = await untilSelling();
      const { calls, handled } = await chargesOf(answer);
      const spent = (spans: readonly Span[]): number => spans.reduce((sum, { durationUs }) => sum + durationUs, 0);
      expect(calls.filter(isError)).toEqual([]);
      // Payment's own span ends when its answer has left; on a busy machine it hears of that late.
      expect(spent(calls) - spent(handled)).toBeGreaterThan(300_000);
    });

    test.each<[string, Fault]>([
      ['narrow', { type: 'bandwidth', attributes: { rate: 1 } }],
      ['slow to close', { type: 'slow_close', attributes: { delay: 5_000 } }],
    ])('that is %s: the order is confirmed', async (_name, fault) => {
      await faulty.links.payment.worsen(fault);
      await untilSelling();
    });

    test.each<[string, Direction, number]>([
      ['swallows the charge', 'upstream', 0],
      ['swallows the answer', 'downstream', 1],
    ])('that %s: 202 in time, the trace tells which, and the money is taken once', async (_name, direction, served) => {
      await faulty.links.payment.worsen(hang, direction);
      const answer = await buy();
      expect([answer.status, answer.body.state]).toEqual([202, 'RESERVED']);
      const { calls, handled } = await chargesOf(answer);
      expect(calls.length).toBeGreaterThan(0);
      expect(calls.map(({ tags }) => tags['error.type'])).toEqual(calls.map(() => 'timeout'));
      expect(handled).toHaveLength(served * calls.length);
      const deferred = await evidence.logs({
        bool: { filter: [{ term: { 'trace.id': answer.traceId } }, { term: { 'event.action': 'order.deferred' } }] },
      });
      expect(deferred).toHaveLength(1);
      await untilConfirmed(answer);
    });

    test.each<[string, Fault]>([
      ['is reset', reset],
      ['breaks off after so many bytes', { type: 'limit_data', attributes: { bytes: 100 } }],
    ])('that %s: 202, each attempt is an error of the link, and the money is taken once', async (_name, fault) => {
      await faulty.links.payment.worsen(fault);
      const answer = await buy();
      expect([answer.status, answer.body.state]).toEqual([202, 'RESERVED']);
      const { calls, handled } = await chargesOf(answer);
      const refused = [true, 'refused'];
      expect(calls.map((span) => [isError(span), span.tags['error.type']])).toEqual([refused, refused]);
      expect(handled.filter(isError)).toEqual([]);
      await untilConfirmed(answer);
    });

    test('that goes on failing: the breaker opens and says so, nobody waits for it, and it closes once the link is good', async () => {
      const since = new Date().toISOString();
      const breakerState = () => faulty.order.metric('circuit_breaker_state', { peer_service: 'payment' });
      await faulty.links.payment.worsen(reset);
      await waitFor('the breaker to open', async () => {
        const answers = await Promise.all(Array.from({ length: 12 }, () => buy()));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
        return (await breakerState()) === 2;
      });
      const answer = await waitFor('an order that is deferred without a call', async () => {
        const deferred = await buy();
        return (await chargesOf(deferred)).calls.length === 0 ? deferred : undefined;
      });
      expect([answer.status, answer.body.state]).toEqual([202, 'RESERVED']);

      await untilConfirmed(answer);
      await untilSelling();
      await waitFor('the breaker to close', async () => (await breakerState()) === 0);
      const said = await waitFor('both facts', async () => {
        const actions = ['circuit_breaker.opened', 'circuit_breaker.closed'];
        const filter = [{ terms: { 'event.action': actions } }, { range: { '@timestamp': { gte: since } } }];
        const lines = await evidence.logs({ bool: { filter } });
        return new Set(lines.map((line) => line['event.action'])).size === 2 ? lines : undefined;
      });
      expect(new Set(said.map((line) => `${line['service.name']} to ${line['service.target.name']}`))).toEqual(
        new Set(['order to payment']),
      );
    });
  });

  describe('from order to its database', () => {
    test('that is late: the order is confirmed, and each query of that service alone shows it', async () => {
      await faulty.links.database.worsen({ type: 'latency', attributes: { latency: 150 } });
      const { spans } = await evidence.wholeTrace((await untilSelling()).traceId);
      const queries = spans.filter(({ service, tags }) => service === 'order' && tags['db.type'] !== undefined);
      expect(queries.length).toBeGreaterThan(4);
      expect(queries.filter(({ durationUs }) => durationUs < 149_000)).toEqual([]);
    });

    test.each<[string, Fault]>([
      ['hangs', hang],
      ['is reset', reset],
    ])(
      'that %s: 503 or 504 with its code in time, not ready, and the same key makes one order afterwards',
      async (_name, fault) => {
        const key = randomUUID();
        const isReady = async () => (await fetch(`${faulty.order.admin}/health/ready`)).ok;
        await faulty.links.database.worsen(fault);
        const refused = await buy(key);
        expect([503, 504]).toContain(refused.status);
        expect(['database_unavailable', 'deadline_exceeded', 'upstream_timeout']).toContain(refused.body.code);
        expect(refused.body.traceId).toBe(refused.traceId);
        await waitFor('the service not to be ready', async () => !(await isReady()));
        // Who has a good link notices nothing.
        expect((await shop.call('GET', '/api/orders', { token: customer.token })).status).toBe(200);

        await faulty.links.database.heal();
        await waitFor('the service to be ready', isReady, 30_000);
        const placed = await waitFor('the order', async () => {
          const answer = await buy(key);
          return answer.status === 201 ? answer : undefined;
        });
        const again = await buy(key);
        expect([again.status, again.body.id]).toEqual([201, placed.body.id]);
      },
    );
  });

  describe('from product to its cluster cache', () => {
    let link: Link;
    let gateway: string;
    let lookUps: (result: 'hit' | 'error') => Promise<number>;

    beforeAll(async () => {
      await cluster.have(1);
      link = await faulty.faults.through('hazelcast', cluster.url.replace(/,.*/, ''));
      const product = await faulty.startProduct(link.url);
      ({ gateway } = product);
      lookUps = (result) => product.metric('cache_requests_total', { cache: 'products', result });
    });

    const read = () => shop.call('GET', '/api/products/TEA-002', { at: gateway });
    const untilHit = () =>
      waitFor(
        'a look-up that hits',
        async () => {
          const before = await lookUps('hit');
          await read();
          return (await lookUps('hit')) > before;
        },
        30_000,
      );

    test.each<[string, Fault]>([
      ['is late', { type: 'latency', attributes: { latency: 1_000 } }],
      ['hangs', hang],
    ])(
      'that %s: products come from the database, the trace shows the look-up that failed, and it heals',
      async (_name, fault) => {
        await untilHit();
        const since = new Date().toISOString();
        const errors = await lookUps('error');
        await link.worsen(fault);
        const answers = [await read(), await read(), await read()];
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(await lookUps('error')).toBe(errors + 3);
        const [first] = answers;
        const { spans } = await evidence.wholeTrace(first?.traceId ?? '');
        const steps = spans.filter(({ service, tags }) => service === 'product' && tags['span.kind'] !== 'server');
        expect(steps.map(({ name, tags }) => [name, tags['cache.result']])).toEqual([
          ['cache.get products', 'error'],
          ['skus.findOne', undefined],
        ]);
        await link.heal();
        await untilHit();
        const filter = [{ prefix: { 'event.action': 'cache.' } }, { range: { '@timestamp': { gte: since } } }];
        await waitFor('the outage in the log', async () => {
          const lines = await evidence.logs({ bool: { filter } });
          const actions = lines.map((line) => `${line['service.name']} ${line['event.action']}`);
          return actions.join(', ') === 'product cache.unavailable, product cache.recovered';
        });
      },
    );
  });
});
