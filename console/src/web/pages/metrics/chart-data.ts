import type { Series } from '../../../queries/prometheus.js';

/** What uPlot draws: the times of all series in seconds, then the values of each; null where a series has none. */
export type ChartData = [atS: number[], ...values: (number | null)[][]];

interface ChartDataOptions {
  /** Nothing at or below zero has a place on a logarithmic scale. */
  readonly isLog: boolean;
}

/** Brings series onto one common axis of time. */
export const toChartData = (series: readonly Series[], { isLog }: ChartDataOptions): ChartData => {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ atMs }) => atMs)))].sort((a, b) => a - b);
  const values = series.map(({ points }) => {
    const byTime = new Map(points.map(({ atMs, value }) => [atMs, value]));
    return times.map((atMs) => {
      const value = byTime.get(atMs);
      return value === undefined || !Number.isFinite(value) || (isLog && value <= 0) ? null : value;
    });
  });
  return [times.map((atMs) => atMs / 1_000), ...values];
};

/** More points than pixels are drawn for nobody. */
const maxPoints = 240;

/** Milliseconds between two points: whole seconds, and at most 240 of them. */
export const toStepMs = (startMs: number, endMs: number): number =>
  Math.max(1, Math.ceil((endMs - startMs) / maxPoints / 1_000)) * 1_000;

/** The range that a rate is taken over: long enough for some scrapes, and never shorter than a step. */
export const toRateWindow = (stepMs: number): string => {
  const seconds = Math.max(60, (4 * stepMs) / 1_000);
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
};
