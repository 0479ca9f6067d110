import { Empty } from '../../parts/empty.js';
import { formatDuration } from '../../parts/format.js';
import { ErrorNotice } from '../../parts/notice.js';
import { TimeRangePicker } from '../../parts/time-range-picker.js';
import { Link } from '../../shell/link.js';
import { useTimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { CallsTable } from './calls-table.js';
import { Drawing } from './drawing.js';
import { type LoadedGraph, loadGraph } from './load-graph.js';

const refreshMs = 10_000;

/** Who calls whom, how often, how fast, and with how many failures. */
export const MapPage = () => {
  const range = useTimeRange();
  const { data, error, isLoading } = useQuery((signal) => loadGraph(range, signal), [range.from, range.to], {
    refreshMs: range.isLive ? refreshMs : undefined,
  });
  return (
    <>
      <div class="toolbar">
        <h1>Map</h1>
        <span class="muted">{data === undefined ? '' : describeSample(data)}</span>
        <span class="spacer" />
        <TimeRangePicker range={range} />
      </div>
      <ErrorNotice error={error} />
      {data === undefined ? (
        isLoading ? (
          <Empty isLoading title="Reading traces" />
        ) : null
      ) : data.nodes.length === 0 ? (
        <Empty title="There are no traces in this time.">
          Place an order on the page <Link href="/">Now</Link>, or look further back.
        </Empty>
      ) : (
        <>
          <figure class="card map-card" aria-label="Service graph">
            <Drawing graph={data} />
          </figure>
          <CallsTable edges={data.edges} />
        </>
      )}
    </>
  );
};

const describeSample = ({ traceCount, coveredSeconds }: LoadedGraph): string =>
  `from the last ${traceCount} traces, ${formatDuration(coveredSeconds * 1_000)}`;
