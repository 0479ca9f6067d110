import type { CallFigures, GraphEdge, GraphNode } from '../../../analysis/service-graph.js';
import { formatDuration, formatPercent, formatRate } from '../../parts/format.js';
import { toUrl } from '../../shell/location.js';

/** The share of calls that failed; undefined without calls. */
export const errorShareOf = ({ calls, errors }: CallFigures): number | undefined =>
  calls === 0 ? undefined : errors / calls;

const describeFigures = (figures: CallFigures): string => {
  const { rate, p95Ms } = figures;
  const share = errorShareOf(figures);
  if (share === undefined) return 'no recent traces';
  const durations = p95Ms === undefined ? '' : `, 95 % within ${formatDuration(p95Ms)}`;
  return `${formatRate(rate)}, ${formatPercent(share)} errors${durations}`;
};

/** For who hears the map instead of seeing it. */
export const describeEdge = (edge: GraphEdge): string => `${edge.from} calls ${edge.to}: ${describeFigures(edge)}`;

export const describeNode = (node: GraphNode): string => `${node.service}: ${describeFigures(node)}`;

/** The traces in which one service calls the other. */
export const toEdgeUrl = ({ from, to }: GraphEdge): string =>
  toUrl('/traces', { service: from, tags: `peer.service=${to}`, ...rangeOfPage() });

export const toNodeUrl = ({ service }: GraphNode): string => toUrl('/traces', { service, ...rangeOfPage() });

/** The traces of the time that the map shows. */
const rangeOfPage = (): Record<string, string | undefined> => {
  const query = new URLSearchParams(window.location.search);
  return { from: query.get('from') ?? undefined, to: query.get('to') ?? undefined };
};
