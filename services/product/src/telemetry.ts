import type { Fact, Telemetry } from '@glasshouse/service-kit';
import type { ClaimKey } from './domain.js';
import type { CatalogueStore, Probe } from './use-cases.js';

const outcomes = ['held', 'repeated', 'out_of_stock', 'hold_settled', 'hold_mismatch'] as const;

/** What each business fact becomes: a count, attributes of the active span, a log record. */
export const createProbe = (telemetry: Telemetry, store: Pick<CatalogueStore, 'countOutOfStock'>): Probe => {
  const reservations = telemetry.metrics.counter({
    name: 'stock_reservations_total',
    help: 'Requests to hold stock for an order, by outcome.',
    labels: { outcome: outcomes },
  });
  telemetry.metrics.observableGauge(
    { name: 'products_out_of_stock', help: 'Products in the catalogue of which nothing is available.' },
    () => store.countOutOfStock(),
  );
  const state = (fact: Fact): void => telemetry.fact({ ...fact, tags: fact.fields });
  /** A fact about one order's claim on one SKU; these two ids lead from an order to its stock. */
  const stateClaim = ({ sku, orderId }: ClaimKey, fact: Fact): void =>
    state({ ...fact, fields: { 'glasshouse.sku': sku, 'glasshouse.order.id': orderId, ...fact.fields } });

  return {
    productCreated: ({ sku }) =>
      state({
        action: 'product.created',
        message: 'A product joined the catalogue.',
        fields: { 'glasshouse.sku': sku },
      }),

    productUpdated: ({ sku }) =>
      state({ action: 'product.updated', message: 'A product was edited.', fields: { 'glasshouse.sku': sku } }),

    productRemoved: (sku) =>
      state({ action: 'product.removed', message: 'A product left the catalogue.', fields: { 'glasshouse.sku': sku } }),

    productsSeeded: (count) =>
      state({ action: 'product.seeded', message: 'Demo products were added.', fields: { 'glasshouse.count': count } }),

    stockChanged: ({ sku, available }, delta) =>
      state({
        action: 'stock.changed',
        message: 'An admin changed the stock of a product.',
        fields: { 'glasshouse.sku': sku, 'glasshouse.delta': delta, 'glasshouse.available': available },
      }),

    stockReserved(hold, available) {
      reservations.inc({ outcome: 'held' });
      const fields = { 'glasshouse.quantity': hold.quantity, 'glasshouse.available': available };
      stateClaim(hold, { action: 'stock.reserved', message: 'Stock was reserved for an order.', fields });
    },

    stockRefused(key, reason) {
      reservations.inc({ outcome: reason });
      const fields = { 'glasshouse.reason': reason };
      stateClaim(key, { action: 'stock.refused', message: 'Stock was refused to an order.', fields });
    },

    stockCommitted: (hold) =>
      stateClaim(hold, {
        action: 'stock.committed',
        message: 'Reserved stock was sold.',
        fields: { 'glasshouse.quantity': hold.quantity },
      }),

    stockReleased: (key, quantity) =>
      stateClaim(key, {
        action: 'stock.released',
        message: quantity > 0 ? 'Reserved stock was given back.' : 'An order that held nothing may never hold again.',
        fields: { 'glasshouse.quantity': quantity },
      }),

    stockRepeated(key, operation) {
      if (operation === 'reserve') reservations.inc({ outcome: 'repeated' });
      const fields = { 'glasshouse.operation': operation };
      const message = 'A call came again; nothing was changed.';
      stateClaim(key, { action: 'stock.repeated', message, level: 'debug', fields });
    },

    commitLost: (key, found) =>
      stateClaim(key, {
        action: 'stock.commit_lost',
        message: 'A paid order has no hold to commit. This must never happen: find the message that was lost.',
        level: 'error',
        fields: { 'glasshouse.state': found },
      }),

    settledPruned: (sku, count) =>
      telemetry.fact({
        action: 'stock.pruned',
        message: 'Settlements of finished orders were forgotten.',
        level: 'debug',
        fields: { 'glasshouse.sku': sku, 'glasshouse.count': count },
      }),
  };
};
