import {
  AppError,
  currentContext,
  DownstreamError,
  type Fact,
  type Fields,
  isOutcomeUnknown,
  type Telemetry,
} from '@glasshouse/service-kit';
import type { Order } from '../domain.js';
import type { Probe } from '../use-cases/ports.js';
import { factOf, fieldsOf, idsOf, outcomeOf, outcomes } from './facts.js';

/** The span of the step that leads on from a state. */
const stepNames = {
  ACCEPTED: 'order.reserve',
  RESERVED: 'order.charge',
  CHARGED: 'order.confirm',
  CANCELLING: 'order.cancel',
} as const;

/** A spent deadline is no trouble; an absent neighbour or database comes back; everything else needs a person. */
const levelOf = (cause: unknown): 'info' | 'warn' | 'error' => {
  if (!(cause instanceof AppError)) return isOutcomeUnknown(cause) ? 'warn' : 'error';
  if (cause.code === 'deadline_exceeded' || cause.code === 'shutting_down') return 'info';
  return cause.kind === 'unavailable' || cause.kind === 'timeout' ? 'warn' : 'error';
};

const whoFailed = ({ peer, reason }: DownstreamError): Fields => ({
  'service.target.name': peer,
  'glasshouse.reason': reason,
});

/** What each business fact becomes: a log record, attributes of the active span, a count. */
export const createProbe = ({ fact, tracing, metrics }: Telemetry): Probe => {
  const ended = metrics.counter({
    name: 'orders_total',
    help: 'Orders that came to their end, by how.',
    labels: { outcome: outcomes },
  });
  const value = metrics.histogram({
    name: 'order_value_euros',
    help: 'Totals of confirmed orders in euros.',
    buckets: [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000],
  });
  const state = (order: Order, { fields, ...rest }: Fact): void =>
    fact({ ...rest, fields: { ...fieldsOf(order), ...fields }, tags: idsOf(order) });

  return {
    traceparent() {
      const span = currentContext()?.span;
      return span === undefined ? undefined : tracing.toTraceparent(span);
    },
    step: (order, work) => tracing.withSpan(stepNames[order.state], { tags: idsOf(order) }, work),
    recovery(order, work) {
      const followsFrom = order.traceparent === undefined ? undefined : tracing.parseTraceparent(order.traceparent);
      return tracing.withSpan('order.recover', { parent: null, followsFrom, tags: idsOf(order) }, work);
    },

    accepted: (order) => state(order, factOf(order)),
    advanced(order, by) {
      const { fields, ...rest } = factOf(order);
      state(order, { ...rest, fields: { ...fields, 'glasshouse.order.driver': by } });
      const outcome = outcomeOf(order);
      if (outcome !== undefined) ended.inc({ outcome });
      if (order.state === 'CONFIRMED' && order.currency === 'EUR') value.observe(order.total / 100);
    },
    replayed: (order) =>
      state(order, { action: 'order.replayed', message: `Order ${order.orderNo} was asked for again.` }),
    deferred: (order, by, error) =>
      state(order, {
        action: 'order.deferred',
        level: levelOf(error),
        message: `Order ${order.orderNo} is left to the recovery.`,
        fields: { 'glasshouse.order.driver': by, ...(error instanceof DownstreamError ? whoFailed(error) : {}) },
        error,
      }),
    recovered: (order) =>
      state(order, {
        action: 'order.recovered',
        level: 'warn',
        message: `A recovery brought order ${order.orderNo} to its end.`,
      }),
    retold: (order) =>
      state(order, {
        action: 'order.retold',
        level: 'warn',
        message: `Order ${order.orderNo} had ended as ${order.state}, but who ended it did not live to tell.`,
      }),
    commitLost: (order, sku) =>
      state(order, {
        action: 'order.commit_lost',
        level: 'error',
        message: `Order ${order.orderNo} is paid for, but a hold of its goods is gone.`,
        fields: { 'glasshouse.sku': sku },
      }),
    invoiceRendered: (order, bytes) =>
      state(order, {
        action: 'order.invoice_rendered',
        message: `The invoice of order ${order.orderNo} was rendered.`,
        fields: { 'glasshouse.invoice.bytes': bytes },
      }),
  };
};

/** The figure that says whether orders get stuck. `read`: age in seconds; a store that cannot answer leaves a gap. */
export const observeSagas = ({ metrics }: Telemetry, read: () => Promise<number>): void =>
  metrics.observableGauge(
    { name: 'order_saga_oldest_seconds', help: 'Age of the oldest order that is not at its end.' },
    () => read().catch(() => Number.NaN),
  );
