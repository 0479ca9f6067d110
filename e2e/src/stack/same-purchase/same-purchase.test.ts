import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startShop } from '../../shop.js';
import { createCollector } from '../collector/collector.js';
import { setUp, startSearchNode } from '../elasticsearch/node.js';
import { everyService } from '../every-service.js';
import { startJaeger } from '../jaeger-zipkin/jaeger.js';
import { preparePrometheus, toTargets } from '../prometheus/prometheus.js';
import { describeWith, freePorts } from '../tool.js';
import { type PurchaseEvidence, readPurchases } from './evidence.js';

/** What the shop does by itself every second would move counters, too. */
const calm = { ORDER__RECOVERY_INTERVAL_MS: '3600000' };

describeWith(
  ['jaeger', 'prometheus', 'collector', 'opensearch'],
  'the same purchases on the embedded backend and on the real tools',
  () => {
    let embedded: PurchaseEvidence;
    let real: PurchaseEvidence;

    beforeAll(async () => {
      embedded = await readEmbedded();
      real = await readReal();
    });

    test('leaves the same spans in Jaeger: service, operation, kind, parent, error, names of tags', () => {
      expect(real.spans.length).toBeGreaterThan(60);
      expect(embedded.spans).toEqual(real.spans);
    });

    test('leaves the same log lines in Elasticsearch: service, level, fact, message, names of fields', () => {
      expect(real.logs.length).toBeGreaterThan(30);
      expect(embedded.logs).toEqual(real.logs);
    });

    test('moves the same counters in Prometheus, by as much', () => {
      expect(real.counters.length).toBeGreaterThan(40);
      expect(embedded.counters).toEqual(real.counters);
    });
  },
);

const readEmbedded = async (): Promise<PurchaseEvidence> => {
  const shop = await startShop({ environment: calm });
  try {
    return await readPurchases(shop, shop.addresses());
  } finally {
    await shop.stop();
  }
};

const readReal = async (): Promise<PurchaseEvidence> => {
  const prometheus = await preparePrometheus();
  const [jaeger, logs] = await Promise.all([startJaeger(), startLogs()]);
  try {
    const sinks = everyService({ JAEGER_ENDPOINT: jaeger.intake, FLUENTD_URL: logs.intake });
    const shop = await startShop({ environment: { ...calm, ...sinks } });
    try {
      await prometheus.start({ targets: toTargets(shop.addresses()) });
      return await readPurchases(shop, { jaeger: jaeger.url, elasticsearch: logs.url, prometheus: prometheus.url });
    } finally {
      await shop.stop();
    }
  } finally {
    await Promise.all([prometheus.stop(), jaeger.stop(), logs.stop()]);
  }
};

/** A real Collector takes the records; what it has written is sent on to a real node, as Fluentd's output would. */
const startLogs = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-collector-'));
  const [port = 0] = await freePorts(1);
  const collector = createCollector(folder, port);
  const [receiver, node] = await Promise.all([collector.start(), startSearchNode()]);
  await setUp(node);
  let isOver = false;
  let written = 0;
  const pump = async (): Promise<void> => {
    while (!isOver) {
      const records = (await collector.received()).map(({ record }) => record);
      if (records.length > written) await node.write(records.slice(written));
      written = records.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const pumping = pump();
  // Its failure is told at the end; until then it would only end the process.
  pumping.catch(() => undefined);
  return {
    intake: collector.url,
    url: node.url,
    async stop() {
      isOver = true;
      await Promise.all([receiver.stop(), pumping.finally(() => node.stop())]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
