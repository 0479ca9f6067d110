import type { Trace } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { useQuery } from '../../shell/use-query.js';

const hourUs = 3_600_000_000;
const shown = 8;

interface RelatedTracesProps {
  readonly trace: Trace;
  /** Empty: the trace is about no order. */
  readonly orderId: string;
}

/** Traces that this one refers to, and those that took the same order up again: a recovery has a trace of its own. */
export const RelatedTraces = ({ trace, orderId }: RelatedTracesProps) => {
  const { data = [] } = useQuery((signal) => loadOthers(trace, orderId, signal), [trace.traceId, orderId], {
    isEnabled: orderId !== '',
  });
  const others = data.filter(({ traceId }) => traceId !== trace.traceId);
  const known = new Set(others.map(({ traceId }) => traceId));
  const referenced = [...new Set(trace.spans.flatMap(({ references }) => references.map(({ traceId }) => traceId)))];
  const unknown = referenced.filter((traceId) => traceId !== trace.traceId && !known.has(traceId));
  if (others.length === 0 && unknown.length === 0) return null;
  return (
    <ul class="related-traces" aria-label="Related traces">
      {unknown.map((traceId) => (
        <li key={traceId}>
          refers to <Link href={`/traces/${traceId}`}>{traceId.slice(0, 8)}</Link>
        </li>
      ))}
      {others.slice(0, shown).map((other) => (
        <RelatedTrace key={other.traceId} trace={trace} other={other} />
      ))}
      {others.length > shown ? (
        <li class="muted">
          and {others.length - shown} more: <Link href={`/why/${trace.traceId}`}>the whole story</Link>
        </li>
      ) : null}
    </ul>
  );
};

const loadOthers = (trace: Trace, orderId: string, signal: AbortSignal): Promise<Trace[]> => {
  const search = { service: 'order', tags: { 'glasshouse.order.id': orderId }, limit: 30 };
  const range = { startUs: trace.startUs - hourUs, endUs: (Date.now() + 60_000) * 1_000 };
  return backends.jaeger.traces({ ...search, ...range }, { signal });
};

const RelatedTrace = ({ trace, other }: { readonly trace: Trace; readonly other: Trace }) => {
  const { root, errors } = summarize(other);
  const refersTo = (from: Trace, to: Trace): boolean =>
    from.spans.some(({ references }) => references.some(({ traceId }) => traceId === to.traceId));
  const how = refersTo(other, trace) ? 'followed by' : refersTo(trace, other) ? 'follows from' : 'same order:';
  return (
    <li>
      {how} <Link href={`/traces/${other.traceId}`}>{root?.name ?? other.traceId.slice(0, 8)}</Link>{' '}
      <span class="muted">
        {formatTime(other.startUs / 1_000)}, {formatDuration(other.durationUs / 1_000)}
      </span>
      {errors > 0 ? <span class="badge badge-error">{errors}</span> : null}
    </li>
  );
};
