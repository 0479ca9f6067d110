import { useState } from 'preact/hooks';
import type { Trace } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { formatAge, formatDuration } from '../../parts/format.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { setQuery, withQuery } from '../../shell/location.js';
import { useQuery } from '../../shell/use-query.js';

const hourUs = 3_600_000_000;
const shownOfEach = 6;

interface ChooseTraceProps {
  /** The URL's parameter that is to hold it. */
  readonly name: 'a' | 'b';
  readonly like: Trace | undefined;
}

/** By its id, or one of the latest of the same request. */
export const ChooseTrace = ({ name, like }: ChooseTraceProps) => {
  const [text, setText] = useState('');
  const root = like && summarize(like).root;
  const { data = [] } = useQuery(
    (signal) => {
      const search = { service: root?.service ?? '', operation: root?.name ?? '', limit: 50 };
      const endUs = Date.now() * 1_000;
      return backends.jaeger.traces({ ...search, startUs: endUs - 3 * hourUs, endUs }, { signal });
    },
    [root?.service, root?.name],
    { isEnabled: root !== undefined },
  );
  const others = data.filter(({ traceId }) => traceId !== like?.traceId).map(summarize);
  const [good, failed] = [others.filter(({ errors }) => errors === 0), others.filter(({ errors }) => errors > 0)];
  const suggested = [...good.slice(0, shownOfEach), ...failed.slice(0, shownOfEach)];
  const submit = (event: Event): void => {
    event.preventDefault();
    setQuery({ [name]: text.trim() });
  };
  return (
    <>
      <form class="toolbar" onSubmit={submit}>
        <input
          class="field-wide"
          aria-label="Trace id"
          placeholder="Trace id"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit">Compare</button>
      </form>
      {suggested.length === 0 ? null : (
        <>
          <p class="muted">or one of the latest like the other:</p>
          <ul class="suggested">
            {suggested.map(({ trace, durationUs, status, errors }) => (
              <li key={trace.traceId}>
                <Link href={withQuery({ [name]: trace.traceId })}>
                  {status ?? trace.traceId.slice(0, 8)} after {formatDuration(durationUs / 1_000)}
                </Link>{' '}
                <span class="muted">{formatAge(trace.startUs / 1_000, Date.now())} ago</span>{' '}
                {errors > 0 ? <span class="badge badge-error">failed</span> : null}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
};
