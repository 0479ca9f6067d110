import { useState } from 'preact/hooks';
import type { LogLine } from '../../../analysis/log-line.js';
import { type Trace, toFullTraceId } from '../../../analysis/trace.js';
import { oldestFirst, type SearchAnswer } from '../../../queries/elasticsearch.js';
import { Empty } from '../../parts/empty.js';
import { ErrorNotices } from '../../parts/notice.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { useQuery } from '../../shell/use-query.js';
import { TraceBody } from './trace-body.js';
import { TraceHead } from './trace-head.js';

const refreshMs = 1_000;
/** The spans of a request that has just ended are still on their way. */
const settledAfterMs = 8_000;
const waitForTraceMs = 20_000;
const maxLines = 1_000;
const noLines: readonly LogLine[] = [];

/** One trace: its spans and log lines on one axis of time. */
export const TracePage = ({ traceId }: { readonly traceId: string }) => {
  const [openedAtMs] = useState(Date.now);
  const [isYoung, setYoung] = useState(true);
  const fullId = toFullTraceId(traceId);
  const options = { refreshMs: isYoung ? refreshMs : undefined };
  const trace = useQuery(
    async (signal) => {
      const found = await backends.jaeger.trace(fullId, { signal });
      setYoung(isStillComing(found, openedAtMs));
      return found;
    },
    [fullId],
    options,
  );
  const lines = useQuery((signal) => loadLines(fullId, signal), [fullId], options);
  const held = lines.data?.lines ?? noLines;
  const errors = [trace.error, lines.error];
  if (trace.data === undefined) {
    return (
      <>
        <h1>Trace</h1>
        <ErrorNotices errors={errors} />
        {trace.error === undefined ? <NoTrace traceId={fullId} isWaiting={isYoung} lines={held} /> : null}
      </>
    );
  }
  return (
    <>
      <TraceHead trace={trace.data} lineCount={lines.data?.total ?? 0} shownLines={held.length} />
      <ErrorNotices errors={errors} />
      <TraceBody trace={trace.data} lines={held} />
    </>
  );
};

const loadLines = (traceId: string, signal: AbortSignal): Promise<SearchAnswer> => {
  const body = { query: { term: { 'trace.id': traceId } }, size: maxLines, sort: oldestFirst, track_total_hits: true };
  return backends.elasticsearch.search(body, { signal });
};

const isStillComing = (trace: Trace | undefined, openedAtMs: number): boolean =>
  trace === undefined
    ? Date.now() < openedAtMs + waitForTraceMs
    : Date.now() < (trace.startUs + trace.durationUs) / 1_000 + settledAfterMs;

interface NoTraceProps {
  readonly traceId: string;
  readonly isWaiting: boolean;
  readonly lines: readonly LogLine[];
}

const NoTrace = ({ traceId, isWaiting, lines }: NoTraceProps) => (
  <Empty title={isWaiting ? 'Waiting for the trace to arrive' : 'This trace is not held.'} isLoading={isWaiting}>
    <p>
      <code>{traceId}</code>
    </p>
    {isWaiting ? null : <p>It is too old, was not sampled, or never was.</p>}
    {lines.length === 0 ? null : (
      <p>
        {lines.length} log lines of it are held: <Link href={`/logs?q=trace.id:${traceId}&from=now-1d`}>read them</Link>
        , or <Link href={`/why/${traceId}`}>what they tell</Link>.
      </p>
    )}
  </Empty>
);
