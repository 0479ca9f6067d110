import { ErrorNotice } from '../../parts/notice.js';
import { TimeRangePicker } from '../../parts/time-range-picker.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { setQuery, useLocation, withQuery } from '../../shell/location.js';
import { type TimeRange, useTimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { toRateWindow, toStepMs } from './chart-data.js';
import { type DashboardName, dashboardNames, toDashboard } from './dashboards.js';
import { Explain } from './explain.js';
import { PanelCard } from './panel.js';
import { QueryView } from './query-view.js';

const refreshMs = 10_000;

const viewNames: Readonly<Record<DashboardName | 'query', string>> = {
  query: 'Query',
  red: 'Requests',
  use: 'Resources',
  shop: 'Shop',
};

/** Numbers over time: what somebody asks, and what is asked most often ready-made. */
export const MetricsPage = () => {
  const { query } = useLocation();
  const range = useTimeRange();
  const dashboard = dashboardNames.find((name) => name === query.get('view'));
  const service = query.get('service') || undefined;
  const isLog = query.get('log') === '1';
  const live = range.isLive ? refreshMs : undefined;
  // It also tells whether Prometheus answers at all, once for all charts.
  const services = useQuery((signal) => backends.prometheus.labelValues('job', { signal }), [], { refreshMs });
  return (
    <>
      <div class="toolbar">
        <h1>Metrics</h1>
        <Views current={dashboard ?? 'query'} />
        {dashboard === 'red' || dashboard === 'use' ? (
          <ServiceChoice services={services.data ?? []} current={service} />
        ) : null}
        <span class="spacer" />
        <label class="check">
          <input
            type="checkbox"
            checked={isLog}
            onChange={(event) => setQuery({ log: event.currentTarget.checked ? '1' : undefined })}
          />
          log scale
        </label>
        <TimeRangePicker range={range} />
      </div>
      <ErrorNotice error={services.error} />
      {dashboard === undefined && query.get('q') === null ? null : (
        <Explain range={range} isOpen={query.get('explain') === '1'} />
      )}
      {dashboard === undefined ? (
        <QueryView expression={query.get('q') ?? ''} range={range} isLog={isLog} refreshMs={live} />
      ) : (
        <Dashboard name={dashboard} service={service} range={range} isLog={isLog} />
      )}
    </>
  );
};

const Views = ({ current }: { readonly current: DashboardName | 'query' }) => (
  <nav class="views" aria-label="Views">
    {(['query', ...dashboardNames] as const).map((name) => (
      <Link
        key={name}
        href={withQuery({ view: name === 'query' ? undefined : name, q: undefined, service: undefined })}
        aria-current={name === current ? 'page' : undefined}
      >
        {viewNames[name]}
      </Link>
    ))}
  </nav>
);

interface ServiceChoiceProps {
  readonly services: readonly string[];
  readonly current: string | undefined;
}

const ServiceChoice = ({ services, current }: ServiceChoiceProps) => (
  <label>
    <span class="visually-hidden">Service</span>
    <select value={current ?? ''} onChange={(event) => setQuery({ service: event.currentTarget.value })}>
      <option value="">all services</option>
      {(current === undefined || services.includes(current) ? services : [current, ...services]).map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

interface DashboardProps {
  readonly name: DashboardName;
  readonly service: string | undefined;
  readonly range: TimeRange;
  readonly isLog: boolean;
}

const Dashboard = ({ name, service, range, isLog }: DashboardProps) => {
  const { startMs, endMs } = range.resolve();
  const panels = toDashboard(name, { service, window: toRateWindow(toStepMs(startMs, endMs)) });
  return (
    <div class="panels">
      {panels.map((panel) => (
        <PanelCard
          key={`${service} ${panel.title}`}
          panel={panel}
          range={range}
          isLog={isLog}
          refreshMs={range.isLive ? refreshMs : undefined}
        />
      ))}
    </div>
  );
};
