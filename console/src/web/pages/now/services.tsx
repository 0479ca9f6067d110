import type { Series } from '../../../queries/prometheus.js';
import { Empty } from '../../parts/empty.js';
import { durationQuantile, errorRate, requestRate } from '../../parts/expressions.js';
import { formatDuration, formatPercent, formatRate } from '../../parts/format.js';
import { Sparkline } from '../../parts/sparkline.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { type Query, useQuery } from '../../shell/use-query.js';
import { type ServiceRow, type ServiceSeries, toServiceRows } from './service-rows.js';

const spanMs = 15 * 60_000;
const stepMs = 30_000;
const refreshMs = 5_000;

interface Services {
  readonly rows: readonly ServiceRow[];
  readonly startMs: number;
  readonly endMs: number;
}

const loadServices = async (signal: AbortSignal): Promise<Services> => {
  const endMs = Date.now();
  const startMs = endMs - spanMs;
  const red = { by: 'job', window: '1m' };
  const range = (expression: string) => backends.prometheus.queryRange(expression, startMs, endMs, stepMs, { signal });
  const [up, rates, errors, quantiles] = await Promise.all([
    backends.prometheus.query('up', endMs, { signal }),
    range(requestRate(red)),
    range(errorRate(red)),
    loadQuantiles(range),
  ]);
  return { rows: toServiceRows({ up, rates, errors, ...quantiles }), startMs, endMs };
};

/** The rules work them out once for everybody, which costs Prometheus a tenth; without rules they are worked out here. */
const loadQuantiles = async (
  range: (expression: string) => Promise<Series[]>,
): Promise<Pick<ServiceSeries, 'p50s' | 'p95s' | 'p99s'>> => {
  const recorded = await range('job:http_server_request_duration_seconds:quantile1m');
  const [p50s = [], p95s = [], p99s = []] = await Promise.all(
    [0.5, 0.95, 0.99].map((quantile) =>
      recorded.length > 0
        ? recorded.filter(({ labels }) => labels.quantile === String(quantile))
        : range(durationQuantile(quantile, { by: 'job', window: '1m' })),
    ),
  );
  return { p50s, p95s, p99s };
};

export const useServices = (): Query<Services> => useQuery(loadServices, [], { refreshMs });

/** Every service with its rate, errors and durations of the last minute, and how they have moved in a quarter of an hour. */
export const ServicesTable = ({ services }: { readonly services: Query<Services> }) => {
  const { data, isLoading, error } = services;
  return (
    <section class="card" aria-labelledby="services-title">
      <header>
        <h2 id="services-title">Services</h2>
        <span class="muted">last minute; lines: 15 minutes</span>
      </header>
      {data === undefined || data.rows.length === 0 ? (
        <NoServices isLoading={isLoading && data === undefined} hasFailed={error !== undefined} />
      ) : (
        <div class="table-scroll">
          <table class="services">
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">State</th>
                <th scope="col" colSpan={2}>
                  Requests
                </th>
                <th scope="col" colSpan={2}>
                  Errors
                </th>
                <th scope="col" class="number">
                  p50
                </th>
                <th scope="col" class="number">
                  p95
                </th>
                <td />
                <th scope="col" class="number">
                  p99
                </th>
              </tr>
            </thead>
            <tbody>
              {data.rows.map((row) => (
                <Row key={row.service} row={row} startMs={data.startMs} endMs={data.endMs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

const NoServices = ({ isLoading, hasFailed }: { readonly isLoading: boolean; readonly hasFailed: boolean }) => {
  if (isLoading) return <Empty isLoading title="Asking Prometheus" />;
  if (hasFailed) return <Empty title="Not known while Prometheus does not answer." />;
  return (
    <Empty title="Prometheus scrapes no service yet.">
      A shop that has just started is there within a second. Otherwise look at its targets.
    </Empty>
  );
};

interface RowProps {
  readonly row: ServiceRow;
  readonly startMs: number;
  readonly endMs: number;
}

const states = {
  up: { name: 'up', badge: 'badge-ok' },
  part: { name: 'partly up', badge: 'badge-warn' },
  down: { name: 'down', badge: 'badge-error' },
} as const;

const Row = ({ row, startMs, endMs }: RowProps) => {
  const { service, rate, errorShare } = row;
  const state = states[row.state];
  const dashboard = toUrl('/metrics', { view: 'red', service });
  return (
    <tr>
      <th scope="row">
        <Link href={dashboard}>{service}</Link>
      </th>
      <td>
        <span class={`badge ${state.badge}`}>{state.name}</span>
      </td>
      <td class="number" data-label="Requests">
        <Link href={toUrl('/traces', { service })} class="value">
          {rate === undefined ? '–' : formatRate(rate)}
        </Link>
      </td>
      <td class="service-line">
        <Sparkline points={row.rates} startMs={startMs} endMs={endMs} />
      </td>
      <td class="number" data-label="Errors">
        <Link
          href={toUrl('/logs', { q: `service.name:${service} log.level:(error OR warn)` })}
          class={errorShare !== undefined && errorShare > 0 ? 'value bad' : 'value'}
        >
          {errorShare === undefined ? '–' : formatPercent(errorShare)}
        </Link>
      </td>
      <td class="service-line">
        <Sparkline points={row.errors} startMs={startMs} endMs={endMs} color="--error" />
      </td>
      <td class="number" data-label="p50">
        {formatSeconds(row.p50)}
      </td>
      <td class="number" data-label="p95">
        {formatSeconds(row.p95)}
      </td>
      <td class="service-line">
        <Sparkline points={row.p95s} startMs={startMs} endMs={endMs} color="--c7" />
      </td>
      <td class="number" data-label="p99">
        {formatSeconds(row.p99)}
      </td>
    </tr>
  );
};

const formatSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? '–' : formatDuration(seconds * 1_000);
