import type { Point } from '../../queries/prometheus.js';

interface SparklineProps {
  readonly points: readonly Point[];
  readonly startMs: number;
  readonly endMs: number;
  /** A colour of the theme, `--c1`. */
  readonly color?: string;
}

const width = 96;
const height = 22;

/** How a value has moved, without axes; the number beside it says where it is now. */
export const Sparkline = ({ points, startMs, endMs, color = '--c1' }: SparklineProps) => {
  const top = Math.max(0, ...points.map(({ value }) => (Number.isFinite(value) ? value : 0)));
  const toX = (atMs: number): string => (((atMs - startMs) / Math.max(1, endMs - startMs)) * width).toFixed(1);
  const toY = (value: number): string => (height - 2 - (top === 0 ? 0 : (value / top) * (height - 4))).toFixed(1);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ color: `var(${color})` }}
    >
      {toStretches(points).map((stretch) => {
        const line = stretch.map(({ atMs, value }) => `${toX(atMs)},${toY(value)}`);
        const [from, to] = [toX(stretch[0]?.atMs ?? 0), toX(stretch.at(-1)?.atMs ?? 0)];
        return (
          <g key={from}>
            <polygon points={`${from},${height} ${line.join(' ')} ${to},${height}`} />
            <polyline points={line.join(' ')} vector-effect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
};

/** The stretches with values: a quantile of nothing is NaN, and nothing is not drawn. */
const toStretches = (points: readonly Point[]): Point[][] => {
  const stretches: Point[][] = [];
  let isOpen = false;
  for (const point of points) {
    if (!Number.isFinite(point.value)) isOpen = false;
    else if (isOpen) stretches.at(-1)?.push(point);
    else {
      stretches.push([point]);
      isOpen = true;
    }
  }
  return stretches;
};
