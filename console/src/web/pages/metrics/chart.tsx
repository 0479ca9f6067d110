import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Exemplar, Series } from '../../../queries/prometheus.js';
import { toChartData } from './chart-data.js';
import { type Dot, ExemplarDots } from './exemplar-dots.js';
import { Legend } from './legend.js';
import { toPlotOptions } from './plot.js';
import type { Unit } from './units.js';
import { useThemeRound } from './use-theme-round.js';

export interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  /** One for each series. */
  readonly names: readonly string[];
  readonly unit: Unit;
  readonly isLog: boolean;
  /** Epoch milliseconds of both ends of the axis. */
  readonly startMs: number;
  readonly endMs: number;
  readonly exemplars?: readonly Exemplar[];
  readonly height?: number;
  readonly onZoom: (startMs: number, endMs: number) => void;
}

/** Lines over time, with their values where the pointer is, and dots that open the trace of one observation. */
export const Chart = (props: ChartProps) => {
  const { title, series, names, unit, isLog, startMs, endMs, exemplars = [], height = 200 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [hovered, setHovered] = useState<number | undefined>(undefined);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [dots, setDots] = useState<readonly Dot[]>([]);
  const themeRound = useThemeRound();

  // A new plot where its form changes; the theme's colours are read when it is made.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const current = new uPlot(
      toPlotOptions({
        width: element.clientWidth,
        height,
        seriesCount: series.length,
        unit,
        isLog,
        extraMax: () => Math.max(0, ...(latest.current.exemplars ?? []).map(({ value }) => value)),
        onSelect: (from, to) => latest.current.onZoom(from, to),
        onHover: setHovered,
        onDraw: (drawn) => setDots(toDots(drawn, latest.current.exemplars ?? [])),
      }),
      toChartData(series, { isLog }),
      element,
    );
    plot.current = current;
    const observer = new ResizeObserver(() => current.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      current.destroy();
      plot.current = undefined;
    };
  }, [series.length, unit, isLog, height, themeRound]);

  useEffect(() => {
    const current = plot.current;
    if (current === undefined) return;
    current.batch(() => {
      current.setData(toChartData(series, { isLog }), true);
      current.setScale('x', { min: startMs / 1_000, max: endMs / 1_000 });
      for (const [index, name] of names.entries()) current.setSeries(index + 1, { show: !hidden.has(name) });
    });
  }, [series, exemplars, names, hidden, isLog, startMs, endMs, themeRound, unit, height]);

  const toggle = (name: string): void =>
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(name)) after.add(name);
      return after;
    });

  return (
    <div class="chart">
      <div class="chart-plot">
        <div ref={box} role="img" aria-label={`${title}; the values are listed below`} />
        <ExemplarDots dots={dots} unit={unit} />
      </div>
      <Legend
        series={series}
        names={names}
        unit={unit}
        hidden={hidden}
        toggle={toggle}
        atMs={toTime(plot.current, hovered)}
      />
    </div>
  );
};

const toTime = (plot: uPlot | undefined, index: number | undefined): number | undefined => {
  const atS = index === undefined ? undefined : plot?.data[0][index];
  return atS === undefined ? undefined : Math.round(atS * 1_000);
};

/** Nearer than this, one dot would hide the other. */
const dotPixels = 10;

/** Where the exemplars lie in the drawing, in CSS pixels from the corner of the chart; of those that lie together, the largest. */
const toDots = (plot: uPlot, exemplars: readonly Exemplar[]): Dot[] => {
  const { offsetLeft, offsetTop, clientWidth, clientHeight } = plot.over;
  const dots: Dot[] = [];
  for (const exemplar of [...exemplars].sort((a, b) => b.value - a.value)) {
    const [x, y] = [plot.valToPos(exemplar.atMs / 1_000, 'x'), plot.valToPos(exemplar.value, 'y')];
    const isInside = x >= 0 && x <= clientWidth && y >= 0 && y <= clientHeight;
    const dot = { exemplar, left: x + offsetLeft, top: y + offsetTop };
    const isFree = dots.every(({ left, top }) => Math.hypot(left - dot.left, top - dot.top) >= dotPixels);
    if (isInside && isFree) dots.push(dot);
  }
  return dots;
};
