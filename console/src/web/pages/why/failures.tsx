import { type LogLine, textField } from '../../../analysis/log-line.js';
import { newestFirst } from '../../../queries/elasticsearch.js';
import { Empty } from '../../parts/empty.js';
import { formatAge } from '../../parts/format.js';
import { ErrorNotice } from '../../parts/notice.js';
import { PlainText } from '../../parts/plain-text.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { useQuery } from '../../shell/use-query.js';

const shown = 12;

/** The latest requests that failed, were refused for a reason worth a look, or were left to a recovery. */
export const Failures = () => {
  const { data, error } = useQuery(loadFailures, [], { refreshMs: 5_000 });
  return (
    <section class="card" aria-labelledby="failures">
      <header>
        <h2 id="failures">Lately, something went wrong with</h2>
      </header>
      <ErrorNotice error={error} />
      {data === undefined || data.length === 0 ? (
        <Empty
          isLoading={data === undefined && error === undefined}
          title={data === undefined ? 'Looking' : 'nothing in the last hour.'}
        />
      ) : (
        <ul class="failures">
          {data.map((line) => (
            <li key={line.id}>
              <Link href={`/why/${encodeURIComponent(idOf(line))}`}>
                <PlainText
                  text={textField(line, 'glasshouse.order.number') || textField(line, 'http.route') || line.fact}
                />
              </Link>{' '}
              <span class="muted">{line.service}:</span> <PlainText text={line.message} maxLength={120} />{' '}
              <span class="muted">{formatAge(line.atMs, Date.now())} ago</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const loadFailures = async (signal: AbortSignal): Promise<LogLine[]> => {
  const query = {
    bool: {
      filter: [
        { terms: { 'log.level': ['warn', 'error'] } },
        { exists: { field: 'trace.id' } },
        { range: { '@timestamp': { gte: 'now-1h' } } },
      ],
    },
  };
  const { lines } = await backends.elasticsearch.search({ query, size: 100, sort: newestFirst }, { signal });
  // A request with many warnings is one failure, and so is an order that a recovery tried again and again.
  const byId = new Map(lines.map((line) => [idOf(line), line]));
  return [...byId.values()].slice(0, shown);
};

const idOf = (line: LogLine): string => textField(line, 'glasshouse.order.number') || (line.traceId ?? '');
