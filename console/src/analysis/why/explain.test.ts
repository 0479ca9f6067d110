import fc from 'fast-check';
import { evidenceOf, line } from '../testing/evidence.js';
import { anyTrace, type SpanOptions, span, testTraceId, traceOf } from '../testing/traces.js';
import { toTrace } from '../trace.js';
import { explain } from './explain.js';

const orderTags = { 'glasshouse.order.id': 'o1', 'glasshouse.order.number': 'G-2026-AAAAAA' };
const state = (name: string, by = 'request') => ({
  ...orderTags,
  'glasshouse.order.state': name,
  'glasshouse.order.driver': by,
  'user.id': 'u1',
});
const unavailable = { code: 'downstream_unavailable' };

/** A purchase at the gateway whose charge is made of the given spans. */
const purchase = (status: number, charge: SpanOptions, ...spans: ReturnType<typeof span>[]) => {
  const root: SpanOptions = {
    kind: 'server',
    takes: 100,
    tags: { 'http.status_code': status, 'request.id': 'r-12345678' },
    isError: status >= 500,
  };
  return traceOf(
    span('gateway', { ...root, service: 'gateway', name: 'POST /api/orders' }),
    span('order', { ...root, parent: 'gateway', name: 'POST /api/orders' }),
    span('order.charge', { parent: 'order', kind: 'internal', at: 10, takes: 80, tags: orderTags, ...charge }),
    ...spans,
  );
};
const callPayment = (options: SpanOptions) =>
  span('PUT payment', {
    parent: 'order.charge',
    kind: 'client',
    at: 11,
    takes: 70,
    tags: { 'peer.service': 'payment' },
    ...unavailable,
    ...options,
  });

const faulty = purchase(
  202,
  unavailable,
  callPayment({ tags: { 'peer.service': 'payment', 'http.status_code': 503, 'error.type': 'status' } }),
  span('served', {
    parent: 'PUT payment',
    service: 'payment',
    kind: 'server',
    name: 'PUT /internal/payments/:orderId',
    at: 12,
    takes: 5,
    code: 'injected_fault',
    tags: { 'glasshouse.fault': true },
  }),
);

test('payment that was made to fail is named as the cause, and how to switch it off', () => {
  const { headline, cause, verdict, next, errors } = explain(
    evidenceOf({ traces: [faulty], lines: [line({ fact: 'order.reserved', fields: state('RESERVED') })] }),
  );
  expect(verdict).toBe('unfinished');
  expect(cause).toMatchObject({ service: 'payment', code: 'injected_fault', isInjected: true, spanId: 'served' });
  expect(headline).toBe(
    'POST /api/orders was answered 202 after 100 ms. The order has not come to its end yet: it is RESERVED. Payment failed at PUT /internal/payments/:orderId: injected_fault.',
  );
  expect(next[0]?.text).toContain("DELETE /faults on payment's admin port");
  expect(next.map(({ href }) => href)).toContain('/docs/errors#injected_fault');
  expect(errors.map(({ service, isFirst }) => [service, isFirst])).toEqual([
    ['payment', true],
    ['order', false],
    ['order', false],
  ]);
});

test('a recovery in a trace of its own is part of the story, and tells how it ended', () => {
  const recovery = toTrace('a'.repeat(32), [span('order.recover', { kind: 'internal', at: 4_000, tags: orderTags })]);
  const explanation = explain(
    evidenceOf({
      traces: [faulty, ...(recovery ? [recovery] : [])],
      lines: [
        line({ at: 90, fact: 'order.deferred', level: 'warn', span: 'order.charge', fields: state('RESERVED') }),
        ...[1_000, 2_000, 3_000].map((at) =>
          line({ at, trace: `${at}`, fact: 'order.deferred', level: 'warn', fields: state('RESERVED', 'recovery') }),
        ),
        line({ at: 4_001, trace: 'a'.repeat(32), fact: 'order.placed', fields: state('CONFIRMED', 'recovery') }),
      ],
    }),
  );
  expect(explanation.verdict).toBe('recovered');
  expect(explanation.headline).toContain(
    'Payment failed at PUT /internal/payments/:orderId: injected_fault. A recovery brought order G-2026-AAAAAA to CONFIRMED 3.90 s later.',
  );
  expect(explanation.story.map(({ name, count }) => `${name} ${count}`)).toEqual([
    'order.charge 1',
    'order.deferred 4',
    'order.placed 1',
  ]);
  expect(explanation.traces.map(({ role }) => role)).toEqual(['asked about', 'recovery']);
});

test.each([
  ['refused', 'payment could not be reached (order waited 70.0 ms for PUT payment)'],
  ['timeout', 'payment did not answer in time (order waited 70.0 ms for PUT payment)'],
  ['bad_answer', 'payment gave an answer that could not be read (order waited 70.0 ms for PUT payment)'],
])('a call without a trace on the other side (%s) is the other side’s failure', (reason, sentence) => {
  const trace = purchase(503, unavailable, callPayment({ tags: { 'peer.service': 'payment', 'error.type': reason } }));
  expect(explain(evidenceOf({ traces: [trace] })).cause).toMatchObject({ service: 'payment', sentence });
});

test('an answer that was made late is the fault of who gave it, and switched on', () => {
  const trace = purchase(
    202,
    unavailable,
    callPayment({ tags: { 'peer.service': 'payment', 'error.type': 'timeout' } }),
    span('served', {
      parent: 'PUT payment',
      service: 'payment',
      kind: 'server',
      name: 'PUT /internal/payments/:orderId',
      at: 12,
      takes: 60,
      tags: { 'glasshouse.fault': true, 'http.status_code': 499 },
    }),
  );
  expect(explain(evidenceOf({ traces: [trace] })).cause).toMatchObject({
    service: 'payment',
    isInjected: true,
    sentence: 'payment did not answer in time (order waited 70.0 ms for PUT /internal/payments/:orderId)',
  });
});

test('a call that an open circuit breaker held back has no span; its log line or the breaker names the peer', () => {
  const trace = purchase(503, unavailable);
  const fields = { 'service.target.name': 'payment', 'glasshouse.reason': 'breaker_open' };
  const byLine = explain(
    evidenceOf({ traces: [trace], lines: [line({ span: 'order', level: 'warn', fact: 'order.deferred', fields })] }),
  );
  const byBreaker = explain(
    evidenceOf({ traces: [trace], breakers: [{ service: 'order', peer: 'payment', state: 'open' }] }),
  );
  for (const { cause } of [byLine, byBreaker]) {
    expect(cause?.service).toBe('payment');
    expect(cause?.sentence).toContain('payment was not asked, since its circuit breaker is open');
  }
});

test('behind an open circuit breaker stands the failure that opened it', () => {
  const failure = { service: 'payment', level: 'warn', fact: 'http.error', fields: { 'error.code': 'injected_fault' } };
  const { headline, next } = explain(
    evidenceOf({
      traces: [purchase(503, unavailable)],
      breakers: [{ service: 'order', peer: 'payment', state: 'open' }],
      around: [
        line({ at: -900, trace: 'first', ...failure }),
        line({ at: -500, trace: 'last', ...failure }),
        line({ at: 500, ...failure }),
      ],
    }),
  );
  expect(headline).toContain('Before, payment had failed with injected_fault.');
  expect(next[0]).toEqual({ text: 'Why payment failed before that.', href: '/why/last' });
});

test('a database that failed is named as its service’s', () => {
  const trace = purchase(
    503,
    { code: 'database_unavailable' },
    span('orders.update', { parent: 'order.charge', kind: 'client', code: 'refused', tags: { 'db.type': 'mongodb' } }),
  );
  const { verdict, cause } = explain(evidenceOf({ traces: [trace] }));
  expect(verdict).toBe('failed');
  expect(cause).toMatchObject({ service: 'order', sentence: "order's database failed at orders.update: refused" });
});

test('a refusal is no failure, and its code leads to the documents', () => {
  const lines = [
    line({ at: 50, service: 'payment', fact: 'payment.declined' }),
    line({
      at: 99,
      service: 'gateway',
      fact: 'http.request',
      span: 'gateway',
      fields: { 'error.code': 'payment_declined', 'http.response.status_code': 402 },
    }),
  ];
  const { verdict, headline, next, asked } = explain(evidenceOf({ traces: [purchase(402, {})], lines }));
  expect(verdict).toBe('refused');
  expect(headline).toBe('POST /api/orders was refused with 402 payment_declined.');
  expect(next.map(({ href }) => href)).toContain('/docs/errors#payment_declined');
  expect(asked).toMatchObject({ caller: 'somebody without a login', requestId: 'r-12345678' });
});

test('a request that took much longer than its like is slow, and is compared with one of them', () => {
  const slow = traceOf(
    span('gateway', {
      kind: 'server',
      service: 'gateway',
      name: 'POST /api/orders',
      takes: 3_000,
      tags: { 'http.status_code': 201 },
    }),
    span('charge', {
      parent: 'gateway',
      service: 'payment',
      name: 'PUT /internal/payments/:orderId',
      at: 10,
      takes: 2_900,
    }),
  );
  const peer = (traceId: string, takes: number) => {
    const trace = toTrace(traceId, [span('gateway', { takes, tags: { 'http.status_code': 201 } })]);
    return trace === undefined ? [] : [trace];
  };
  const explanation = explain(
    evidenceOf({ traces: [slow], peers: [...peer('1', 50), ...peer('2', 60), ...peer('3', 70)] }),
  );
  expect(explanation.verdict).toBe('slow');
  expect(explanation.headline).toBe(
    'POST /api/orders was answered 201 after 3.00 s. Usually it takes 60.0 ms. Most of it, 2.90 s, went to payment PUT /internal/payments/:orderId.',
  );
  expect(explanation.next.some(({ href }) => href?.startsWith('/traces/compare?a=') ?? false)).toBe(true);
});

test('without its trace, log lines tell what they can, and the page says what is missing', () => {
  const lines = [
    line({
      at: 20,
      service: 'payment',
      level: 'warn',
      fact: 'http.error',
      fields: { 'error.code': 'database_unavailable', 'http.route': '/internal/payments/:orderId' },
    }),
    line({
      at: 100,
      service: 'gateway',
      fact: 'http.request',
      fields: {
        'http.request.method': 'POST',
        'http.route': '/api/orders',
        'http.response.status_code': 503,
        'event.duration': 100e6,
      },
    }),
  ];
  const { headline, cause, gaps } = explain(
    evidenceOf({ lines, unavailable: [{ backend: 'jaeger', message: 'it cannot be reached' }] }),
  );
  expect(headline).toBe(
    'POST /api/orders failed with 503. Payment failed at /internal/payments/:orderId: database_unavailable.',
  );
  expect(cause?.service).toBe('payment');
  expect(gaps).toEqual(['jaeger gave no answer about traces: it cannot be reached.']);
});

test('equal warnings are told once, with how often and when, the request’s own before those around it', () => {
  const other = (at: number) =>
    line({
      at,
      trace: `t${at}`,
      service: 'payment',
      level: 'warn',
      fact: 'http.error',
      fields: { 'error.code': 'x_y' },
    });
  const { warnings } = explain(
    evidenceOf({
      traces: [faulty],
      lines: [line({ at: 3, level: 'warn', fact: 'downstream.retried' })],
      around: [other(1), other(5), other(9)],
    }),
  );
  expect(warnings.map(({ fact, count, isOwn, firstMs, lastMs }) => [fact, count, isOwn, lastMs - firstMs])).toEqual([
    ['downstream.retried', 1, true, 0],
    ['http.error', 3, false, 8],
  ]);
});

test('similar failures are those whose first error is the same, not this one itself', () => {
  const again = { ...faulty, traceId: 'b'.repeat(32) };
  const other = { ...purchase(503, { code: 'something_else' }), traceId: 'c'.repeat(32) };
  const { similar } = explain(evidenceOf({ traces: [faulty], similar: [faulty, again, other] }));
  expect(similar.map(({ traceId }) => traceId)).toEqual(['b'.repeat(32)]);
});

test('a firing alert’s runbook is what to follow', () => {
  const alerts = [
    {
      name: 'BreakerOpen',
      severity: 'ticket',
      service: 'order',
      summary: '',
      runbook: 'https://example.test/docs/runbooks/breaker-open.md',
    },
  ];
  expect(explain(evidenceOf({ traces: [faulty], alerts })).next).toContainEqual({
    text: 'The alert BreakerOpen is firing: follow its runbook.',
    href: '/docs/runbooks/breaker-open',
  });
});

test('nothing found is said as such', () => {
  expect(explain(evidenceOf({ subject: undefined }))).toMatchObject({
    verdict: 'unknown',
    headline: 'Nothing was found.',
  });
});

test('whatever a trace looks like, it is explained', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const { headline, time, cause } = explain(evidenceOf({ traces: [trace], lines: [line({ span: 's0' })] }));
      expect(headline.length).toBeGreaterThan(10);
      expect(time?.byKind.reduce((sum, { share }) => sum + share, 0) ?? 0).toBeCloseTo(time?.totalUs === 0 ? 0 : 1, 9);
      expect(cause === undefined).toBe(!trace.spans.some(({ isError }) => isError));
      expect(trace.traceId).toBe(testTraceId);
    }),
  );
});
