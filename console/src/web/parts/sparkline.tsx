import type { Point } from '../../queries/prometheus.js';

interface SparklineProps {
  readonly points: readonly Point[];
  readonly startMs: number;
  readonly endMs: number;
  /** A colour of the theme, `--c1`. */
  readonly color?: string;
  /** The top of the scale; default: the largest value. */
  readonly max?: number;
}

const width = 96;
const height = 22;

/** How a value has moved, without axes; the number beside it says where it is now. */
export const Sparkline = ({ points, startMs, endMs, color = '--c1', max }: SparklineProps) => {
  const values = points.filter(({ value }) => Number.isFinite(value));
  const top = max ?? Math.max(...values.map(({ value }) => value), 0);
  const x = (atMs: number): number => ((atMs - startMs) / Math.max(1, endMs - startMs)) * width;
  const y = (value: number): number => height - 2 - (top === 0 ? 0 : (value / top) * (height - 4));
  const line = values.map(({ atMs, value }) => `${x(atMs).toFixed(1)},${y(value).toFixed(1)}`);
  const [first, last] = [values.at(0), values.at(-1)];
  const area =
    first && last ? [`${x(first.atMs).toFixed(1)},${height}`, ...line, `${x(last.atMs).toFixed(1)},${height}`] : [];
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ color: `var(${color})` }}
    >
      <polygon points={area.join(' ')} fill="currentColor" opacity="0.14" />
      <polyline
        points={line.join(' ')}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
};
