import { curvePoints, type Place, placeLabels, type Stretch } from './labels.js';

/** Who calls whom. */
export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface LaidOutEdge<E extends LayoutEdge> {
  readonly edge: E;
  /** It closes a circle, so it runs against the direction of the others, below them. */
  readonly isBack: boolean;
  /** From the node that calls to the node that is called. */
  readonly path: string;
  readonly label: Place;
}

export interface GraphLayout<E extends LayoutEdge> {
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, Place>;
  readonly edges: readonly LaidOutEdge<E>[];
}

export const nodeSize = { width: 148, height: 50 } as const;
const gap = { x: 132, y: 34 } as const;
const margin = 12;
const backDepth = 46;

/**
 * A layered drawing (Sugiyama, Tagawa, Toda 1981) from left to right: circles are opened, each node stands right of all
 * who call it, long edges pass the layers between at places of their own, and the order within a layer is that of the
 * neighbours' average.
 */
export const layOutGraph = <E extends LayoutEdge>(nodes: readonly string[], edges: readonly E[]): GraphLayout<E> => {
  const back = findBackEdges(nodes, edges);
  const forward = edges.filter((edge) => !back.has(edge));
  const depths = toDepths(nodes, forward);
  const chains = forward.map((edge) => ({ edge, stops: toStops(edge, depths) }));
  const layers = toLayers(nodes, depths, chains);
  const links = chains.flatMap(({ stops }) => stops.slice(1).map((stop, index) => [stops[index] ?? '', stop] as const));
  sortLayers(layers, links);
  const places = toPlaces(layers);
  const bottom = Math.max(0, ...[...places.values()].map(({ y }) => y)) + nodeSize.height / 2;
  const drawn = [
    ...chains.map(({ edge, stops }) => ({
      edge,
      isBack: false,
      ...toCurve(stops.flatMap((stop) => places.get(stop) ?? [])),
    })),
    ...[...back].map((edge) => ({ edge, isBack: true, ...toBackCurve(places, edge, bottom) })),
  ];
  const nodePlaces = new Map(nodes.flatMap((node) => toEntry(node, places.get(node))));
  const labels = placeLabels(
    drawn.map(({ candidates }) => candidates),
    [...nodePlaces.values()],
    nodeSize,
  );
  return {
    width: Math.max(1, layers.length) * (nodeSize.width + gap.x) - gap.x + 2 * margin,
    height: bottom + (back.size > 0 ? backDepth : 0) + margin,
    places: nodePlaces,
    edges: drawn.map(({ edge, isBack, path }, index) => ({
      edge,
      isBack,
      path,
      label: labels[index] ?? { x: 0, y: 0 },
    })),
  };
};

const toEntry = (node: string, place: Place | undefined): [string, Place][] =>
  place === undefined ? [] : [[node, place]];

/** The edges that lead back to a node from which they can be reached, found from the entries of the graph on. */
const findBackEdges = <E extends LayoutEdge>(nodes: readonly string[], edges: readonly E[]): ReadonlySet<E> => {
  const back = new Set<E>();
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: string): void => {
    state.set(node, 'open');
    for (const edge of edges) {
      if (edge.from !== node) continue;
      if (state.get(edge.to) === 'open') back.add(edge);
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(node, 'done');
  };
  const entries = nodes.filter((node) => !edges.some(({ to }) => to === node));
  for (const node of [...entries, ...nodes]) if (!state.has(node)) visit(node);
  return back;
};

/** The longest way from an entry. */
const toDepths = (nodes: readonly string[], edges: readonly LayoutEdge[]): ReadonlyMap<string, number> => {
  const depths = new Map(nodes.map((node) => [node, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    for (const { from, to } of edges) depths.set(to, Math.max(depths.get(to) ?? 0, (depths.get(from) ?? 0) + 1));
  }
  return depths;
};

/** The two ends of an edge, and a stop in each layer between. */
const toStops = ({ from, to }: LayoutEdge, depths: ReadonlyMap<string, number>): string[] => {
  const between = Math.max(0, (depths.get(to) ?? 0) - (depths.get(from) ?? 0) - 1);
  return [from, ...Array.from({ length: between }, (_, index) => `${from}\n${to}\n${index}`), to];
};

const toLayers = (
  nodes: readonly string[],
  depths: ReadonlyMap<string, number>,
  chains: readonly { readonly stops: readonly string[] }[],
): string[][] => {
  const layers: string[][] = [];
  const add = (depth: number, stop: string): void => {
    layers[depth] ??= [];
    layers[depth].push(stop);
  };
  for (const node of nodes) add(depths.get(node) ?? 0, node);
  for (const { stops } of chains) {
    const first = depths.get(stops[0] ?? '') ?? 0;
    for (const [index, stop] of stops.entries()) if (index > 0 && index < stops.length - 1) add(first + index, stop);
  }
  return layers;
};

const sweeps = 8;

/** Moves each stop towards the middle of its neighbours in the layer before, then in the one behind, and so on. */
const sortLayers = (layers: string[][], links: readonly (readonly [string, string])[]): void => {
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isDown = sweep % 2 === 0;
    const order = isDown ? layers : layers.toReversed();
    for (const [index, layer] of order.entries()) {
      const before = order[index - 1];
      if (before === undefined) continue;
      const middleOf = (stop: string): number => {
        const neighbours = links.flatMap(([from, to]) =>
          isDown ? (to === stop ? [from] : []) : from === stop ? [to] : [],
        );
        const ranks = neighbours.map((neighbour) => before.indexOf(neighbour)).filter((rank) => rank >= 0);
        return ranks.length === 0 ? layer.indexOf(stop) : ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
      };
      const middles = new Map(layer.map((stop) => [stop, middleOf(stop)]));
      layer.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
    }
  }
};

const toPlaces = (layers: readonly (readonly string[])[]): ReadonlyMap<string, Place> => {
  const rowHeight = nodeSize.height + gap.y;
  const rows = Math.max(...layers.map((layer) => layer.length), 1);
  const places = new Map<string, Place>();
  for (const [column, layer] of layers.entries()) {
    const top = margin + ((rows - layer.length) * rowHeight) / 2;
    for (const [row, stop] of layer.entries()) {
      places.set(stop, {
        x: margin + column * (nodeSize.width + gap.x) + nodeSize.width / 2,
        y: top + row * rowHeight + nodeSize.height / 2,
      });
    }
  }
  return places;
};

/** A line as SVG draws it, and the places on it where its label may stand, the best first. */
interface Curve {
  readonly path: string;
  readonly candidates: readonly Place[];
}

/** Through all stops, level at each. A long edge is labelled where it passes a layer, since nobody else is there. */
const toCurve = (stops: readonly Place[]): Curve => {
  const half = nodeSize.width / 2;
  const parts: string[] = [];
  const passes: Place[] = [];
  const bends: Stretch[] = [];
  for (const [index, to] of stops.entries()) {
    const from = stops[index - 1];
    if (from === undefined) {
      parts.push(`M${to.x + half},${to.y}`);
      continue;
    }
    const start = { x: from.x + half, y: from.y };
    const end = { x: to.x - half, y: to.y };
    const middle = (start.x + end.x) / 2;
    parts.push(`C${middle},${start.y} ${middle},${end.y} ${end.x},${end.y}`);
    bends.push([start, { x: middle, y: start.y }, { x: middle, y: end.y }, end]);
    if (index === stops.length - 1) continue;
    parts.push(`L${to.x + half},${to.y}`);
    passes.push(to);
  }
  return { path: parts.join(' '), candidates: [...passes, ...bends.toReversed().flatMap(curvePoints)] };
};

const toBackCurve = (places: ReadonlyMap<string, Place>, { from, to }: LayoutEdge, bottom: number): Curve => {
  const start = places.get(from) ?? { x: 0, y: 0 };
  const end = places.get(to) ?? { x: 0, y: 0 };
  const half = nodeSize.height / 2;
  const low = bottom + backDepth;
  const stretch: Stretch = [
    { x: start.x, y: start.y + half },
    { x: start.x, y: low },
    { x: end.x, y: low },
    { x: end.x, y: end.y + half },
  ];
  const [a, b, c, d] = stretch.map(({ x, y }) => `${x},${y}`);
  return { path: `M${a} C${b} ${c} ${d}`, candidates: curvePoints(stretch) };
};
