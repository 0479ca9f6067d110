import { useRef, useState } from 'preact/hooks';
import { type Bar, type Level, levels } from '../../../analysis/log-histogram.js';
import { formatDuration, formatNumber, formatTime } from '../../parts/format.js';
import { setTimeRange } from '../../shell/time-range.js';

interface HistogramProps {
  readonly bars: readonly Bar[];
  readonly intervalMs: number;
}

const height = 80;

/** Lines over time, by level; dragging over it chooses a time. */
export const Histogram = ({ bars, intervalMs }: HistogramProps) => {
  const element = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined);
  const highest = Math.max(1, ...bars.map(({ total }) => total));
  const barAt = (event: PointerEvent): number => {
    const { left, width } = element.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    const index = Math.floor(((event.clientX - left) / Math.max(1, width)) * bars.length);
    return Math.min(bars.length - 1, Math.max(0, index));
  };
  const finish = (): void => {
    setDrag(undefined);
    const [first, last] = [
      bars[Math.min(drag?.from ?? 0, drag?.to ?? 0)],
      bars[Math.max(drag?.from ?? 0, drag?.to ?? 0)],
    ];
    if (drag !== undefined && first && last) setTimeRange(first.startMs, last.startMs + intervalMs);
  };
  const total = bars.reduce((sum, bar) => sum + bar.total, 0);
  const errors = bars.reduce((sum, { counts }) => sum + counts.error + counts.warn, 0);
  return (
    <figure class="histogram">
      <svg
        ref={element}
        viewBox={`0 0 ${Math.max(1, bars.length)} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${total} log lines over time, ${errors} of them warnings or errors`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: barAt(event), to: barAt(event) });
        }}
        onPointerMove={(event) => setDrag((before) => before && { ...before, to: barAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        {bars.map((bar, index) => (
          <BarView key={bar.startMs} bar={bar} x={index} highest={highest} />
        ))}
        {drag === undefined ? null : (
          <rect
            class="chosen"
            x={Math.min(drag.from, drag.to)}
            width={Math.abs(drag.to - drag.from) + 1}
            y={0}
            height={height}
          />
        )}
      </svg>
      <figcaption class="muted">
        <span>{formatTime(bars[0]?.startMs ?? 0).slice(0, 8)}</span>
        <span>
          {formatDuration(intervalMs)} a bar, at most {formatNumber(highest)} lines; drag to choose a time
        </span>
        <span>{formatTime((bars.at(-1)?.startMs ?? 0) + intervalMs).slice(0, 8)}</span>
      </figcaption>
    </figure>
  );
};

const BarView = ({ bar, x, highest }: { readonly bar: Bar; readonly x: number; readonly highest: number }) => {
  let top = height;
  const place = (level: Level): { y: number; height: number } => {
    // A single line among thousands is still seen.
    const size = bar.counts[level] === 0 ? 0 : Math.max(1.5, (bar.counts[level] / highest) * (height - 4));
    top -= size;
    return { y: top, height: size };
  };
  const told = levels.filter((level) => bar.counts[level] > 0);
  return (
    <g>
      <title>{`${formatTime(bar.startMs).slice(0, 8)}: ${told.map((level) => `${bar.counts[level]} ${level}`).join(', ') || 'nothing'}`}</title>
      <rect class="log-bar-back" x={x} width={1} y={0} height={height} />
      {told.map((level) => (
        <rect key={level} class={`log-bar log-bar-${level}`} x={x + 0.08} width={0.84} {...place(level)} />
      ))}
    </g>
  );
};
