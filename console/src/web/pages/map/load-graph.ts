import {
  coveredSecondsOf,
  type EdgeSample,
  type GraphEdge,
  type ServiceGraph,
  toServiceGraph,
  withEdgeSamples,
} from '../../../analysis/service-graph.js';
import type { Edge } from '../../../analysis/trace.js';
import { backends } from '../../shell/backends.js';
import type { TimeRange } from '../../shell/time-range.js';

export interface LoadedGraph extends ServiceGraph {
  /** How many traces the figures are made of. */
  readonly traceCount: number;
  readonly coveredSeconds: number;
}

/** Enough for a 95th percentile of each edge, and little enough to be read every few seconds. */
const limit = 150;

/** Of each edge that these do not show. */
const edgeLimit = 20;
const maxEdgeSearches = 16;

/** The graph of a time range: its edges by the backend's count, their figures from the newest traces of each entry. */
export const loadGraph = async (range: TimeRange, signal: AbortSignal): Promise<LoadedGraph> => {
  const { startMs, endMs } = range.resolve();
  const [dependencies, services] = await Promise.all([
    backends.jaeger.dependencies(endMs, endMs - startMs, { signal }),
    backends.jaeger.services({ signal }),
  ]);
  const searches = toEntries(dependencies, services).map((service) =>
    backends.jaeger.traces({ service, startUs: startMs * 1_000, endUs: endMs * 1_000, limit }, { signal }),
  );
  const traces = (await Promise.all(searches)).flat();
  const coveredSeconds = coveredSecondsOf(traces, { startMs, endMs, limit });
  const graph = toServiceGraph({ traces, dependencies, coveredSeconds });
  const unseen = graph.edges.filter(({ calls }) => calls === 0).slice(0, maxEdgeSearches);
  const samples = await Promise.all(unseen.map((edge) => sampleEdge(edge, { startMs, endMs }, signal)));
  return { ...withEdgeSamples(graph, samples), traceCount: traces.length, coveredSeconds };
};

const sampleEdge = async (
  { from, to }: GraphEdge,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
): Promise<EdgeSample> => {
  const search = { service: from, tags: { 'peer.service': to }, limit: edgeLimit };
  const traces = await backends.jaeger.traces(
    { ...search, startUs: startMs * 1_000, endUs: endMs * 1_000 },
    { signal },
  );
  return { from, to, traces, coveredSeconds: coveredSecondsOf(traces, { startMs, endMs, limit: edgeLimit }) };
};

/** Where requests enter: who calls others and is called by nobody. Without any calls yet, every service is one. */
const toEntries = (dependencies: readonly Edge[], services: readonly string[]): string[] => {
  const callers = new Set(dependencies.map(({ parent }) => parent));
  for (const { child } of dependencies) callers.delete(child);
  return callers.size === 0 ? services.slice(0, 10) : [...callers];
};
