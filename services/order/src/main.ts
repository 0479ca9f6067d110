import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createApp } from './app.js';
import { createCustomers } from './clients/customer.js';
import { createPayments } from './clients/payment.js';
import { createProducts } from './clients/product.js';
import { type Config, configSchema } from './config.js';
import { createInvoices } from './invoice/index.js';
import { createOrderStore } from './store.js';
import { createProbe, observeSagas } from './telemetry/index.js';
import { createUseCases } from './use-cases/index.js';

export { createRoutes } from './routes.js';
export { configSchema };

export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'order', version: '0.1.0', config, overrides });
  const downstream = (peer: string, baseUrl: string) => kit.client({ peer, baseUrl, timeoutMs: 1_000, attempts: 1 });
  const useCases = createUseCases({
    store: createOrderStore(kit.database({ url: config.MONGO_URL })),
    products: createProducts(downstream('product', config.PRODUCT_URL)),
    payments: createPayments(downstream('payment', config.PAYMENT_URL)),
    customers: createCustomers(downstream('customer', config.CUSTOMER_URL)),
    invoices: createInvoices(kit),
    probe: createProbe(kit.telemetry),
    clock: kit.clock,
    newId: () => kit.newId(),
    random: Math.random,
  });
  observeSagas(kit.telemetry, () => useCases.oldestOpenSeconds());
  kit.every({ name: 'settle orders', intervalMs: config.RECOVERY_INTERVAL_MS, run: useCases.settleOrders });
  kit.every({ name: 'recover orders', intervalMs: config.RECOVERY_INTERVAL_MS, run: useCases.recoverOrders });
  return kit.service({ ...createApp(useCases, kit, config.PUBLIC_URL), onStop: useCases.closeOutbox });
};

if (require.main === module) runService('order', configSchema, createService);
