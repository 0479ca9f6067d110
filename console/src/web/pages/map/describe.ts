import type { CallFigures, GraphEdge, GraphNode } from '../../../analysis/service-graph.js';
import { formatDuration, formatNumber, formatPercent } from '../../parts/format.js';
import { toUrl } from '../../shell/location.js';

/** The share of calls that failed; undefined without calls. */
export const errorShareOf = ({ calls, errors }: CallFigures): number | undefined =>
  calls === 0 ? undefined : errors / calls;

const describeFigures = (figures: CallFigures): string => {
  const share = errorShareOf(figures);
  if (share === undefined || figures.p95Ms === undefined) return 'no recent traces';
  return `${formatNumber(figures.rate)} per second, ${formatPercent(share)} errors, 95 % within ${formatDuration(figures.p95Ms)}`;
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
