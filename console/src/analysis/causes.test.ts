import fc from 'fast-check';
import { errorsInCausalOrder, firstError } from './causes.js';
import { anyTrace, type SpanOptions, span, traceOf } from './testing/traces.js';
import type { Trace } from './trace.js';
import { buildTree } from './tree.js';

const errorsOf = (trace: Trace): string[] =>
  errorsInCausalOrder(buildTree(trace)).map(({ node, fate, code }) => `${node.span.spanId} ${code} ${fate}`);
const firstOf = (trace: Trace): string | undefined =>
  firstError(errorsInCausalOrder(buildTree(trace)))?.node.span.spanId;

/** Gateway calls order, order calls payment. */
const request = (gateway: SpanOptions, order: SpanOptions = gateway) => [
  span('gateway', { service: 'gateway', kind: 'server', takes: 100, ...gateway }),
  span('call order', { parent: 'gateway', service: 'gateway', kind: 'client', takes: 98, ...gateway }),
  span('order', { parent: 'call order', kind: 'server', takes: 96, ...order }),
];
const failed = { code: 'downstream_unavailable' };
const attempt = (number: number, at: number, options: SpanOptions = {}) => [
  span(`attempt ${number}`, {
    parent: 'order',
    name: 'PUT payment',
    kind: 'client',
    at,
    takes: 10,
    tags: number > 1 ? { 'http.resend_count': number - 1 } : {},
    ...options,
  }),
  span(`payment ${number}`, {
    parent: `attempt ${number}`,
    service: 'payment',
    kind: 'server',
    at: at + 1,
    takes: 8,
    ...options,
  }),
];

test('an error comes after the one that caused it, whatever the clocks say', () => {
  const trace = traceOf(
    ...request(failed),
    span('call', { parent: 'order', kind: 'client', at: 10, takes: 20, ...failed }),
    // This host's clock is ten seconds ahead.
    span('payment', {
      parent: 'call',
      service: 'payment',
      kind: 'server',
      at: 10_015,
      takes: 5,
      code: 'processor_unavailable',
    }),
  );
  expect(errorsOf(trace)).toEqual([
    'payment processor_unavailable failed',
    'call downstream_unavailable failed',
    'order downstream_unavailable failed',
    'call order downstream_unavailable failed',
    'gateway downstream_unavailable failed',
  ]);
  expect(firstOf(trace)).toBe('payment');
});

test('of two calls of one caller, the caller’s own clock says which failed first', () => {
  const trace = traceOf(
    ...request(failed),
    span('call product', { parent: 'order', kind: 'client', at: 5, takes: 10, ...failed }),
    span('product', {
      parent: 'call product',
      service: 'product',
      kind: 'server',
      at: 900,
      code: 'database_unavailable',
    }),
    span('call payment', { parent: 'order', kind: 'client', at: 20, takes: 10, ...failed }),
    span('payment', { parent: 'call payment', service: 'payment', kind: 'server', at: 1, code: 'injected_fault' }),
  );
  expect(firstOf(trace)).toBe('product');
});

test('a failed attempt that a later one made good did not cause anything', () => {
  const trace = traceOf(...request({}), ...attempt(1, 10, failed), ...attempt(2, 40));
  expect(errorsOf(trace)).toEqual([
    'payment 1 downstream_unavailable retried',
    'attempt 1 downstream_unavailable retried',
  ]);
  expect(firstOf(trace)).toBe('payment 1');
});

test('what failed after a repeated call that succeeded is the first error, not the repeated call', () => {
  const trace = traceOf(
    ...request({ code: 'database_unavailable' }),
    ...attempt(1, 10, failed),
    ...attempt(2, 30),
    span('orders.update', { parent: 'order', kind: 'client', at: 60, takes: 20, code: 'database_unavailable' }),
  );
  expect(firstOf(trace)).toBe('orders.update');
});

test('if every attempt failed, the first one is the first error', () => {
  const trace = traceOf(...request(failed), ...attempt(1, 10, failed), ...attempt(2, 40, failed));
  expect(firstOf(trace)).toBe('payment 1');
});

test('two calls of one name that are not numbered may be about different things', () => {
  const calls = [
    span('first', { parent: 'order', name: 'PUT product', kind: 'client', at: 10, takes: 5, ...failed }),
    span('second', { parent: 'order', name: 'PUT product', kind: 'client', at: 20, takes: 5 }),
  ];
  expect(errorsOf(traceOf(...request(failed), ...calls))[0]).toBe('first downstream_unavailable failed');
  expect(errorsOf(traceOf(...request({}), ...calls))[0]).toBe('first downstream_unavailable retried');
});

test('an error below a request that was answered all the same is absorbed', () => {
  const trace = traceOf(
    ...request({}),
    span('order.charge', { parent: 'order', takes: 50, ...failed }),
    ...attempt(1, 1, { ...failed, parent: 'order.charge' }),
  );
  expect(errorsOf(trace).map((line) => line.split(' ').at(-1))).toEqual(['absorbed', 'absorbed', 'absorbed']);
});

test('a step that does not say how it ended hides no cause', () => {
  const trace = traceOf(
    ...request(failed),
    span('step', { parent: 'order', takes: 50 }),
    span('deep', { parent: 'step', kind: 'client', takes: 40, code: 'refused' }),
  );
  expect(firstOf(trace)).toBe('deep');
  expect(errorsOf(trace)[0]).toBe('deep refused failed');
});

test('what made the request fail goes before what it survived, even if that was earlier', () => {
  const trace = traceOf(
    ...request(failed),
    span('answered', { parent: 'order', kind: 'client', at: 1, takes: 10 }),
    span('survived', { parent: 'answered', service: 'product', kind: 'internal', at: 2, takes: 1, code: 'cache_lost' }),
    span('fatal', { parent: 'order', kind: 'client', at: 50, takes: 10, code: 'refused' }),
  );
  expect(errorsOf(trace)[0]).toBe('survived cache_lost absorbed');
  expect(firstOf(trace)).toBe('fatal');
});

test('OpenTelemetry’s words for an error are understood', () => {
  const odd = {
    ...span('x', { isError: true }),
    events: [{ atUs: 1, fields: { event: 'exception', 'exception.type': 'TypeError', 'exception.message': 'no' } }],
  };
  expect(errorsInCausalOrder(buildTree(traceOf(odd)))[0]).toMatchObject({ code: 'TypeError', message: 'no' });
});

test('whatever a trace looks like, each error is told once, after its causes; and the first has none but repaired ones', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const errors = errorsInCausalOrder(buildTree(trace));
      expect(errors.map(({ node }) => node.span.spanId).sort()).toEqual(
        trace.spans
          .filter(({ isError }) => isError)
          .map(({ spanId }) => spanId)
          .sort(),
      );
      for (const [index, { causes }] of errors.entries()) {
        for (const cause of causes) expect(errors.indexOf(cause)).toBeLessThan(index);
      }
      const first = firstError(errors);
      expect(first === undefined).toBe(errors.length === 0);
      expect(first?.causes.every(({ fate }) => fate === 'retried') ?? true).toBe(true);
    }),
  );
});
