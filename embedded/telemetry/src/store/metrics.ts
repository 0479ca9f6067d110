import type { Exemplar } from '../scrape/parse.js';
import { Column, joinColumns, readColumn } from './metrics-column.js';
import { ExemplarStore } from './metrics-exemplars.js';
import { type Labels, type Matcher, toLabels } from './metrics-labels.js';

/** Times in epoch milliseconds and values, in order. At each gap the series is known to be gone until its next point. */
export interface Points {
  times: Float64Array;
  values: Float64Array;
  gaps: number[];
}

export interface HeldSeries {
  readonly labels: Labels;
  /** Epoch milliseconds of the first and the last sample that were ever told. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** What is held between these times, both inclusive, in epoch milliseconds. */
  read(from: number, to: number): Points;
}

/** What PromQL needs of a store. */
export interface SeriesReader {
  select(matchers: readonly Matcher[]): HeldSeries[];
}

/** What a service says of a family of metrics. */
export type Metadata = Record<'type' | 'help' | 'unit', string>;

/**
 * Takes one target's scrapes: begin, what was read, finish. A series that a scrape does not tell is stale from then on.
 * A series belongs to one writer.
 */
export interface SeriesWriter {
  /** Epoch milliseconds. A scrape whose time is not after the one before is refused. */
  begin(at: number): void;
  /** `key` identifies the series within the target; `describe` is only asked for a new one. The first value counts. */
  sample(key: string, describe: () => Labels, value: number): void;
  exemplar(key: string, exemplar: Exemplar): void;
  metadata(family: string, field: keyof Metadata, text: string): void;
  finish(): void;
}

export interface MetricStore extends SeriesReader {
  createWriter(): SeriesWriter;
  exemplars(matchers: readonly Matcher[], from: number, to: number): { labels: Labels; exemplars: Exemplar[] }[];
  /** Whether an exemplar that is held leads to this trace. */
  leadsTo(traceId: string): boolean;
  metadata(): ReadonlyMap<string, Metadata>;
  stats(): { series: number; refused: number; bytes: number };
}

const defaultMaxBytes = 60 * 1_048_576;
const retentionMs = 4 * 86_400_000;
/** So many scrapes of a target are sealed, and later dropped, together. */
const rowsPerBlock = 128;
// What V8 takes for a series beside its labels and samples; measured.
const seriesBytes = 700;

interface Block {
  times: Float64Array;
  /** The columns of all series, one after the other. */
  bytes: Uint8Array;
}

class Target {
  readonly series = new Map<string, StoredSeries>();
  /** Oldest first. */
  readonly sealed: Block[] = [];
  /** Of the rows that are not sealed; their columns are with the series. */
  times = new Float64Array(rowsPerBlock);
  rows = 0;

  get firstAt(): number {
    return (this.sealed[0] ?? this).times[0] ?? 0;
  }

  get bytes(): number {
    return this.sealed.reduce((sum, { bytes }) => sum + bytes.length + (rowsPerBlock + this.series.size) * 8, 0);
  }

  seal(): void {
    const columns: Uint8Array[] = [];
    let start = 0;
    for (const series of this.series.values()) {
      series.column?.skipTo(rowsPerBlock);
      const encoded = series.column?.encoded;
      series.starts.push(encoded ? start : -1);
      series.column = undefined;
      if (encoded === undefined) continue;
      columns.push(encoded);
      start += encoded.length + 1;
    }
    this.sealed.push({ times: this.times, bytes: joinColumns(columns) });
    this.times = new Float64Array(rowsPerBlock);
    this.rows = 0;
  }
}

class StoredSeries implements HeldSeries {
  lastAt = 0;
  /** What is not sealed yet. */
  column: Column | undefined;
  /** Where its column starts in each sealed block; -1 if it has none. */
  readonly starts: number[];
  readonly bytes: number;

  constructor(
    readonly labels: Labels,
    readonly firstAt: number,
    private readonly target: Target,
  ) {
    this.starts = target.sealed.map(() => -1);
    this.bytes = seriesBytes + 2 * JSON.stringify(labels).length;
  }

  read(from: number, to: number): Points {
    const { sealed, times, rows } = this.target;
    const blocks = sealed.flatMap(({ times, bytes }, index) => {
      const start = this.starts[index] ?? -1;
      if ((times[0] ?? 0) > to || (times.at(-1) ?? 0) < from) return [];
      return [{ times, bytes: bytes.subarray(start), rows: start < 0 ? 0 : rowsPerBlock }];
    });
    const { encoded = noBytes, rows: told = 0 } = this.column ?? {};
    blocks.push({ times: times.subarray(0, rows), bytes: encoded, rows: told });
    const most = blocks.reduce((sum, block) => sum + block.times.length, 0);
    const points = { times: new Float64Array(most), values: new Float64Array(most), gaps: [] as number[] };
    let count = 0;
    let isPresent = false;
    for (const block of blocks) {
      const collect = (row: number, until: number, value: number | undefined): void => {
        if (value === undefined && isPresent) points.gaps.push(block.times[row] ?? 0);
        isPresent = value !== undefined;
        for (let index = row; value !== undefined && index < until; index++) {
          const time = block.times[index] ?? 0;
          if (time < from || time > to) continue;
          points.times[count] = time;
          points.values[count++] = value;
        }
      };
      readColumn(block.bytes, block.rows, collect);
      if (block.rows < block.times.length) collect(block.rows, block.times.length, undefined);
    }
    return { times: points.times.subarray(0, count), values: points.values.subarray(0, count), gaps: points.gaps };
  }
}

const noBytes = new Uint8Array();

/**
 * Every sample, compressed. `maxBytes` is about what samples, series and exemplars may take together; when it is
 * reached the oldest samples leave.
 */
export const createMetricStore = (maxSeriesPerTarget: number, maxBytes = defaultMaxBytes): MetricStore => {
  const targets: Target[] = [];
  const byName = new Map<string, Set<StoredSeries>>();
  const exemplars = new ExemplarStore();
  const descriptions = new Map<string, Metadata>();
  const all = { series: 0, seriesBytes: 0, refused: 0 };
  const bytes = (): number => targets.reduce((sum, target) => sum + target.bytes, all.seriesBytes + exemplars.bytes);

  const count = (series: StoredSeries, change: 1 | -1): void => {
    all.series += change;
    all.seriesBytes += change * series.bytes;
  };
  const dropOldest = (target: Target): void => {
    target.sealed.shift();
    for (const [key, series] of target.series) {
      series.starts.shift();
      if (series.lastAt >= target.firstAt) continue;
      target.series.delete(key);
      byName.get(series.labels.__name__ ?? '')?.delete(series);
      exemplars.forget(series);
      count(series, -1);
    }
  };
  const makeRoom = (now: number): void => {
    for (;;) {
      const [oldest] = targets.filter(({ sealed }) => sealed.length > 0).sort((a, b) => a.firstAt - b.firstAt);
      if (oldest === undefined || (oldest.firstAt >= now - retentionMs && bytes() <= maxBytes)) return;
      dropOldest(oldest);
    }
  };

  const createWriter = (): SeriesWriter => {
    const target = new Target();
    let now = Number.NEGATIVE_INFINITY;
    let isRefused = false;
    targets.push(target);
    return {
      begin(at) {
        isRefused = at <= now;
        now = Math.max(now, at);
      },
      sample(key, describe, value) {
        let series = target.series.get(key);
        if (isRefused || (series === undefined && target.series.size >= maxSeriesPerTarget)) {
          all.refused++;
          return;
        }
        if (series === undefined) {
          series = new StoredSeries(toLabels(Object.entries(describe())), now, target);
          const name = series.labels.__name__ ?? '';
          byName.set(name, (byName.get(name) ?? new Set()).add(series));
          // A slice of the scraped text would keep all of that text in memory.
          target.series.set(Buffer.from(key).toString(), series);
          count(series, 1);
        }
        if (series.lastAt === now) return;
        series.lastAt = now;
        series.column ??= new Column();
        series.column.append(target.rows, value);
      },
      exemplar(key, exemplar) {
        const series = target.series.get(key);
        if (series !== undefined) exemplars.add(series, exemplar, now / 1_000);
      },
      metadata(family, field, text) {
        const known = descriptions.get(family) ?? { type: 'unknown', help: '', unit: '' };
        if (known[field] === text || (!descriptions.has(family) && descriptions.size >= maxSeriesPerTarget)) return;
        descriptions.set(Buffer.from(family).toString(), { ...known, [field]: Buffer.from(text).toString() });
      },
      finish() {
        if (isRefused) return;
        target.times[target.rows++] = now;
        if (target.rows < rowsPerBlock) return;
        target.seal();
        makeRoom(now);
      },
    };
  };

  const select = (matchers: readonly Matcher[]): StoredSeries[] => {
    const name = matchers.find((matcher) => matcher.name === '__name__')?.exact;
    const candidates = name === undefined ? [...byName.values()].flatMap((named) => [...named]) : byName.get(name);
    const isWanted = ({ labels }: StoredSeries): boolean =>
      matchers.every((matcher) => matcher.matches(labels[matcher.name] ?? ''));
    return [...(candidates ?? [])].filter(isWanted);
  };
  return {
    createWriter,
    select,
    exemplars: (matchers, from, to) =>
      select(matchers).flatMap((series) => {
        const isShown = ({ timestamp = 0 }: Exemplar): boolean => timestamp * 1_000 >= from && timestamp * 1_000 <= to;
        const shown = exemplars.of(series).filter(isShown);
        return shown.length > 0 ? [{ labels: series.labels, exemplars: shown }] : [];
      }),
    leadsTo: (traceId) => exemplars.leadsTo(traceId),
    metadata: () => descriptions,
    stats: () => ({ series: all.series, refused: all.refused, bytes: bytes() }),
  };
};
