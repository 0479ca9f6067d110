import { type MetricSample, waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, sumOf } from '../../evidence.js';
import type { Answer, Customer } from '../../shop.js';
import { describeWith } from '../tool.js';
import type { Fault } from './faulty-links.js';
import { type FaultyShop, startFaultyShop } from './shop.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
const purchases = 5;
/** A sink gives an attempt up after 3 s and waits up to 5 s before the next one. */
const settleMs = 60_000;

const hang: Fault = { type: 'timeout', attributes: { timeout: 0 } };
const reset: Fault = { type: 'reset_peer', attributes: { timeout: 0 } };
const latency: Fault = { type: 'latency', attributes: { latency: 1_500 } };
const narrow: Fault = { type: 'bandwidth', attributes: { rate: 5 } };
const breakOff: Fault = { type: 'limit_data', attributes: { bytes: 2_000 } };
const slowClose: Fault = { type: 'slow_close', attributes: { delay: 2_000 } };

describeWith(['toxiproxy'], 'an order service with faulty links to Fluentd and Jaeger', () => {
  let faulty: FaultyShop;
  let evidence: Evidence;
  let customer: Customer;

  beforeAll(async () => {
    faulty = await startFaultyShop();
    evidence = createEvidence(faulty.shop.addresses);
    customer = await faulty.shop.newCustomer();
    await waitFor('an order that is confirmed within its request', async () => (await buy()).status === 201, 60_000);
  });
  afterAll(() => faulty?.stop());

  const buy = (): Promise<Answer> => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    return faulty.shop.call('POST', '/api/orders', {
      token: customer.token,
      body: wish,
      headers,
      at: faulty.order.gateway,
    });
  };

  /** What the service has made, and what it says became of it. */
  const toAccount = (samples: readonly MetricSample[]) => {
    const lines = sumOf(samples, 'log_records_total');
    const owed = (sink: string): number =>
      lines -
      sumOf(samples, 'log_records_delivered_total', { sink }) -
      sumOf(samples, 'log_records_dropped_total', { sink });
    return {
      owed: owed('fluentd') + owed('stdout'),
      buffered: sumOf(samples, 'log_records_buffered'),
      spansBuffered: sumOf(samples, 'spans_buffered'),
      dropped: sumOf(samples, 'log_records_dropped_total') + sumOf(samples, 'spans_dropped_total'),
    };
  };

  const readAccount = async () => toAccount(await faulty.order.scrape());

  test.each<[string, string, Fault, Fault]>([
    ['hangs', 'is reset', hang, reset],
    ['is reset', 'hangs', reset, hang],
    ['is late', 'is narrow', latency, narrow],
    ['is narrow', 'is late', narrow, latency],
    ['breaks off in the middle of a batch', 'closes slowly and breaks off', breakOff, breakOff],
  ])(
    'the one %s, the other %s: no purchase waits, every record is accounted for, and all arrive once the links are good',
    async (_fluentd, _jaeger, toFluentd, toJaeger) => {
      await faulty.links.fluentd.worsen(toFluentd, 'upstream');
      await faulty.links.jaeger.worsen(toJaeger, 'upstream');
      if (toJaeger === breakOff) await faulty.links.jaeger.worsen(slowClose);
      const orders: Answer[] = [];
      for (let n = 0; n < purchases; n += 1) {
        orders.push(await buy());
        // It was answered although what it has to tell is still on its way.
        const { buffered, spansBuffered } = await readAccount();
        expect([buffered > 0, spansBuffered > 0]).toEqual([true, true]);
      }
      expect(orders.map(({ status }) => status)).toEqual(orders.map(() => 201));
      await waitFor(
        'emitted = delivered + dropped + buffered',
        async () => {
          const { owed, buffered } = await readAccount();
          return owed === buffered;
        },
        settleMs,
      );

      await faulty.faults.heal();
      const account = await waitFor(
        'nothing to be on its way any more',
        async () => {
          const found = await readAccount();
          return found.owed === 0 && found.buffered === 0 && found.spansBuffered === 0 ? found : undefined;
        },
        settleMs,
      );
      expect(account.dropped).toBe(0);
      const ids = orders.map(({ body }) => body.id as string);
      const filter = [{ term: { 'event.action': 'order.placed' } }, { terms: { 'glasshouse.order.id': ids } }];
      const placed = await evidence.logs({ bool: { filter } });
      expect(placed.map((line) => line['glasshouse.order.id']).sort()).toEqual([...ids].sort());
      for (const { traceId } of orders) {
        const { spans } = await evidence.wholeTrace(traceId);
        expect(new Set(spans.map(({ service }) => service)).size).toBe(5);
      }
    },
  );
});
