import fc from 'fast-check';
import { anyTrace, span, traceOf } from './testing/traces.js';
import { buildTree, inReadingOrder, mainRoot } from './tree.js';

const rowsOf = (trace: ReturnType<typeof traceOf>): string[] =>
  inReadingOrder(buildTree(trace)).map(({ span: each, depth }) => '  '.repeat(depth) + each.spanId);

test('children stand below their parent in the order of their start, before its next sibling', () => {
  const trace = traceOf(
    span('late', { parent: 'root', at: 50 }),
    span('root', { takes: 100 }),
    span('early', { parent: 'root', at: 10 }),
    span('grandchild', { parent: 'early', at: 11 }),
  );
  expect(rowsOf(trace)).toEqual(['root', '  early', '    grandchild', '  late']);
});

test('a span whose parent is missing is a root and says so, and is not the main one', () => {
  const tree = buildTree(traceOf(span('lost', { parent: 'never arrived' }), span('root', { at: 1 })));
  expect(tree.roots.map(({ span: { spanId }, isOrphan }) => [spanId, isOrphan])).toEqual([
    ['lost', true],
    ['root', false],
  ]);
  expect(mainRoot(tree)?.span.spanId).toBe('root');
});

test('spans that name each other as parents are all shown', () => {
  expect(rowsOf(traceOf(span('a', { parent: 'b' }), span('b', { parent: 'a', at: 1 })))).toEqual(['b', '  a']);
  expect(rowsOf(traceOf(span('self', { parent: 'self' })))).toEqual(['self']);
});

test('a child that begins before its parent is told by how much, and is not moved', () => {
  const tree = buildTree(traceOf(span('root', { at: 10, takes: 50 }), span('child', { parent: 'root', at: 3 })));
  expect(tree.nodes.get('child')?.skewUs).toBe(-7_000);
});

test('a callee that ends after its caller has the answer is told by how much; other late work is not', () => {
  const tree = buildTree(
    traceOf(
      span('call', { kind: 'client', takes: 10 }),
      span('served', { parent: 'call', kind: 'server', at: 2, takes: 50 }),
      span('afterwards', { parent: 'served', at: 3, takes: 100 }),
    ),
  );
  expect(tree.nodes.get('served')?.skewUs).toBe(42_000);
  expect(tree.nodes.get('afterwards')?.skewUs).toBe(0);
});

test('a callee that shares the id of its caller’s span is its child, and the parent of its own work', () => {
  const trace = traceOf(
    span('shared', { service: 'gateway', kind: 'client', takes: 20 }),
    { ...span('shared', { service: 'order', kind: 'server', at: 1, takes: 18 }), name: 'served' },
    span('work', { parent: 'shared', service: 'order', at: 2 }),
  );
  const rows = inReadingOrder(buildTree(trace)).map(({ span: { service, name }, depth }) => [service, name, depth]);
  expect(rows).toEqual([
    ['gateway', 'shared', 0],
    ['order', 'served', 1],
    ['order', 'work', 2],
  ]);
});

test('whatever a trace looks like, each span stands in the tree exactly once', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const ids = inReadingOrder(buildTree(trace)).map(({ span: { spanId } }) => spanId);
      expect(ids.sort()).toEqual(trace.spans.map(({ spanId }) => spanId).sort());
    }),
  );
});
