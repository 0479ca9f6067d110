import { summarize, toTracePage } from '../../../analysis/trace-search.js';
import { Empty } from '../../parts/empty.js';
import { ErrorNotices } from '../../parts/notice.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { useLocation, withQuery } from '../../shell/location.js';
import { useTimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { Scatter } from './scatter.js';
import { SearchForm } from './search-form.js';
import { findProblem, readSearch, type SearchState, toTraceSearch } from './search-state.js';
import { TraceList } from './trace-list.js';

/** Finds traces: by what one of their spans is, how long it took, and when. */
export const SearchPage = () => {
  const { query } = useLocation();
  const range = useTimeRange();
  const asked = readSearch(query);
  const services = useQuery((signal) => backends.jaeger.services({ signal }), []);
  const state = { ...asked, service: asked.service || preferred(services.data ?? []) };
  const operations = useQuery((signal) => backends.jaeger.operations(state.service, { signal }), [state.service], {
    isEnabled: state.service !== '',
  });
  const problem = findProblem(state);
  const found = useQuery((signal) => load(state, range, signal), [JSON.stringify(state), range.from, range.to], {
    isEnabled: state.service !== '' && problem === undefined,
  });
  const { data } = found;
  return (
    <>
      <h1>Traces</h1>
      <SearchForm
        state={state}
        services={services.data ?? []}
        operations={operations.data ?? []}
        range={range}
        problem={problem}
        reload={found.reload}
      />
      <ErrorNotices errors={[services.error, found.error]} />
      {data === undefined ? (
        <Nothing isLoading={services.isLoading || found.isLoading} hasServices={services.data?.length !== 0} />
      ) : (
        <div class={found.isLoading ? 'trace-results is-asking' : 'trace-results'} aria-busy={found.isLoading}>
          <Found page={data} state={state} />
        </div>
      )}
    </>
  );
};

/** Every request comes in at the gateway, so that is where most questions begin. */
const preferred = (services: readonly string[]): string =>
  services.includes('gateway') ? 'gateway' : (services[0] ?? '');

const load = async (state: SearchState, range: ReturnType<typeof useTimeRange>, signal: AbortSignal) => {
  const { startMs, endMs } = range.resolve();
  const search = toTraceSearch(state, { startMs, endMs });
  const page = toTracePage(await backends.jaeger.traces(search, { signal }), search, endMs * 1_000);
  const all = page.traces.map(summarize);
  return { summaries: state.status === 'ok' ? all.filter(({ errors }) => errors === 0) : all, olderUs: page.olderUs };
};

const Found = ({ page, state }: { readonly page: Awaited<ReturnType<typeof load>>; readonly state: SearchState }) => {
  const { summaries, olderUs } = page;
  return (
    <>
      {summaries.length === 0 ? (
        <Empty title="No traces match.">
          {olderUs === undefined ? 'Look further back, or ask for less.' : 'There are older ones to look through.'}
        </Empty>
      ) : (
        <>
          <Scatter summaries={summaries} />
          <TraceList summaries={summaries} />
        </>
      )}
      <nav class="toolbar" aria-label="Pages of traces">
        {state.before === undefined ? null : <Link href={withQuery({ before: undefined })}>Newest</Link>}
        <span class="spacer" />
        {olderUs === undefined ? null : (
          <Link class="button" href={withQuery({ before: String(olderUs) })}>
            Older traces
          </Link>
        )}
      </nav>
    </>
  );
};

const Nothing = ({ isLoading, hasServices }: { readonly isLoading: boolean; readonly hasServices: boolean }) => {
  if (isLoading) return <Empty isLoading title="Searching" />;
  if (hasServices) return <Empty title="Nothing to show." />;
  return (
    <Empty title="No traces have arrived yet.">
      Every request leaves one within a second: place an order on the page Now, or run <code>npm run demo</code>.
    </Empty>
  );
};
