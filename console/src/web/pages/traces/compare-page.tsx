import { compareTraces } from '../../../analysis/compare.js';
import { type Trace, toFullTraceId } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { Empty } from '../../parts/empty.js';
import { formatDateTime, formatDuration } from '../../parts/format.js';
import { ErrorNotices } from '../../parts/notice.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl, useLocation, withQuery } from '../../shell/location.js';
import { useQuery } from '../../shell/use-query.js';
import { ChooseTrace } from './choose-trace.js';
import { CompareTable } from './compare-table.js';

/** Two traces, the second laid over the first: what came in addition, is missing, got slower or faster. */
export const ComparePage = () => {
  const { query } = useLocation();
  const [a, b] = [readId(query.get('a')), readId(query.get('b'))];
  const { data, error, isLoading } = useQuery(
    async (signal) => {
      const fetchTrace = (id: string) => (id === '' ? undefined : backends.jaeger.trace(id, { signal }));
      const [first, second] = await Promise.all([fetchTrace(a), fetchTrace(b)]);
      return { first, second };
    },
    [a, b],
  );
  if (data === undefined) {
    return (
      <>
        <h1>Compare two traces</h1>
        <ErrorNotices errors={[error]} />
        {isLoading ? <Empty isLoading title="Loading both traces" /> : null}
      </>
    );
  }
  const { first, second } = data;
  return (
    <>
      <h1>Compare two traces</h1>
      <ErrorNotices errors={[error]} />
      <div class="compare-heads">
        <TraceCard label="A" name="a" traceId={a} trace={first} like={second} />
        <TraceCard label="B" name="b" traceId={b} trace={second} like={first} />
      </div>
      {first === undefined || second === undefined ? null : (
        <>
          <div class="toolbar">
            <Link class="button" href={toUrl('/traces/compare', { a: b, b: a })}>
              Swap A and B
            </Link>
          </div>
          <CompareTable
            paths={compareTraces(first, second)}
            a={first}
            b={second}
            isOnlyDifferences={query.get('only') === 'differences'}
          />
        </>
      )}
    </>
  );
};

const readId = (text: string | null): string =>
  text !== null && /^[0-9a-f]{1,32}$/i.test(text.trim()) ? toFullTraceId(text.trim()) : '';

interface TraceCardProps {
  readonly label: string;
  readonly name: 'a' | 'b';
  readonly traceId: string;
  readonly trace: Trace | undefined;
  /** The other one, to suggest some like it. */
  readonly like: Trace | undefined;
}

const TraceCard = ({ label, name, traceId, trace, like }: TraceCardProps) => {
  if (trace === undefined) {
    return (
      <section class="card compare-head" aria-label={`Trace ${label}`}>
        <h2>{label}</h2>
        {traceId === '' ? null : (
          <p class="hint">
            <code>{traceId}</code> is not held.
          </p>
        )}
        <ChooseTrace name={name} like={like} />
      </section>
    );
  }
  const { root, durationUs, errors, status } = summarize(trace);
  return (
    <section class="card compare-head" aria-label={`Trace ${label}`}>
      <h2>
        {label} <span class="muted">{root?.service}</span> <Link href={`/traces/${trace.traceId}`}>{root?.name}</Link>
      </h2>
      <p>
        {status === undefined ? null : <span class={status >= 500 ? 'badge badge-error' : 'badge'}>{status}</span>}{' '}
        {errors > 0 ? <span class="badge badge-error">{errors} errors</span> : null}{' '}
        <strong>{formatDuration(durationUs / 1_000)}</strong>{' '}
        <span class="muted">
          {trace.spans.length} spans, {formatDateTime(trace.startUs / 1_000)}
        </span>
      </p>
      <p class="muted">
        <code>{trace.traceId}</code> <Link href={withQuery({ [name]: undefined })}>another one</Link>
      </p>
    </section>
  );
};
