import { startShop } from '../shop.js';
import { everyService } from './every-service.js';
import { type PurchaseEvidence, readPurchases } from './purchase-evidence.js';
import { startJaeger } from './real-jaeger.js';
import { preparePrometheus, toTargets } from './real-prometheus.js';
import { describeWith } from './tool.js';

/** What the shop does by itself every second would move counters, too. */
const calm = { ORDER__RECOVERY_INTERVAL_MS: '3600000' };

describeWith(['jaeger', 'prometheus'], 'the same purchases on the embedded backend and on the real tools', () => {
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

  test('leaves the same log lines: service, level, fact, message, names of fields', () => {
    expect(real.logs.length).toBeGreaterThan(30);
    expect(embedded.logs).toEqual(real.logs);
  });

  test('moves the same counters in Prometheus, by as much', () => {
    expect(real.counters.length).toBeGreaterThan(40);
    expect(embedded.counters).toEqual(real.counters);
  });
});

const readEmbedded = async (): Promise<PurchaseEvidence> => {
  const shop = await startShop({ environment: calm });
  try {
    return await readPurchases(shop, shop.addresses());
  } finally {
    await shop.stop();
  }
};

/** Log lines are asked of the embedded backend here, too; another Elasticsearch takes its place by its address. */
const readReal = async (): Promise<PurchaseEvidence> => {
  const prometheus = await preparePrometheus();
  const jaeger = await startJaeger();
  try {
    const shop = await startShop({ environment: { ...calm, ...everyService({ JAEGER_ENDPOINT: jaeger.intake }) } });
    try {
      await prometheus.start({ targets: toTargets(shop.addresses()) });
      const { elasticsearch } = shop.addresses();
      return await readPurchases(shop, { jaeger: jaeger.url, elasticsearch, prometheus: prometheus.url });
    } finally {
      await shop.stop();
    }
  } finally {
    await Promise.all([prometheus.stop(), jaeger.stop()]);
  }
};
