import type { Exemplar } from '../scrape/parse.js';

export type Labels = Readonly<Record<string, string>>;

/** The newest value of a series is always the last scrape's; of the older ones, one per step is kept. */
const historyStepMs = 5_000;
const historyMs = 15 * 60_000;
const slots = historyMs / historyStepMs;
// Prometheus' own: an older value is no longer the value now.
const lookbackMs = 5 * 60_000;
const exemplarStepS = 15;
const maxExemplars = historyMs / 1_000 / exemplarStepS;

interface Series {
  labels: Labels;
  value: number;
  /** Epoch milliseconds of the newest value. */
  at: number;
  isStale: boolean;
  /** One value per step, in a ring. */
  history: Float64Array;
  /** The step that each slot holds; negative if the series was gone in it. */
  steps: Int32Array;
  exemplars: Exemplar[];
}

interface Sample {
  labels: Labels;
  value: number;
}

/** Takes one target's scrapes: begin, what was read, finish. What a scrape does not tell is stale after it. */
export interface SeriesWriter {
  /** Epoch milliseconds. */
  begin(at: number): void;
  /** `key` identifies the series within the target; `describe` is only asked for a new one. */
  sample(key: string, describe: () => Labels, value: number): void;
  exemplar(key: string, exemplar: Exemplar): void;
  finish(): void;
}

export interface MetricStore {
  createWriter(): SeriesWriter;
  /** The value of each matching series at that time, epoch milliseconds. Labels include `__name__`. */
  select(wanted: Labels, at: number): Sample[];
  exemplars(wanted: Labels, from: number, to: number): { labels: Labels; exemplars: Exemplar[] }[];
  /** Whether an exemplar that is held leads to this trace. */
  leadsTo(traceId: string): boolean;
  stats(): { series: number; refused: number };
}

/** The newest value of each series, a short history at a coarser step, and its exemplars, about one per 15 s. */
export const createMetricStore = (maxSeriesPerTarget: number): MetricStore => {
  const targets: Map<string, Series>[] = [];
  const traces = new Map<string, number>();
  let refused = 0;

  const matching = (wanted: Labels): Series[] => {
    const pairs = Object.entries(wanted);
    const isWanted = ({ labels }: Series): boolean => pairs.every(([name, value]) => (labels[name] ?? '') === value);
    return targets.flatMap((target) => [...target.values()].filter(isWanted));
  };

  const countTrace = (exemplar: Exemplar | undefined, change: 1 | -1): void => {
    const id = exemplar?.labels.trace_id;
    if (id === undefined) return;
    const count = (traces.get(id) ?? 0) + change;
    if (count > 0) traces.set(id, count);
    else traces.delete(id);
  };

  const createWriter = (): SeriesWriter => {
    const known = new Map<string, Series>();
    let now = 0;
    targets.push(known);
    return {
      begin(at) {
        now = at;
      },
      sample(key, describe, value) {
        let series = known.get(key);
        if (series === undefined) {
          if (known.size >= maxSeriesPerTarget) {
            refused++;
            return;
          }
          series = createSeries(describe());
          // A slice of the scraped text would keep all of that text in memory.
          known.set(Buffer.from(key).toString(), series);
        }
        series.value = value;
        series.at = now;
        series.isStale = false;
        remember(series, now);
      },
      exemplar(key, { labels, value, timestamp }) {
        const series = known.get(key);
        if (series === undefined) return;
        const previous = series.exemplars.at(-1);
        const isSame = previous?.value === value && previous.labels.trace_id === labels.trace_id;
        if (isSame && (timestamp === undefined || timestamp === previous.timestamp)) return;
        const before = series.exemplars.at(-2);
        if (before !== undefined && secondsBetween(before, previous) < exemplarStepS)
          countTrace(series.exemplars.pop(), -1);
        const exemplar = { labels, value, timestamp: timestamp ?? now / 1_000 };
        countTrace(exemplar, 1);
        series.exemplars.push(exemplar);
        if (series.exemplars.length > maxExemplars) countTrace(series.exemplars.shift(), -1);
      },
      finish() {
        for (const [key, series] of known) {
          if (series.at === now) continue;
          if (!series.isStale) {
            series.isStale = true;
            remember(series, now);
          }
          if (series.at > now - historyMs) continue;
          known.delete(key);
          for (const exemplar of series.exemplars) countTrace(exemplar, -1);
        }
      },
    };
  };

  return {
    createWriter,
    select: (wanted, at) => matching(wanted).flatMap((series) => sampleAt(series, at) ?? []),
    exemplars: (wanted, from, to) =>
      matching(wanted).flatMap(({ labels, exemplars }) => {
        const shown = exemplars.filter(({ timestamp = 0 }) => timestamp * 1_000 >= from && timestamp * 1_000 <= to);
        return shown.length > 0 ? [{ labels, exemplars: shown }] : [];
      }),
    leadsTo: (traceId) => traces.has(traceId),
    stats: () => ({ series: targets.reduce((sum, target) => sum + target.size, 0), refused }),
  };
};

const createSeries = (labels: Labels): Series => ({
  labels,
  value: 0,
  at: 0,
  isStale: false,
  history: new Float64Array(slots),
  steps: new Int32Array(slots),
  exemplars: [],
});

const remember = (series: Series, now: number): void => {
  const step = Math.floor(now / historyStepMs);
  series.history[step % slots] = series.value;
  series.steps[step % slots] = series.isStale ? -step : step;
};

const sampleAt = (series: Series, time: number): Sample | undefined => {
  const { labels, value, at, isStale, history, steps } = series;
  if (time >= at && !isStale) return time - at < lookbackMs ? { labels, value } : undefined;
  const now = Math.floor(time / historyStepMs);
  for (let step = now; step > now - lookbackMs / historyStepMs; step--) {
    if (steps[step % slots] === -step) return undefined;
    if (steps[step % slots] === step) return { labels, value: history[step % slots] ?? 0 };
  }
  return undefined;
};

const secondsBetween = (a: Exemplar, b: Exemplar | undefined): number => (b?.timestamp ?? 0) - (a.timestamp ?? 0);
