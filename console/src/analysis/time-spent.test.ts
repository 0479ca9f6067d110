import fc from 'fast-check';
import { anyTrace, span, traceOf } from './testing/traces.js';
import { selfTimeUs, timeSpent } from './time-spent.js';
import type { Trace } from './trace.js';
import { buildTree, mainRoot } from './tree.js';

const spentOn = (trace: Trace) => {
  const { byService, byKind, totalUs } = timeSpent(buildTree(trace));
  const toMs = (shares: readonly { name: string; us: number }[]) =>
    Object.fromEntries(shares.map(({ name, us }) => [name, us / 1000]));
  return { total: totalUs / 1000, services: toMs(byService), kinds: toMs(byKind) };
};

test('each moment of a request belongs to one service and one kind of work', () => {
  const trace = traceOf(
    span('root', { service: 'gateway', kind: 'server', takes: 100 }),
    span('call', { parent: 'root', service: 'gateway', kind: 'client', at: 5, takes: 90 }),
    span('order', { parent: 'call', kind: 'server', at: 10, takes: 80 }),
    span('orders.insert', { parent: 'order', kind: 'client', at: 20, takes: 30, tags: { 'db.type': 'mongodb' } }),
    span('cache.get products', { parent: 'order', at: 60, takes: 10, tags: { component: 'cache' } }),
  );
  expect(spentOn(trace)).toEqual({
    total: 100,
    services: { gateway: 20, order: 80 },
    kinds: { own: 50, database: 30, network: 10, cache: 10 },
  });
});

test('the pause before another attempt is no work', () => {
  const trace = traceOf(
    span('step', { takes: 100 }),
    span('first', { parent: 'step', kind: 'client', takes: 10, isError: true }),
    span('second', { parent: 'step', kind: 'client', at: 80, takes: 20, tags: { 'http.resend_count': 1 } }),
  );
  expect(spentOn(trace).kinds).toEqual({ pause: 70, network: 30 });
});

test('who waits for a thread does not work; the thread does', () => {
  const trace = traceOf(
    span('thread invoice.render', { takes: 50, tags: { component: 'worker_threads' } }),
    span('invoice.render', {
      parent: 'thread invoice.render',
      at: 10,
      takes: 40,
      tags: { component: 'worker_threads', 'thread.id': 3 },
    }),
  );
  expect(spentOn(trace).kinds).toEqual({ own: 40, thread: 10 });
});

test('the time of a span without its children counts overlapping ones once', () => {
  const tree = buildTree(
    traceOf(
      span('root', { takes: 100 }),
      span('a', { parent: 'root', at: 10, takes: 30 }),
      span('b', { parent: 'root', at: 20, takes: 30 }),
      span('beyond', { parent: 'root', at: 90, takes: 60 }),
    ),
  );
  const root = mainRoot(tree);
  expect(root && selfTimeUs(root)).toBe(50_000);
});

test('whatever a trace looks like, the shares sum up to the request’s duration', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const tree = buildTree(trace);
      const { totalUs, byService, byKind, bySpan } = timeSpent(tree);
      expect(totalUs).toBe(mainRoot(tree)?.span.durationUs);
      for (const shares of [byService, byKind, bySpan]) {
        expect(shares.reduce((sum, { us }) => sum + us, 0)).toBe(totalUs);
        expect(shares.every(({ share }) => share > 0 && share <= 1)).toBe(true);
      }
      for (const node of tree.nodes.values()) {
        const selfUs = selfTimeUs(node);
        expect(selfUs).toBeGreaterThanOrEqual(0);
        expect(selfUs).toBeLessThanOrEqual(node.span.durationUs);
      }
    }),
  );
});
