import { orderOf } from '../../../analysis/span-links.js';
import type { Trace } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { formatDateTime, formatDuration } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { RelatedTraces } from './related-traces.js';

interface TraceHeadProps {
  readonly trace: Trace;
  readonly lineCount: number;
  /** Of them, those that the waterfall has. */
  readonly shownLines: number;
}

/** What the trace is, in one line, and where it leads. */
export const TraceHead = ({ trace, lineCount, shownLines }: TraceHeadProps) => {
  const { root, durationUs, status, errors, services } = summarize(trace);
  const { traceId, startUs, spans } = trace;
  const order = orderOf(spans);
  const startMs = startUs / 1_000;
  const around = {
    from: String(Math.floor(startMs - 60_000)),
    to: String(Math.ceil(startMs + trace.durationUs / 1_000 + 60_000)),
  };
  return (
    <div class="trace-head">
      <h1>
        <span class="muted">{root?.service}</span> <PlainText text={root?.name ?? 'Trace'} />
      </h1>
      <div class="toolbar">
        {status === undefined ? null : (
          <span class={`badge ${status >= 500 ? 'badge-error' : status >= 400 ? 'badge-warn' : 'badge-ok'}`}>
            {status}
          </span>
        )}
        {errors > 0 ? <span class="badge badge-error">{errors === 1 ? '1 error' : `${errors} errors`}</span> : null}
        <strong>{formatDuration(durationUs / 1_000)}</strong>
        <span class="muted">
          {spans.length} spans in {services.length} {services.length === 1 ? 'service' : 'services'}, {lineCount} log
          lines{shownLines < lineCount ? ` (the first ${shownLines} are shown)` : ''}, {formatDateTime(startMs)}
        </span>
        <span class="spacer" />
        <Link class="button" href={`/why/${traceId}`}>
          Why?
        </Link>
        <Link class="button" href={toUrl('/logs', { q: `trace.id:${traceId}`, ...around })}>
          Logs
        </Link>
        <Link class="button" href={`/traces/compare?b=${traceId}`}>
          Compare
        </Link>
      </div>
      <p class="trace-ids muted">
        <code>{traceId}</code>
        {order.number === '' ? null : (
          <>
            {' '}
            order <Link href={`/why/${encodeURIComponent(order.number)}`}>{order.number}</Link>
          </>
        )}
      </p>
      <RelatedTraces trace={trace} orderId={order.id} />
    </div>
  );
};
