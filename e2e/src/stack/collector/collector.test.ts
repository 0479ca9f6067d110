import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, sumOf } from '../../evidence.js';
import { services, startShop, type TestShop } from '../../shop.js';
import { everyService } from '../every-service.js';
import { describeWith, freePorts, type ToolProcess } from '../tool.js';
import { type Collector, createCollector, type Received } from './collector.js';

const wish = { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' };
/** After a failure a sink waits up to 5 s before its next attempt, and gives one up after 3 s. */
const settleMs = 60_000;

const idOf = ({ record }: Received): string => String(record['event.id']);

describeWith(['collector'], 'an OpenTelemetry Collector in place of Fluentd', () => {
  let folder: string;
  let collector: Collector;
  let running: ToolProcess;
  let shop: TestShop;
  let evidence: Evidence;
  let token: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glasshouse-collector-'));
    const [port = 0] = await freePorts(1);
    collector = createCollector(folder, port);
    running = await collector.start();
    shop = await startShop({ environment: everyService({ FLUENTD_URL: collector.url }) });
    evidence = createEvidence(shop.addresses);
    ({ token } = await shop.newCustomer());
  });
  afterAll(async () => {
    await shop?.stop();
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The records that the services have made, from their standard output, which goes another way. */
  const made = async (): Promise<Received['record'][]> => {
    const logs = join(shop.dataDirectory, 'logs');
    const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')));
    return texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith('{"@timestamp":'))
      .map((line) => JSON.parse(line) as Received['record']);
  };

  /** Waits until every service says that the Collector has acknowledged all that it has. */
  const untilAcknowledged = async (): Promise<void> => {
    for (const service of services) {
      const isDone = async (): Promise<boolean> => {
        const samples = await evidence.scrape(service);
        expect(sumOf(samples, 'log_records_dropped_total')).toBe(0);
        return (
          sumOf(samples, 'log_records_total') === sumOf(samples, 'log_records_delivered_total', { sink: 'fluentd' })
        );
      };
      await waitFor(`${service} to have every record acknowledged`, isDone, settleMs);
    }
  };

  const buy = async (count: number): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: count }, () => shop.order(token, wish)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  };

  test('every record arrives once and whole, with its tag and its time', async () => {
    await buy(10);
    await untilAcknowledged();
    const received = await collector.received();
    const records = new Map((await made()).map((record) => [record['event.id'], record]));
    expect(new Set(received.map(({ tag }) => tag))).toEqual(
      new Set([...services, 'console'].map((name) => `glasshouse.${name}`)),
    );
    expect(new Set(received.map(idOf)).size).toBe(received.length);
    for (const { tag, time, record } of received) {
      expect(record).toEqual(records.get(record['event.id']));
      expect(tag).toBe(`glasshouse.${record['service.name']}`);
      // Taken when the record goes on its way, a moment after its own.
      const atMs = Number(BigInt(time) / 1_000_000n);
      expect(atMs).toBeGreaterThanOrEqual(Date.parse(String(record['@timestamp'])));
      expect(atMs).toBeLessThanOrEqual(Date.now());
    }
  });

  test.each([
    ['is restarted', 'SIGTERM'],
    ['is killed', 'SIGKILL'],
  ] as const)(
    'nothing is lost when it %s in the middle of it; what comes twice has the same event.id',
    async (_what, signal) => {
      const busy = (async () => {
        for (let round = 0; round < 6; round++) await buy(8);
      })();
      const before = (await collector.received()).length;
      await waitFor('records on their way', async () => (await collector.received()).length > before + 20);
      await running.stop(signal);
      await busy;
      const waiting = await evidence.scrape('order');
      expect(sumOf(waiting, 'log_records_buffered')).toBeGreaterThan(0);
      running = await collector.start();
      await untilAcknowledged();

      const received = await collector.received();
      const ids = new Set(received.map(idOf));
      const lost = (await made()).filter(
        (record) => services.some((name) => name === record['service.name']) && !ids.has(String(record['event.id'])),
      );
      expect(lost).toEqual([]);
      const records = new Map(received.map((one) => [idOf(one), one.record]));
      for (const one of received) expect(one.record).toEqual(records.get(idOf(one)));
    },
  );
});
