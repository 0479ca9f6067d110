import fc from 'fast-check';
import { type LayoutEdge, layOutGraph } from './layout.js';

const edge = (from: string, to: string): LayoutEdge => ({ from, to });

test('who is called stands right of all who call it', () => {
  const { places, edges } = layOutGraph(
    ['gateway', 'order', 'payment'],
    [edge('gateway', 'order'), edge('order', 'payment'), edge('gateway', 'payment')],
  );
  const x = (name: string): number => places.get(name)?.x ?? Number.NaN;
  expect(x('gateway')).toBeLessThan(x('order'));
  expect(x('order')).toBeLessThan(x('payment'));
  expect(edges.every(({ isBack }) => !isBack)).toBe(true);
});

test('of a circle, the edge that leads back is drawn below the others', () => {
  const { edges, height, places } = layOutGraph(
    ['gateway', 'order', 'product'],
    [edge('gateway', 'order'), edge('order', 'product'), edge('product', 'order')],
  );
  expect(edges.filter(({ isBack }) => isBack).map((each) => each.edge)).toEqual([edge('product', 'order')]);
  expect(height).toBeGreaterThan(Math.max(...[...places.values()].map(({ y }) => y)) + 50);
});

test('a graph of nothing, and one of a service that calls itself, are drawn as well', () => {
  expect(layOutGraph([], []).edges).toEqual([]);
  expect(layOutGraph(['a'], [edge('a', 'a')]).edges[0]?.isBack).toBe(true);
});

test('whatever the graph is, every node has a place of its own within the drawing', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const anyEdges = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
    selector: ([from, to]) => `${from} ${to}`,
    maxLength: 15,
  });
  fc.assert(
    fc.property(anyEdges, (pairs) => {
      const layout = layOutGraph(
        names,
        pairs.map(([from, to]) => edge(from, to)),
      );
      const spots = [...layout.places.values()];
      expect(new Set(spots.map(({ x, y }) => `${x} ${y}`)).size).toBe(names.length);
      for (const { x, y } of spots) {
        expect(x).toBeGreaterThan(0);
        expect(x).toBeLessThan(layout.width);
        expect(y).toBeGreaterThan(0);
        expect(y).toBeLessThan(layout.height);
      }
      expect(layout.edges).toHaveLength(pairs.length);
      for (const { path } of layout.edges) expect(path).not.toMatch(/NaN|undefined/);
    }),
  );
});
