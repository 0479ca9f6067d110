import type { Explanation } from '../../../analysis/why/explanation.js';
import type { StoryEntry } from '../../../analysis/why/story.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';

/** What happened in order, in every trace that is part of it. */
export const Story = ({ explanation: { story, traces } }: { readonly explanation: Explanation }) => {
  if (story.length === 0) return null;
  return (
    <section class="card" aria-labelledby="story">
      <header>
        <h2 id="story">What happened, in order</h2>
        {traces.length > 1 ? <span class="muted">in {traces.length} traces</span> : null}
      </header>
      <ol class="story card-body">
        {story.map((entry, index) => (
          <Entry
            key={`${entry.atMs} ${entry.spanId} ${entry.name}`}
            entry={entry}
            isOtherTrace={index > 0 && entry.traceId !== story[index - 1]?.traceId}
          />
        ))}
      </ol>
    </section>
  );
};

const Entry = ({ entry, isOtherTrace }: { readonly entry: StoryEntry; readonly isOtherTrace: boolean }) => {
  const { kind, atMs, service, text, level, name, code, isError, durationUs, traceId, spanId, count, untilMs } = entry;
  const mark = isError ? (level === 'error' || kind === 'step' ? 'entry-error' : 'entry-warn') : '';
  return (
    <li class={`entry entry-${kind} ${mark}`}>
      <span class="mono muted">{formatTime(atMs)}</span>
      <b>{service}</b>
      <span class="entry-text">
        {kind === 'step' ? (
          <>
            <span class="mono">{name}</span> {isError ? 'failed after' : 'took'}{' '}
            {formatDuration((durationUs ?? 0) / 1_000)}
          </>
        ) : (
          <PlainText text={text} />
        )}{' '}
        {code === '' ? null : (
          <Link href={`/docs/errors#${encodeURIComponent(code)}`} class="mono">
            {code}
          </Link>
        )}{' '}
        {count > 1 ? (
          <span class="badge">
            {count} times until {formatTime(untilMs).slice(0, 8)}
          </span>
        ) : null}{' '}
        {isOtherTrace && traceId !== '' ? (
          <Link href={`/traces/${traceId}?span=${spanId}`}>in trace {traceId.slice(0, 8)}</Link>
        ) : null}
      </span>
    </li>
  );
};
