import type uPlot from 'uplot';
import { formatTime } from '../../parts/format.js';
import { formatTicks, type Unit } from './units.js';

export interface PlotOptions {
  readonly width: number;
  readonly height: number;
  readonly seriesCount: number;
  readonly unit: Unit;
  readonly isLog: boolean;
  /** Values that must be seen besides those of the series, at this moment. */
  readonly extraMax: () => number;
  /** Epoch milliseconds of a stretch that somebody has drawn over. */
  readonly onSelect: (startMs: number, endMs: number) => void;
  /** The index of the points under the pointer; undefined if it is elsewhere. */
  readonly onHover: (index: number | undefined) => void;
  readonly onDraw: (plot: uPlot) => void;
}

/** A colour for each series, and again from the first. */
export const seriesColor = (index: number): string => `--c${(index % 8) + 1}`;

const readColor = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A shorter drag is a click. */
const shortestDragPixels = 6;

/** The options of a plot in the colours of the present theme: a canvas cannot follow a style sheet by itself. */
export const toPlotOptions = (options: PlotOptions): uPlot.Options => {
  const { width, height, seriesCount, unit, isLog } = options;
  const axis = {
    stroke: readColor('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: readColor('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      // The pointer is shown in all charts of the page, a drag counts in its own alone.
      sync: { key: 'metrics', filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
    },
    scales: {
      x: { time: true },
      y: isLog ? { distr: 3, log: 10 } : { range: (_plot, _min, max) => toLinearRange(max, options.extraMax()) },
    },
    axes: [
      { ...axis, size: 24, gap: 6, values: (_plot, splits) => toTimes(splits) },
      {
        ...axis,
        size: 68,
        gap: 6,
        ...(unit === 'bytes' ? { incrs: powersOfTwo } : {}),
        values: (_plot, splits) => formatTicks(unit, splits),
      },
    ],
    series: [{}, ...Array.from({ length: seriesCount }, (_, index) => toSeries(index))],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: length } = plot.select;
          if (length < shortestDragPixels) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          const toMs = (x: number): number => Math.round(plot.posToVal(x, 'x') * 1_000);
          options.onSelect(toMs(left), toMs(left + length));
        },
      ],
      setCursor: [(plot) => options.onHover(plot.cursor.idx ?? undefined)],
      draw: [options.onDraw],
    },
  };
};

const toSeries = (index: number): uPlot.Series => ({
  stroke: readColor(seriesColor(index)),
  width: 1.5,
  points: { show: false },
  // A missing scrape is no reason to draw nothing between two points that are there.
  spanGaps: false,
});

/** From zero, since a line that fills the height by a change of 1 % tells a lie. */
const toLinearRange = (max: number | null, extraMax: number): [number, number] => {
  const top = Math.max(max ?? 0, extraMax);
  return [0, top > 0 ? top * 1.08 : 1];
};

/** A mebibyte is no round number of bytes, so round ticks are no round mebibytes. */
const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Seconds only where ticks lie closer than a minute. */
const toTimes = (splits: readonly number[]): string[] => {
  const isFine = (splits[1] ?? 60) - (splits[0] ?? 0) < 60;
  return splits.map((atS) => formatTime(atS * 1_000).slice(0, isFine ? 8 : 5));
};
