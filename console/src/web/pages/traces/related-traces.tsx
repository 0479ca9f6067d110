import type { Trace } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { useQuery } from '../../shell/use-query.js';

const hourUs = 3_600_000_000;
const shownPerGroup = 6;

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
  const others = data.filter(({ traceId }) => traceId !== trace.traceId).sort((a, b) => a.startUs - b.startUs);
  const known = new Set(others.map(({ traceId }) => traceId));
  const referenced = [...new Set(trace.spans.flatMap(({ references }) => references.map(({ traceId }) => traceId)))];
  const unknown = referenced.filter((traceId) => traceId !== trace.traceId && !known.has(traceId));
  if (others.length === 0 && unknown.length === 0) return null;
  return (
    <ul class="related-traces" aria-label="Related traces">
      {unknown.map((traceId) => (
        <li key={traceId}>
          refers to <Link href={`/traces/${traceId}`}>trace {traceId.slice(0, 8)}</Link>
        </li>
      ))}
      {[...groupByRelation(trace, others)].map(([relation, traces]) => (
        <li key={relation}>
          {relation} at{' '}
          {traces.slice(0, shownPerGroup).map((other) => (
            <RelatedTrace key={other.traceId} trace={other} />
          ))}
          {traces.length > shownPerGroup ? (
            <>
              and {traces.length - shownPerGroup} more: <Link href={`/why/${trace.traceId}`}>the whole story</Link>
            </>
          ) : null}
        </li>
      ))}
    </ul>
  );
};

const loadOthers = (trace: Trace, orderId: string, signal: AbortSignal): Promise<Trace[]> => {
  const search = { service: 'order', tags: { 'glasshouse.order.id': orderId }, limit: 30 };
  const range = { startUs: trace.startUs - hourUs, endUs: (Date.now() + 60_000) * 1_000 };
  return backends.jaeger.traces({ ...search, ...range }, { signal });
};

const groupByRelation = (trace: Trace, others: readonly Trace[]): ReadonlyMap<string, readonly Trace[]> => {
  const groups = new Map<string, Trace[]>();
  for (const other of others) {
    const how = refersTo(other, trace) ? 'followed by' : refersTo(trace, other) ? 'follows from' : 'same order:';
    const relation = `${how} ${summarize(other).root?.name ?? 'a trace'}`;
    groups.set(relation, [...(groups.get(relation) ?? []), other]);
  }
  return groups;
};

const refersTo = (from: Trace, to: Trace): boolean =>
  from.spans.some(({ references }) => references.some(({ traceId }) => traceId === to.traceId));

const RelatedTrace = ({ trace }: { readonly trace: Trace }) => {
  const { durationUs, errors } = summarize(trace);
  return (
    <>
      <Link
        href={`/traces/${trace.traceId}`}
        title={`${formatDuration(durationUs / 1_000)}${errors > 0 ? `, ${errors} errors` : ''}`}
      >
        {formatTime(trace.startUs / 1_000).slice(0, 8)}
      </Link>
      {errors > 0 ? <em class="error-mark">failed</em> : null}{' '}
    </>
  );
};
