import { type Edge, type Span, type Trace, textTag } from './trace.js';

/** Calls between two services, or into one, as the looked-at traces show them. */
export interface CallFigures {
  readonly calls: number;
  readonly errors: number;
  /** Per second. */
  readonly rate: number;
  /** Milliseconds; undefined without calls. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

export interface GraphNode extends CallFigures {
  readonly service: string;
}

export interface GraphEdge extends CallFigures {
  readonly from: string;
  readonly to: string;
  /** All calls in the time asked for, as the backend has counted them; at least `calls` as a rule. */
  readonly totalCalls: number;
}

export interface ServiceGraph {
  /** What enters each service. */
  readonly nodes: readonly GraphNode[];
  /** As the caller saw each call, its waiting and the network included. */
  readonly edges: readonly GraphEdge[];
}

export interface GraphOptions {
  readonly traces: readonly Trace[];
  /** Who called whom in the whole range, also outside of these traces. */
  readonly dependencies: readonly Edge[];
  /** Seconds that the traces cover. */
  readonly coveredSeconds: number;
}

interface Tally {
  readonly durationsMs: number[];
  errors: number;
}

/** The graph of the services that called each other. */
export const toServiceGraph = ({ traces, dependencies, coveredSeconds }: GraphOptions): ServiceGraph => {
  const edges = new Map<string, Tally>();
  const nodes = new Map<string, Tally>();
  for (const trace of traces) {
    const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
    for (const span of trace.spans) {
      const caller = span.parentId === undefined ? undefined : spans.get(span.parentId);
      if (caller !== undefined && caller.service !== span.service)
        count(edges, keyOf(caller.service, span.service), caller);
      if (caller?.service !== span.service) count(nodes, span.service, span);
    }
  }
  const totals = new Map(dependencies.map(({ parent, child, callCount }) => [keyOf(parent, child), callCount]));
  const services = new Set([...nodes.keys(), ...dependencies.flatMap(({ parent, child }) => [parent, child])]);
  return {
    nodes: [...services].sort().map((service) => ({ service, ...toFigures(nodes.get(service), coveredSeconds) })),
    edges: [...new Set([...edges.keys(), ...totals.keys()])].sort().map((key) => {
      const [from = '', to = ''] = key.split('\n');
      const figures = toFigures(edges.get(key), coveredSeconds);
      return { from, to, ...figures, totalCalls: Math.max(figures.calls, totals.get(key) ?? 0) };
    }),
  };
};

const keyOf = (from: string, to: string): string => `${from}\n${to}`;

const count = (tallies: Map<string, Tally>, key: string, span: Span): void => {
  const tally = tallies.get(key) ?? { durationsMs: [], errors: 0 };
  tally.durationsMs.push(span.durationUs / 1_000);
  if (span.isError || Number(textTag(span, 'http.status_code')) >= 500) tally.errors += 1;
  tallies.set(key, tally);
};

const toFigures = (tally: Tally | undefined, coveredSeconds: number): CallFigures => {
  if (tally === undefined) return { calls: 0, errors: 0, rate: 0, p50Ms: undefined, p95Ms: undefined };
  const sorted = tally.durationsMs.sort((a, b) => a - b);
  return {
    calls: sorted.length,
    errors: tally.errors,
    rate: sorted.length / Math.max(1, coveredSeconds),
    p50Ms: quantileOf(sorted, 0.5),
    p95Ms: quantileOf(sorted, 0.95),
  };
};

/** The nearest rank: a value that was really measured. */
const quantileOf = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

/** Traces that were searched for the sake of one edge. */
export interface EdgeSample {
  readonly from: string;
  readonly to: string;
  readonly traces: readonly Trace[];
  readonly coveredSeconds: number;
}

/** Gives edges that are too rare for the newest traces the figures of traces that were searched for them. */
export const withEdgeSamples = (graph: ServiceGraph, samples: readonly EdgeSample[]): ServiceGraph => {
  const edges = graph.edges.map((edge) => {
    const sample = samples.find(({ from, to }) => from === edge.from && to === edge.to);
    if (sample === undefined) return edge;
    const own = toServiceGraph({ ...sample, dependencies: [] }).edges;
    const figures = own.find(({ from, to }) => from === edge.from && to === edge.to);
    return figures === undefined ? edge : { ...figures, totalCalls: Math.max(figures.calls, edge.totalCalls) };
  });
  const nodes = graph.nodes.map((node) => (node.calls > 0 ? node : { ...node, ...sumOf(edges, node.service) }));
  return { nodes, edges };
};

/** What is known of a service by those who called it; how long it took cannot be told of sums. */
const sumOf = (edges: readonly GraphEdge[], service: string): Pick<CallFigures, 'calls' | 'errors' | 'rate'> =>
  edges
    .filter(({ to }) => to === service)
    .reduce(
      (sum, { calls, errors, rate }) => ({
        calls: sum.calls + calls,
        errors: sum.errors + errors,
        rate: sum.rate + rate,
      }),
      { calls: 0, errors: 0, rate: 0 },
    );

/**
 * How many seconds a list of the newest traces covers. A search that found fewer than it asked for has seen the whole
 * range; one that was cut off has seen it back to its oldest trace.
 */
export const coveredSecondsOf = (
  traces: readonly Trace[],
  { startMs, endMs, limit }: { readonly startMs: number; readonly endMs: number; readonly limit: number },
): number => {
  const oldestMs = Math.min(...traces.map(({ startUs }) => startUs / 1_000));
  return (endMs - (traces.length < limit ? startMs : Math.max(startMs, oldestMs))) / 1_000;
};
