import { coveredSecondsOf, toServiceGraph, withEdgeSamples } from './service-graph.js';
import { span, testStartUs, traceOf } from './testing/traces.js';

const purchase = traceOf(
  span('g', { service: 'gateway', kind: 'server', takes: 100 }),
  span('g1', { service: 'gateway', kind: 'client', parent: 'g', takes: 90 }),
  span('o', { service: 'order', kind: 'server', parent: 'g1', takes: 80 }),
  span('o1', { service: 'order', kind: 'client', parent: 'o', takes: 20, code: 'refused' }),
  span('p', { service: 'payment', kind: 'server', parent: 'o1', takes: 10 }),
  span('o2', { service: 'order', kind: 'client', parent: 'o', takes: 40 }),
  span('p2', { service: 'payment', kind: 'server', parent: 'o2', takes: 30 }),
);

test('an edge tells calls, errors, rate and durations as the caller saw them', () => {
  const { edges } = toServiceGraph({ traces: [purchase], dependencies: [], coveredSeconds: 4 });
  expect(edges).toEqual([
    { from: 'gateway', to: 'order', calls: 1, errors: 0, rate: 0.25, p50Ms: 90, p95Ms: 90, totalCalls: 1 },
    { from: 'order', to: 'payment', calls: 2, errors: 1, rate: 0.5, p50Ms: 20, p95Ms: 40, totalCalls: 2 },
  ]);
});

test('a node tells what entered it, not its own steps', () => {
  const { nodes } = toServiceGraph({ traces: [purchase], dependencies: [], coveredSeconds: 1 });
  expect(nodes.map(({ service, calls, p95Ms }) => [service, calls, p95Ms])).toEqual([
    ['gateway', 1, 100],
    ['order', 1, 80],
    ['payment', 2, 30],
  ]);
});

test('what only the dependencies know is in the graph without figures', () => {
  const dependencies = [{ parent: 'product', child: 'order', callCount: 3 }];
  const { nodes, edges } = toServiceGraph({ traces: [], dependencies, coveredSeconds: 1 });
  expect(nodes.map(({ service }) => service)).toEqual(['order', 'product']);
  expect(edges).toEqual([
    { from: 'product', to: 'order', calls: 0, errors: 0, rate: 0, p50Ms: undefined, p95Ms: undefined, totalCalls: 3 },
  ]);
});

test('a rare edge has the figures of traces that were searched for it, the others keep theirs', () => {
  const dependencies = [
    { parent: 'gateway', child: 'order', callCount: 900 },
    { parent: 'order', child: 'payment', callCount: 12 },
  ];
  const graph = toServiceGraph({ traces: [], dependencies, coveredSeconds: 10 });
  const { edges, nodes } = withEdgeSamples(graph, [
    { from: 'order', to: 'payment', traces: [purchase], coveredSeconds: 20 },
  ]);
  expect(edges.map(({ calls, rate, totalCalls }) => [calls, rate, totalCalls])).toEqual([
    [0, 0, 900],
    [2, 0.1, 12],
  ]);
  expect(nodes.find(({ service }) => service === 'payment')).toMatchObject({ calls: 2, errors: 1, rate: 0.1 });
});

test('an answer of 5xx is an error, also if nobody has marked the span', () => {
  const failed = traceOf(span('g', { service: 'gateway', kind: 'server', tags: { 'http.status_code': 503 } }));
  expect(toServiceGraph({ traces: [failed], dependencies: [], coveredSeconds: 1 }).nodes[0]?.errors).toBe(1);
});

test('a search that was cut off covers the time back to its oldest trace, another one all of it', () => {
  const startMs = testStartUs / 1_000 - 60_000;
  const endMs = testStartUs / 1_000 + 10_000;
  expect(coveredSecondsOf([purchase], { startMs, endMs, limit: 2 })).toBe(70);
  expect(coveredSecondsOf([purchase], { startMs, endMs, limit: 1 })).toBe(10);
});
