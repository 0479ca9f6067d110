import { BackendError } from '../../../queries/backend-error.js';
import { Empty } from '../../parts/empty.js';
import { Notice } from '../../parts/notice.js';
import { Link } from '../../shell/link.js';
import { setQuery, toUrl } from '../../shell/location.js';
import { setTimeRange, type TimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { Chart } from './chart.js';
import type { Panel } from './dashboards.js';
import { loadPanel } from './panel.js';
import { PromqlInput } from './promql-input.js';
import { inferUnit } from './units.js';

interface QueryViewProps {
  readonly expression: string;
  readonly range: TimeRange;
  readonly isLog: boolean;
  readonly refreshMs: number | undefined;
}

const examples: readonly (readonly [what: string, expression: string])[] = [
  ['requests per second', 'sum by (job) (rate(http_server_request_duration_seconds_count[1m]))'],
  [
    'slowest routes',
    'topk(5, histogram_quantile(0.95, sum by (job, http_route, le) (rate(http_server_request_duration_seconds_bucket[5m]))))',
  ],
  ['orders by outcome', 'sum by (outcome) (increase(orders_total[5m]))'],
  ['open breakers', 'max by (job, peer_service) (circuit_breaker_state) > 0'],
];

/** One expression, as a chart. */
export const QueryView = ({ expression, range, isLog, refreshMs }: QueryViewProps) => (
  <>
    <PromqlInput value={expression} run={(q) => setQuery({ q })} />
    {expression === '' ? (
      <Empty title="Ask something in PromQL, or begin with one of these:">
        <ul class="examples">
          {examples.map(([what, q]) => (
            <li key={what}>
              <Link href={toUrl('/metrics', { q })}>{what}</Link>
            </li>
          ))}
        </ul>
      </Empty>
    ) : (
      <Answer expression={expression} range={range} isLog={isLog} refreshMs={refreshMs} />
    )}
  </>
);

const Answer = ({ expression, range, isLog, refreshMs }: QueryViewProps) => {
  const unit = inferUnit(expression);
  const panel: Panel = {
    title: expression,
    unit,
    queries: [{ expression }],
    ...(unit === 'seconds' && expression.includes('_bucket') ? { exemplars: expression } : {}),
  };
  const { data, error, isLoading } = useQuery(
    (signal) => loadPanel(panel, range, signal),
    [expression, range.from, range.to],
    { refreshMs },
  );
  if (error instanceof BackendError && !error.isDown) return <Notice kind="warn" title={error.message} />;
  if (data === undefined) return isLoading ? <Empty isLoading title="Asking Prometheus" /> : null;
  if (data.series.length === 0) {
    return (
      <Empty title="No series matches in this time.">
        Check names and labels: the box offers those that exist. Or look further back.
      </Empty>
    );
  }
  return (
    <section class="card panel" aria-label="Chart">
      <div class="card-body">
        <Chart {...data} title={expression} unit={unit} isLog={isLog} height={340} onZoom={setTimeRange} />
      </div>
    </section>
  );
};
