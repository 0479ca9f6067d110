import type { LogLine } from '../../../analysis/log-line.js';
import { textField } from '../../../analysis/log-line.js';
import { type Query as ElasticQuery, newestFirst } from '../../../queries/elasticsearch.js';
import { Empty } from '../../parts/empty.js';
import { formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { type Query, useQuery } from '../../shell/use-query.js';

const refreshMs = 5_000;
const shown = 8;

/** What needs a person, and every request that failed on our side. */
const query: ElasticQuery = {
  bool: {
    should: [{ term: { 'log.level': 'error' } }, { term: { 'event.action': 'http.error' } }],
    minimum_should_match: 1,
  },
};

const loadErrors = async (signal: AbortSignal): Promise<LogLine[]> =>
  (await backends.elasticsearch.search({ query, size: shown, sort: newestFirst }, { signal })).lines;

export const useRecentErrors = (): Query<LogLine[]> => useQuery(loadErrors, [], { refreshMs });

/** The last failures, each one step away from its trace and from what its code means. */
export const RecentErrors = ({ errors }: { readonly errors: Query<LogLine[]> }) => {
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
          {data.map((line) => (
            <ErrorLine key={line.id} line={line} />
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

const ErrorLine = ({ line }: { readonly line: LogLine }) => {
  const code = textField(line, 'error.code');
  const route = textField(line, 'http.route');
  return (
    <li>
      <span class="mono muted">{formatTime(line.atMs)}</span>
      <span class="error-what">
        <strong>{line.service}</strong> <PlainText text={line.message} maxLength={160} />{' '}
        {route === '' ? null : <span class="muted mono">{route}</span>}
      </span>
      <span class="links">
        {code === '' ? null : (
          <Link href={`/docs/errors#${encodeURIComponent(code)}`} class="mono">
            {code}
          </Link>
        )}
        {line.traceId === undefined ? null : (
          <>
            <Link href={`/traces/${line.traceId}`}>trace</Link>
            <Link href={`/why/${line.traceId}`}>why</Link>
          </>
        )}
      </span>
    </li>
  );
};
