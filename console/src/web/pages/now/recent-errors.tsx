import { type Query as ElasticQuery, newestFirst } from '../../../queries/elasticsearch.js';
import { Empty } from '../../parts/empty.js';
import { formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { type Query, useQuery } from '../../shell/use-query.js';
import { type Failure, toFailures } from './failures.js';

const refreshMs = 5_000;
/** Looked through, to be told apart. */
const looked = 100;
const shown = 8;

/** What needs a person, and every request that failed on our side. */
const query: ElasticQuery = {
  bool: {
    should: [{ term: { 'log.level': 'error' } }, { term: { 'event.action': 'http.error' } }],
    minimum_should_match: 1,
  },
};

const loadErrors = async (signal: AbortSignal): Promise<Failure[]> => {
  const { lines } = await backends.elasticsearch.search({ query, size: looked, sort: newestFirst }, { signal });
  return toFailures(lines).slice(0, shown);
};

export const useRecentErrors = (): Query<Failure[]> => useQuery(loadErrors, [], { refreshMs });

/** The last failures, each one step away from its trace and from what its code means. */
export const RecentErrors = ({ errors }: { readonly errors: Query<Failure[]> }) => {
  const { data, isLoading } = errors;
  return (
    <section class="card" aria-labelledby="errors-title">
      <header>
        <h2 id="errors-title">Recent errors</h2>
        <Link href={toUrl('/logs', { q: 'log.level:error OR event.action:http.error' })}>all</Link>
      </header>
      {data === undefined || data.length === 0 ? (
        <NoErrors isLoading={isLoading && data === undefined} isKnown={data !== undefined} />
      ) : (
        <ol class="recent-errors card-body">
          {data.map((failure) => (
            <FailureLine key={failure.latest.id} failure={failure} />
          ))}
        </ol>
      )}
    </section>
  );
};

const NoErrors = ({ isLoading, isKnown }: { readonly isLoading: boolean; readonly isKnown: boolean }) => {
  if (isLoading) return <Empty isLoading title="Asking Elasticsearch" />;
  return <Empty title={isKnown ? 'Nothing has failed.' : 'Not known while Elasticsearch does not answer.'} />;
};

const FailureLine = ({ failure: { latest, code, route, count } }: { readonly failure: Failure }) => (
  <li>
    <span class="mono muted">{formatTime(latest.atMs)}</span>
    <span>
      <strong>{latest.service}</strong> <PlainText text={latest.message} maxLength={160} />{' '}
      {route === '' ? null : <span class="muted mono">{route}</span>}{' '}
      {count === 1 ? null : <span class="badge">{count === looked ? `${count} or more` : `${count} times`}</span>}
    </span>
    <span class="links">
      {code === '' ? null : (
        <Link href={`/docs/errors#${encodeURIComponent(code)}`} class="mono">
          {code}
        </Link>
      )}
      {latest.traceId === undefined ? null : (
        <>
          <Link href={`/traces/${latest.traceId}`}>trace</Link>
          <Link href={`/why/${latest.traceId}`}>why</Link>
        </>
      )}
    </span>
  </li>
);
