import type { Difference, Subject } from '../../../analysis/spike.js';
import { Empty } from '../../parts/empty.js';
import { formatDuration, formatNumber, formatTime } from '../../parts/format.js';
import { ErrorNotices } from '../../parts/notice.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { setQuery, toUrl } from '../../shell/location.js';
import type { TimeRange } from '../../shell/time-range.js';
import { useQuery } from '../../shell/use-query.js';
import { loadSpike, toWindows, type Windows } from './load-spike.js';

interface ExplainProps {
  readonly range: TimeRange;
  readonly isOpen: boolean;
}

/** What is different in the chosen time from the time before it: the first thing that anybody asks of a spike. */
export const Explain = ({ range, isOpen }: ExplainProps) => {
  if (!isOpen) {
    return (
      <p class="toolbar explain-offer">
        <button type="button" onClick={() => setQuery({ explain: '1', ...toFixed(range) })}>
          Explain this window
        </button>
        <span class="muted">
          Draw over a spike in any chart to zoom to it; then ask what is different from the time before.
        </span>
      </p>
    );
  }
  return <Explanation range={range} />;
};

/** What is compared must not move while somebody reads it. */
const toFixed = (range: TimeRange): Record<string, string> => {
  const { startMs, endMs } = range.resolve();
  return { from: String(Math.round(startMs)), to: String(Math.round(endMs)) };
};

const Explanation = ({ range }: { readonly range: TimeRange }) => {
  const { startMs, endMs } = range.resolve();
  const windows = toWindows(startMs, endMs);
  const { data, error, isLoading } = useQuery((signal) => loadSpike(windows, signal), [range.from, range.to]);
  return (
    <section class="card explain" aria-labelledby="explain-title">
      <header>
        <h2 id="explain-title">What is different</h2>
        <span class="muted">{describeWindows(windows)}</span>
        <span class="spacer" />
        <button type="button" onClick={() => setQuery({ explain: undefined })}>
          Close
        </button>
      </header>
      <div class="card-body">
        <ErrorNotices errors={[error, ...(data?.errors ?? [])]} />
        {data === undefined ? (
          isLoading ? (
            <Empty isLoading title="Comparing the two windows" />
          ) : null
        ) : data.differences.length === 0 ? (
          <Empty title="Nothing differs more than chance explains.">
            Choose a window that is just as long as what you want explained.
          </Empty>
        ) : (
          <Differences differences={data.differences} windows={windows} />
        )}
      </div>
    </section>
  );
};

const describeWindows = ({ startMs, endMs, beforeMs }: Windows): string => {
  const short = (ms: number): string => formatTime(ms).slice(0, 8);
  return `${short(startMs)} to ${short(endMs)}, compared with ${short(beforeMs)} to ${short(startMs)}`;
};

interface DifferencesProps {
  readonly differences: readonly Difference[];
  readonly windows: Windows;
}

const Differences = ({ differences, windows }: DifferencesProps) => (
  <div class="table-scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Where</th>
          <th scope="col">Measure</th>
          <th scope="col" class="number">
            Before
          </th>
          <th scope="col" class="number">
            During
          </th>
          <th scope="col" class="number">
            Change
          </th>
          <th scope="col">Go on</th>
        </tr>
      </thead>
      <tbody>
        {differences.map((difference) => {
          const { subject, measure } = difference;
          return (
            <DifferenceRow
              key={`${subject.kind} ${subject.service} ${subject.name} ${measure}`}
              difference={difference}
              windows={windows}
            />
          );
        })}
      </tbody>
    </table>
  </div>
);

const DifferenceRow = ({ difference, windows }: { readonly difference: Difference; readonly windows: Windows }) => {
  const { subject, measure, before, during } = difference;
  const isBad = measure !== 'requests' && during > before;
  return (
    <tr>
      <td>
        <span class="badge">{subject.kind}</span> <PlainText text={subject.name} maxLength={80} />
      </td>
      <td>{subject.service}</td>
      <td>{measure === 'duration' ? 'mean duration' : measure}</td>
      <td class="number">{formatMeasure(difference, before)}</td>
      <td class="number">{formatMeasure(difference, during)}</td>
      <td class={isBad ? 'number value-error' : 'number'}>{formatChange(before, during)}</td>
      <td>
        <span class="links">
          <Link href={toTracesUrl(difference, windows)}>traces</Link>
          <Link href={toLogsUrl(subject, windows)}>logs</Link>
        </span>
      </td>
    </tr>
  );
};

const formatMeasure = ({ measure }: Difference, value: number): string =>
  measure === 'duration' ? formatDuration(value * 1_000) : formatNumber(Math.round(value));

const formatChange = (before: number, during: number): string => {
  if (before === 0) return 'new';
  if (during === 0) return 'gone';
  const factor = during / before;
  return factor >= 1 ? `× ${formatNumber(factor)}` : `÷ ${formatNumber(1 / factor)}`;
};

const toRange = ({ startMs, endMs }: Windows): Record<string, string> => ({ from: String(startMs), to: String(endMs) });

/** The traces of one window that show it: by operation, by the called service, or by status. */
const toTracesUrl = ({ subject, measure }: Difference, windows: Windows): string => {
  const { kind, name, service } = subject;
  const status = measure === 'errors' ? 'error' : undefined;
  const wanted: Readonly<Record<Subject['kind'], Record<string, string | undefined>>> = {
    route: { operation: name, status },
    call: { tags: `peer.service=${name}`, status },
    status: { tags: `http.status_code=${name}` },
    'error code': { status: 'error' },
    service: { status },
    outcome: {},
    version: {},
  };
  return toUrl('/traces', { service, ...wanted[kind], ...toRange(windows) });
};

const toLogsUrl = ({ kind, name, service }: Subject, windows: Windows): string => {
  const route = name.split(' ').at(-1) ?? '';
  const wanted: Readonly<Record<Subject['kind'], string>> = {
    route: `http.route:${route}`,
    call: `service.target.name:${name}`,
    status: `http.response.status_code:${name}`,
    'error code': `error.code:${name}`,
    version: `service.version:${name}`,
    service: '',
    outcome: '',
  };
  return toUrl('/logs', { q: [`service.name:${service}`, wanted[kind]].join(' ').trim(), ...toRange(windows) });
};
