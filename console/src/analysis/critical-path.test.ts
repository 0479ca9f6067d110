import fc from 'fast-check';
import { criticalPath } from './critical-path.js';
import { anyTrace, span, testStartUs, traceOf } from './testing/traces.js';
import type { Trace } from './trace.js';
import { buildTree, mainRoot } from './tree.js';

const pathOf = (trace: Trace): (string | number)[][] =>
  criticalPath(buildTree(trace)).map(({ spanId, fromUs, toUs }) => [
    spanId,
    (fromUs - testStartUs) / 1000,
    (toUs - testStartUs) / 1000,
  ]);

test('of two parallel calls the one that ends last is on it, the other is not', () => {
  const trace = traceOf(
    span('root', { takes: 100 }),
    span('short', { parent: 'root', at: 10, takes: 20 }),
    span('long', { parent: 'root', at: 10, takes: 60 }),
  );
  expect(pathOf(trace)).toEqual([
    ['root', 0, 10],
    ['long', 10, 70],
    ['root', 70, 100],
  ]);
});

test('calls one after the other are all on it, and so is the time between them', () => {
  const trace = traceOf(
    span('root', { takes: 50 }),
    span('first', { parent: 'root', at: 5, takes: 10 }),
    span('inside', { parent: 'first', at: 6, takes: 4 }),
    span('second', { parent: 'root', at: 20, takes: 25 }),
  );
  expect(pathOf(trace)).toEqual([
    ['root', 0, 5],
    ['first', 5, 6],
    ['inside', 6, 10],
    ['first', 10, 15],
    ['root', 15, 20],
    ['second', 20, 45],
    ['root', 45, 50],
  ]);
});

test('a call that was still running when a later one began did not lead to it', () => {
  const trace = traceOf(
    span('root', { takes: 100 }),
    span('overlapping', { parent: 'root', at: 0, takes: 60 }),
    span('last', { parent: 'root', at: 50, takes: 40 }),
  );
  expect(pathOf(trace)).toEqual([
    ['root', 0, 50],
    ['last', 50, 90],
    ['root', 90, 100],
  ]);
});

test('a child that ends after its parent counts up to the parent’s end', () => {
  const trace = traceOf(span('root', { takes: 10 }), span('late', { parent: 'root', at: 4, takes: 30 }));
  expect(pathOf(trace)).toEqual([
    ['root', 0, 4],
    ['late', 4, 10],
  ]);
});

test('a child that ended before its parent began, by a wrong clock, is left out', () => {
  const trace = traceOf(span('root', { at: 20, takes: 10 }), span('early', { parent: 'root', at: 0, takes: 5 }));
  expect(pathOf(trace)).toEqual([['root', 20, 30]]);
});

test('whatever a trace looks like, the segments follow each other without a gap from the root’s start to its end', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const tree = buildTree(trace);
      const root = mainRoot(tree)?.span;
      const path = criticalPath(tree);
      let atUs = root?.startUs ?? 0;
      for (const { fromUs, toUs } of path) {
        expect(fromUs).toBe(atUs);
        expect(toUs).toBeGreaterThan(fromUs);
        atUs = toUs;
      }
      expect(atUs).toBe((root?.startUs ?? 0) + (root?.durationUs ?? 0));
    }),
  );
});

test('making a span that is not on it longer by nothing, or leaving it out, changes nothing', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const tree = buildTree(trace);
      const path = criticalPath(tree);
      const onIt = new Set(path.map(({ spanId }) => spanId));
      const isNeeded = (spanId: string): boolean => {
        const node = tree.nodes.get(spanId);
        return (
          onIt.has(spanId) || node === mainRoot(tree) || (node?.children.some((c) => isNeeded(c.span.spanId)) ?? false)
        );
      };
      const spans = trace.spans.filter(({ spanId }) => isNeeded(spanId));
      const again = spans.length === 0 ? [] : criticalPath(buildTree(traceOf(...spans)));
      const flat = (each: typeof path) => each.map(({ spanId, fromUs, toUs }) => [spanId, fromUs, toUs]);
      expect(flat(again)).toEqual(flat(path));
    }),
  );
});

test('a trace deeper than a call stack is no problem', () => {
  const deep = Array.from({ length: 20_000 }, (_, index) =>
    span(`s${index}`, { takes: 5, ...(index === 0 ? {} : { parent: `s${index - 1}` }) }),
  );
  expect(pathOf(traceOf(...deep))).toEqual([['s19999', 0, 5]]);
});
