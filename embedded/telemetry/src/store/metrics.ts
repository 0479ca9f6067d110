import type { Exemplar } from '../scrape/parse.js';
import { Column, readColumn } from './metrics-column.js';
import { type Labels, type Matcher, toLabels } from './metrics-labels.js';

/** Times in epoch milliseconds, ascending, and the value at each; `undefined` where the series is gone. */
export interface Points {
  times: number[];
  values: (number | undefined)[];
}

export interface HeldSeries {
  readonly labels: Labels;
  /** Epoch milliseconds of the first and the last sample that were ever told. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** What is held between these times, both inclusive. */
  readonly read: (from: number, to: number) => Points;
}

/** What PromQL needs of a store. */
export interface SeriesReader {
  select(matchers: readonly Matcher[]): HeldSeries[];
}

/**
 * Takes one target's scrapes: begin, what was read, finish. A series that a scrape does not tell is stale from then on.
 * A series belongs to one writer.
 */
export interface SeriesWriter {
  /** Epoch milliseconds. A scrape whose time is not after the one before is refused. */
  begin(at: number): void;
  /** `key` identifies the series within the target; `describe` is only asked for a new one. */
  sample(key: string, describe: () => Labels, value: number): void;
  exemplar(key: string, exemplar: Exemplar): void;
  finish(): void;
}

export interface MetricStore extends SeriesReader {
  createWriter(): SeriesWriter;
  exemplars(matchers: readonly Matcher[], from: number, to: number): { labels: Labels; exemplars: Exemplar[] }[];
  /** The traces that the exemplars lead to. */
  traces(): ReadonlySet<string>;
  stats(): { series: number; refused: number; bytes: number };
}

const retentionMs = 4 * 86_400_000;
/** So many scrapes of a target leave together. */
const rowsPerBlock = 256;
const exemplarStepS = 30;
const maxExemplarsPerSeries = 30;
// What V8 takes for them beside labels and samples; measured.
const overhead = { series: 700, column: 32, exemplar: 300 };

class Block {
  readonly times = new Float64Array(rowsPerBlock);
  rows = 0;
}

class Target {
  readonly series = new Map<string, StoredSeries>();
  /** Oldest first; the last one still grows. */
  readonly blocks = [new Block()];
}

class StoredSeries implements HeldSeries {
  lastAt = 0;
  readonly exemplars: Exemplar[] = [];
  /** Of the block that still grows. */
  readonly column = new Column();
  /** Of each block before, empty where the series was not told. */
  readonly sealed: string[];

  constructor(
    readonly labels: Labels,
    readonly firstAt: number,
    private readonly target: Target,
  ) {
    this.sealed = target.blocks.slice(1).map(() => '');
  }

  get bytes(): number {
    const ownBytes =
      overhead.series + 2 * JSON.stringify(this.labels).length + overhead.exemplar * this.exemplars.length;
    return this.sealed.reduce((sum, { length }) => sum + overhead.column + length, ownBytes + this.column.size);
  }

  readonly read = (from: number, to: number): Points => {
    const points: Points = { times: [], values: [] };
    for (const [index, { times, rows }] of this.target.blocks.entries()) {
      if ((times[0] ?? 0) > to || (times[rows - 1] ?? 0) < from) continue;
      const text = this.sealed[index];
      const bytes = text === undefined ? this.column.encode(rows) : Buffer.from(text, 'latin1');
      for (const [row, value] of readColumn(bytes, rows).entries()) {
        const time = times[row] ?? 0;
        if (time < from || time > to) continue;
        points.times.push(time);
        points.values.push(value);
      }
    }
    return points;
  };
}

/**
 * Every sample, compressed. `maxBytes` is about what samples, series and exemplars may take together; when it is
 * reached the oldest samples leave.
 */
export const createMetricStore = (maxSeriesPerTarget: number, maxBytes = Number.POSITIVE_INFINITY): MetricStore => {
  const targets: Target[] = [];
  const byName = new Map<string, Set<StoredSeries>>();
  let refused = 0;
  const all = (): StoredSeries[] => targets.flatMap(({ series }) => [...series.values()]);
  const bytes = (): number => all().reduce((sum, series) => sum + series.bytes, 0);

  const dropOldest = ({ blocks, series }: Target): void => {
    blocks.shift();
    for (const [key, one] of series) {
      one.sealed.shift();
      if (one.lastAt >= (blocks[0]?.times[0] ?? 0)) continue;
      series.delete(key);
      byName.get(one.labels.__name__ ?? '')?.delete(one);
    }
  };
  const makeRoom = (now: number): void => {
    const startOf = ({ blocks: [first] }: Target): number => first?.times[0] ?? 0;
    for (;;) {
      const [oldest] = targets.filter(({ blocks }) => blocks.length > 1).sort((a, b) => startOf(a) - startOf(b));
      if (oldest === undefined || (startOf(oldest) >= now - retentionMs && bytes() <= maxBytes)) return;
      dropOldest(oldest);
    }
  };

  const createWriter = (): SeriesWriter => {
    const target = new Target();
    const known = target.series;
    let now = Number.NEGATIVE_INFINITY;
    let isRefused = false;
    targets.push(target);
    return {
      begin(at) {
        isRefused = at <= now;
        now = Math.max(now, at);
      },
      sample(key, describe, value) {
        let series = known.get(key);
        if (isRefused || (series === undefined && known.size >= maxSeriesPerTarget)) {
          refused++;
          return;
        }
        if (series === undefined) {
          series = new StoredSeries(toLabels(Object.entries(describe())), now, target);
          const name = series.labels.__name__ ?? '';
          byName.set(name, (byName.get(name) ?? new Set()).add(series));
          // A slice of the scraped text would keep all of that text in memory.
          known.set(Buffer.from(key).toString(), series);
        }
        series.column.append(target.blocks.at(-1)?.rows ?? 0, value);
        series.lastAt = now;
      },
      exemplar(key, { labels, value, timestamp }) {
        const exemplars = known.get(key)?.exemplars ?? [];
        const [before, last = before] = exemplars.slice(-2);
        if (last?.labels.trace_id === labels.trace_id && last?.value === value) return;
        // The newest is always held, older ones about one per step.
        const isClose = exemplars.length > 1 && (last?.timestamp ?? 0) - (before?.timestamp ?? 0) < exemplarStepS;
        if (isClose) exemplars.pop();
        else if (exemplars.length === maxExemplarsPerSeries) exemplars.shift();
        exemplars.push({ labels, value, timestamp: timestamp ?? now / 1_000 });
      },
      finish() {
        const block = target.blocks.at(-1);
        if (isRefused || block === undefined) return;
        block.times[block.rows++] = now;
        if (block.rows < rowsPerBlock) return;
        target.blocks.push(new Block());
        for (const { sealed, column } of known.values()) sealed.push(column.seal(rowsPerBlock));
        makeRoom(now);
      },
    };
  };

  const select = (matchers: readonly Matcher[]): StoredSeries[] => {
    const name = matchers.find((matcher) => matcher.name === '__name__')?.exact;
    const candidates = name === undefined ? all() : [...(byName.get(name) ?? [])];
    return candidates.filter(({ labels }) => matchers.every(({ name, matches }) => matches(labels[name] ?? '')));
  };
  return {
    createWriter,
    select,
    exemplars(matchers, from, to) {
      const isWithin = ({ timestamp = 0 }: Exemplar): boolean => timestamp * 1_000 >= from && timestamp * 1_000 <= to;
      const shown = select(matchers).map(({ labels, exemplars }) => ({
        labels,
        exemplars: exemplars.filter(isWithin),
      }));
      return shown.filter(({ exemplars }) => exemplars.length > 0);
    },
    traces: () => new Set(all().flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id ?? ''))),
    stats: () => ({ series: all().length, refused, bytes: bytes() }),
  };
};
