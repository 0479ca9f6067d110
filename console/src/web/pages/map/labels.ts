/** The middle of a node or label, or a point of a line. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A cubic Bézier curve: its start, two points that draw it towards them, its end. */
export type Stretch = readonly [Place, Place, Place, Place];

/** Where along a curve a label is tried, the middle first. */
const shares = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

export const curvePoints = ([a, b, c, d]: Stretch): Place[] =>
  shares.map((t) => {
    const u = 1 - t;
    const along = (axis: 'x' | 'y'): number =>
      u ** 3 * a[axis] + 3 * u ** 2 * t * b[axis] + 3 * u * t ** 2 * c[axis] + t ** 3 * d[axis];
    return { x: along('x'), y: along('y') };
  });

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Two short lines of small text. */
const labelSize: Size = { width: 58, height: 28 };

/**
 * Chooses for each label the first of its candidates that covers neither a node nor an earlier label; where all are
 * covered, the first.
 */
export const placeLabels = (
  candidates: readonly (readonly Place[])[],
  nodes: readonly Place[],
  nodeSize: Size,
): Place[] => {
  const taken = nodes.map((place) => ({ place, size: nodeSize }));
  return candidates.map((places) => {
    const isFree = (place: Place): boolean => !taken.some((other) => overlap(place, other.place, other.size));
    const chosen = places.find(isFree) ?? places[0] ?? { x: 0, y: 0 };
    taken.push({ place: chosen, size: labelSize });
    return chosen;
  });
};

const overlap = (label: Place, other: Place, size: Size): boolean =>
  Math.abs(label.x - other.x) * 2 < labelSize.width + size.width &&
  Math.abs(label.y - other.y) * 2 < labelSize.height + size.height;
