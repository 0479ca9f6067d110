import { useState } from 'preact/hooks';
import type { TraceSummary } from '../../../analysis/trace-search.js';
import { formatAge, formatDateTime, formatDuration } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { colorServices } from './service-color.js';

/** The traces found, the newest first. Two that are ticked can be compared. */
export const TraceList = ({ summaries }: { readonly summaries: readonly TraceSummary[] }) => {
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const longestUs = Math.max(...summaries.map(({ durationUs }) => durationUs));
  const colors = colorServices(summaries.flatMap(({ services }) => services.map(({ name }) => name)));
  const toggle = (traceId: string): void =>
    setTicked((before) =>
      before.includes(traceId) ? before.filter((id) => id !== traceId) : [...before, traceId].slice(-2),
    );
  const failed = summaries.filter(({ errors }) => errors > 0).length;
  return (
    <section class="card" aria-labelledby="traces-found">
      <header>
        <h2 id="traces-found">
          {summaries.length} traces{failed > 0 ? `, ${failed} with errors` : ''}
        </h2>
        <span class="spacer" />
        {ticked.length === 2 ? (
          <Link class="button" href={`/traces/compare?a=${ticked[0]}&b=${ticked[1]}`}>
            Compare the two
          </Link>
        ) : (
          <span class="muted">tick two to compare them</span>
        )}
      </header>
      <ol class="trace-list">
        {summaries.map((summary) => (
          <TraceItem
            key={summary.trace.traceId}
            summary={summary}
            share={summary.durationUs / Math.max(1, longestUs)}
            colors={colors}
            isTicked={ticked.includes(summary.trace.traceId)}
            toggle={toggle}
          />
        ))}
      </ol>
    </section>
  );
};

interface TraceItemProps {
  readonly summary: TraceSummary;
  /** 0 to 1 of the longest. */
  readonly share: number;
  readonly colors: ReadonlyMap<string, string>;
  readonly isTicked: boolean;
  readonly toggle: (traceId: string) => void;
}

const TraceItem = ({ summary, share, colors, isTicked, toggle }: TraceItemProps) => {
  const { trace, root, durationUs, status, errors, services } = summary;
  const { traceId, startUs, spans } = trace;
  const name = root?.name ?? 'unknown';
  return (
    <li class={errors > 0 ? 'trace-item trace-item-error' : 'trace-item'}>
      <input
        type="checkbox"
        aria-label={`Compare ${name} ${traceId.slice(0, 8)}`}
        checked={isTicked}
        onChange={() => toggle(traceId)}
      />
      <Link href={`/traces/${traceId}`} class="trace-name">
        <PlainText text={name} maxLength={120} />
      </Link>
      <span class="trace-outcome">
        {status === undefined ? null : (
          <span class={`badge ${status >= 500 ? 'badge-error' : status >= 400 ? 'badge-warn' : ''}`}>{status}</span>
        )}
        {errors > 0 ? (
          <span class="badge badge-error">
            {errors} {errors === 1 ? 'error' : 'errors'}
          </span>
        ) : null}
      </span>
      <span class="trace-services">
        {services.map(({ name: service, spans: count, errors: failures }) => (
          <span key={service} class={failures > 0 ? 'service-chip service-chip-error' : 'service-chip'}>
            <i style={{ background: colors.get(service) }} />
            {service} <span class="muted">{count}</span>
          </span>
        ))}
      </span>
      <span class="trace-duration">
        <span class="number">{formatDuration(durationUs / 1_000)}</span>
        <i style={{ width: `${Math.max(1, share * 100)}%` }} />
      </span>
      <span class="trace-when muted" title={formatDateTime(startUs / 1_000)}>
        {spans.length} spans, {formatAge(startUs / 1_000, Date.now())} ago
      </span>
    </li>
  );
};
