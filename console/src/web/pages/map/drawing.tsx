import { useState } from 'preact/hooks';
import type { GraphEdge, GraphNode } from '../../../analysis/service-graph.js';
import { formatDuration, formatNumber, formatPercent, formatRate } from '../../parts/format.js';
import { describeEdge, describeNode, errorShareOf, toEdgeUrl, toNodeUrl } from './describe.js';
import type { Place } from './labels.js';
import { type LaidOutEdge, layOutGraph, nodeSize } from './layout.js';
import type { LoadedGraph } from './load-graph.js';

/** The services and their calls. Each is a link to its traces; pointing at one dims what has nothing to do with it. */
export const Drawing = ({ graph }: { readonly graph: LoadedGraph }) => {
  const [active, setActive] = useState<string | undefined>(undefined);
  const layout = layOutGraph(
    graph.nodes.map(({ service }) => service),
    graph.edges,
  );
  const isEdgeDim = ({ from, to }: GraphEdge): boolean => active !== undefined && from !== active && to !== active;
  return (
    <svg class="map-drawing" viewBox={`0 0 ${layout.width} ${layout.height}`} style={{ maxWidth: `${layout.width}px` }}>
      <title>Service graph</title>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class="map-arrow" d="M0,0.5 L8,4 L0,7.5 z" />
        </marker>
      </defs>
      {layout.edges.map((laidOut) => (
        <EdgeLine key={toKey(laidOut.edge)} laidOut={laidOut} isDim={isEdgeDim(laidOut.edge)} />
      ))}
      {layout.edges.map((laidOut) => (
        <EdgeLink key={toKey(laidOut.edge)} laidOut={laidOut} isDim={isEdgeDim(laidOut.edge)} />
      ))}
      {graph.nodes.map((node) => (
        <NodeBox
          key={node.service}
          node={node}
          place={layout.places.get(node.service) ?? { x: 0, y: 0 }}
          point={setActive}
        />
      ))}
    </svg>
  );
};

interface EdgeProps {
  readonly laidOut: LaidOutEdge<GraphEdge>;
  readonly isDim: boolean;
}

const EdgeLine = ({ laidOut, isDim }: EdgeProps) => {
  const { edge, path } = laidOut;
  // From 1.5 to 6 pixels over four powers of ten, so that a rare call is seen beside a busy one.
  const width = 1.5 + Math.min(4.5, Math.log10(1 + edge.rate * 10) * 1.5);
  return <path d={path} class={toEdgeClass('map-line', edge, isDim)} stroke-width={width} marker-end="url(#arrow)" />;
};

/** What can be hit, wider than the line, and the figures; all of it after the lines, so that none crosses them out. */
const EdgeLink = ({ laidOut, isDim }: EdgeProps) => {
  const { edge, path, label } = laidOut;
  const share = errorShareOf(edge) ?? 0;
  return (
    <a href={toEdgeUrl(edge)} class={toEdgeClass('map-edge', edge, isDim)}>
      <title>{describeEdge(edge)}</title>
      <path d={path} />
      <text x={label.x} y={label.y - 2}>
        {edge.calls === 0 ? `${formatNumber(edge.totalCalls)} calls` : formatRate(edge.rate)}
      </text>
      <text x={label.x} y={label.y + 11}>
        {share > 0 ? `${formatPercent(share)} fail` : edge.p95Ms === undefined ? '' : formatDuration(edge.p95Ms)}
      </text>
    </a>
  );
};

const toKey = ({ from, to }: GraphEdge): string => `${from} ${to}`;

const toEdgeClass = (name: string, { errors }: GraphEdge, isDim: boolean): string =>
  `${name}${errors > 0 ? ' has-errors' : ''}${isDim ? ' is-dim' : ''}`;

interface NodeBoxProps {
  readonly node: GraphNode;
  readonly place: Place;
  readonly point: (service: string | undefined) => void;
}

const NodeBox = ({ node, place, point }: NodeBoxProps) => {
  const { service, calls, errors, rate, p95Ms } = node;
  const { width, height } = nodeSize;
  return (
    <a
      href={toNodeUrl(node)}
      class={`map-node${errors > 0 ? ' has-errors' : ''}`}
      onMouseEnter={() => point(service)}
      onMouseLeave={() => point(undefined)}
      onFocus={() => point(service)}
      onBlur={() => point(undefined)}
    >
      <title>{describeNode(node)}</title>
      <rect x={place.x - width / 2} y={place.y - height / 2} width={width} height={height} rx="8" />
      <text x={place.x} y={place.y - 4} class="map-node-name">
        {service}
      </text>
      <text x={place.x} y={place.y + 14}>
        {calls === 0 ? 'no traces' : formatRate(rate) + (p95Ms === undefined ? '' : ` · ${formatDuration(p95Ms)}`)}
      </text>
    </a>
  );
};
