import { BackendError } from '../../../queries/backend-error.js';
import type { Exemplar, Series } from '../../../queries/prometheus.js';
import { Empty } from '../../parts/empty.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { setTimeRange, type TimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { Chart } from './chart.js';
import { toStepMs } from './chart-data.js';
import type { Panel } from './dashboards.js';
import { pickExemplars } from './pick-exemplars.js';
import { nameSeries } from './series-name.js';

interface Loaded {
  readonly series: readonly Series[];
  readonly names: readonly string[];
  readonly exemplars: readonly Exemplar[];
  readonly startMs: number;
  readonly endMs: number;
}

/** More lines than this nobody tells apart. */
const maxSeries = 30;

export const loadPanel = async (
  { queries, exemplars }: Panel,
  range: TimeRange,
  signal: AbortSignal,
): Promise<Loaded> => {
  const { startMs, endMs } = range.resolve();
  const stepMs = toStepMs(startMs, endMs);
  // On whole steps: a refreshed chart has the same points, and only the last ones move.
  const [fromMs, toMs] = [Math.ceil(startMs / stepMs) * stepMs, Math.floor(endMs / stepMs) * stepMs];
  const [found, dots] = await Promise.all([
    Promise.all(
      queries.map(({ expression }) => backends.prometheus.queryRange(expression, fromMs, toMs, stepMs, { signal })),
    ),
    exemplars === undefined ? [] : backends.prometheus.exemplars(exemplars, startMs, endMs, { signal }),
  ]);
  const all = found.flatMap((series, index) => series.map((each) => ({ each, name: queries[index]?.name })));
  const byLabels = nameSeries(all.map(({ each }) => each.labels));
  const named = all.map(({ each, name }, index) => ({ series: each, name: name ?? byLabels[index] ?? '' }));
  const largest = named.sort((a, b) => lastOf(b.series) - lastOf(a.series)).slice(0, maxSeries);
  // By name, so that a line keeps its colour when another one overtakes it.
  const shown = largest.sort((a, b) => a.name.localeCompare(b.name));
  return {
    series: shown.map(({ series }) => series),
    names: shown.map(({ name }) => name),
    exemplars: pickExemplars(dots, { startMs, endMs }),
    startMs,
    endMs,
  };
};

const lastOf = ({ points }: Series): number => {
  const value = points.at(-1)?.value ?? 0;
  return Number.isFinite(value) ? value : 0;
};

interface PanelProps {
  readonly panel: Panel;
  readonly range: TimeRange;
  readonly isLog: boolean;
  readonly refreshMs: number | undefined;
}

/** One chart of a dashboard; its title opens its expressions in the query box. */
export const PanelCard = ({ panel, range, isLog, refreshMs }: PanelProps) => {
  const { title, unit, queries } = panel;
  const expressions = queries.map(({ expression }) => expression).join('\n');
  const { data, error, isLoading } = useQuery(
    (signal) => loadPanel(panel, range, signal),
    [expressions, panel.exemplars, range.from, range.to],
    { refreshMs },
  );
  const query = queries.at(-1)?.expression ?? '';
  return (
    <section class="card panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="spacer" />
        <Link href={toUrl('/metrics', { q: query, from: range.from, to: range.isLive ? undefined : range.to })}>
          query
        </Link>
      </header>
      <div class="card-body">
        {data === undefined || data.series.length === 0 ? (
          <NoSeries panel={panel} isWaiting={isLoading && data === undefined} error={error} />
        ) : (
          <Chart {...data} title={title} unit={unit} isLog={isLog} onZoom={setTimeRange} />
        )}
      </div>
    </section>
  );
};

interface NoSeriesProps {
  readonly panel: Panel;
  readonly isWaiting: boolean;
  readonly error: unknown;
}

/** A backend that is down is told once for the whole page; what it refuses is the business of one chart. */
const NoSeries = ({ panel, isWaiting, error }: NoSeriesProps) => {
  if (isWaiting) return <Empty isLoading title="Asking Prometheus" />;
  if (error === undefined) return <Empty title={panel.empty ?? 'No data in this time.'} />;
  const isRefusal = error instanceof BackendError && !error.isDown;
  return <Empty title={isRefusal ? error.message : 'Not known while Prometheus does not answer.'} />;
};
