import { useEffect, useState } from 'preact/hooks';
import { parseLogQuery } from '../../../analysis/log-query/parse.js';
import { type LogQuery, LogQueryError } from '../../../analysis/log-query/syntax.js';
import { Empty } from '../../parts/empty.js';
import { formatNumber } from '../../parts/format.js';
import { ErrorNotices } from '../../parts/notice.js';
import { TimeRangePicker } from '../../parts/time-range-picker.js';
import { setQuery, useLocation } from '../../shell/location.js';
import { setTimeRange, useTimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { Facets } from './facets.js';
import { Histogram } from './histogram.js';
import { LineList } from './line-list.js';
import { loadOverview } from './log-search.js';
import { QueryLine } from './query-line.js';
import { mostHeld, useLines } from './use-lines.js';

const liveRefreshMs = 5_000;

/** Log lines: asked for by a query line, counted over time and by facet, read, and watched as they come. */
export const LogsPage = () => {
  const { query: parameters } = useLocation();
  const range = useTimeRange();
  const text = parameters.get('q') ?? '';
  const { query, error } = read(text);
  const isLive = parameters.get('live') === 'on' && range.isLive;
  const [round, setRound] = useState(0);
  const [isHovered, setHovered] = useState(false);
  const isScrolled = useIsScrolled(isLive);
  const key = JSON.stringify([text, range.from, range.to, round]);
  const overview = useQuery((signal) => loadOverview(query ?? { kind: 'all' }, range.resolve(), signal), [key], {
    isEnabled: query !== undefined,
    refreshMs: isLive ? liveRefreshMs : undefined,
  });
  const isHeld = isLive && (isHovered || isScrolled);
  const lines = useLines({ query, key, resolve: () => range.resolve(), isLive, isHeld });
  const { data } = overview;
  return (
    <>
      <div class="toolbar">
        <h1>Logs</h1>
        <span class="muted">{data === undefined ? '' : `${data.total.toLocaleString('en')} lines`}</span>
        <span class="spacer" />
        <TimeRangePicker range={range} />
        <LiveButton isLive={isLive} canBeLive={range.isLive} />
      </div>
      <QueryLine text={text} error={error} search={() => setRound((count) => count + 1)} />
      <ErrorNotices errors={[overview.error, lines.error]} />
      {data === undefined || data.total === 0 ? null : <Histogram bars={data.bars} intervalMs={data.intervalMs} />}
      <div class="logs-columns">
        {data === undefined || data.total === 0 ? null : (
          <details class="facets-frame" open={window.innerWidth > 900}>
            <summary>Narrow down</summary>
            <Facets facets={data.facets} total={data.total} query={query ?? { kind: 'all' }} />
          </details>
        )}
        <section
          class="card lines-frame"
          aria-label="Log lines"
          aria-busy={lines.isLoading}
          onPointerEnter={() => setHovered(true)}
          onPointerLeave={() => setHovered(false)}
        >
          {isLive ? <LiveState lines={lines} isHeld={isHeld} /> : null}
          <LineList lines={lines.lines} query={query ?? { kind: 'all' }} />
          <End lines={lines} hasQuery={query !== undefined} />
        </section>
      </div>
    </>
  );
};

const read = (text: string): { readonly query?: LogQuery; readonly error?: LogQueryError } => {
  try {
    return { query: parseLogQuery(text) };
  } catch (error) {
    if (error instanceof LogQueryError) return { error };
    throw error;
  }
};

/** Whoever has scrolled down reads; lines that push in from above would take the place away. */
const useIsScrolled = (isWatched: boolean): boolean => {
  const [isScrolled, setScrolled] = useState(false);
  useEffect(() => {
    if (!isWatched) return;
    const look = (): void => setScrolled(window.scrollY > 400);
    look();
    window.addEventListener('scroll', look, { passive: true });
    return () => window.removeEventListener('scroll', look);
  }, [isWatched]);
  return isWatched && isScrolled;
};

const LiveButton = ({ isLive, canBeLive }: { readonly isLive: boolean; readonly canBeLive: boolean }) => {
  const start = (): void => {
    // What goes on has no end.
    if (!canBeLive) setTimeRange('now-15m', 'now');
    setQuery({ live: 'on' });
  };
  return (
    <button
      type="button"
      aria-pressed={isLive}
      class={isLive ? 'primary' : ''}
      onClick={() => (isLive ? setQuery({ live: undefined }) : start())}
    >
      {isLive ? 'Live' : 'Go live'}
    </button>
  );
};

interface LinesProps {
  readonly lines: ReturnType<typeof useLines>;
}

const LiveState = ({ lines, isHeld }: LinesProps & { readonly isHeld: boolean }) => (
  <div class="live-state" role="status">
    {isHeld ? 'Held while you read.' : 'New lines come in at the top.'}{' '}
    {lines.waiting > 0 ? (
      <button type="button" onClick={lines.showWaiting}>
        Show {lines.waiting} new {lines.waiting === 1 ? 'line' : 'lines'}
      </button>
    ) : null}
  </div>
);

const End = ({ lines, hasQuery }: LinesProps & { readonly hasQuery: boolean }) => {
  if (lines.lines.length === 0) {
    if (lines.isLoading) return <Empty isLoading title="Searching" />;
    if (!hasQuery) return <Empty title="The query cannot be read." />;
    if (lines.error !== undefined) return null;
    return (
      <Empty title="No lines match.">
        Ask for less, or look further back:{' '}
        <button type="button" class="quiet" onClick={() => setTimeRange('now-1d', 'now')}>
          the last day
        </button>
        .
      </Empty>
    );
  }
  return (
    <div class="lines-end muted">
      {lines.dropped > 0
        ? `The newest ${formatNumber(mostHeld)} lines are held; ${formatNumber(lines.dropped)} older ones were let go. `
        : ''}
      {lines.hasOlder ? (
        <button type="button" disabled={lines.isLoading} onClick={lines.loadOlder}>
          Older lines
        </button>
      ) : (
        'That is all.'
      )}
    </div>
  );
};
