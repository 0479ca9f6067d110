import { useRef, useState } from 'preact/hooks';
import { formatDuration } from '../../parts/format.js';
import type { TimeScale } from './time-scale.js';

interface TimeAxisProps {
  readonly scale: TimeScale;
  /** The start of the trace, from which times are counted. */
  readonly startUs: number;
  readonly onZoom: (range: { fromUs: number; toUs: number }) => void;
}

const ticks = [0, 25, 50, 75, 100];
/** A shorter drag was a click. */
const leastPercent = 1;

/** The times above the bars; dragging over them looks closer. */
export const TimeAxis = ({ scale, startUs, onZoom }: TimeAxisProps) => {
  const element = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined);
  const percentAt = (event: PointerEvent): number => {
    const { left, width } = element.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return Math.min(100, Math.max(0, ((event.clientX - left) / Math.max(1, width)) * 100));
  };
  const finish = (): void => {
    setDrag(undefined);
    if (drag === undefined || Math.abs(drag.to - drag.from) < leastPercent) return;
    const at = (percent: number): number => scale.fromUs + ((scale.toUs - scale.fromUs) * percent) / 100;
    onZoom({ fromUs: at(Math.min(drag.from, drag.to)), toUs: at(Math.max(drag.from, drag.to)) });
  };
  return (
    <div class="waterfall-row waterfall-axis" aria-hidden="true">
      <span class="waterfall-name" />
      <div
        ref={element}
        class="waterfall-time"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = percentAt(event);
          setDrag({ from: at, to: at });
        }}
        onPointerMove={(event) => setDrag((before) => before && { ...before, to: percentAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        {ticks.map((percent) => (
          <span key={percent} class="tick" style={{ left: `${percent}%` }}>
            {formatDuration((scale.fromUs - startUs + ((scale.toUs - scale.fromUs) * percent) / 100) / 1_000)}
          </span>
        ))}
        {drag === undefined ? null : (
          <i
            class="drag"
            style={{ left: `${Math.min(drag.from, drag.to)}%`, width: `${Math.abs(drag.to - drag.from)}%` }}
          />
        )}
      </div>
    </div>
  );
};
