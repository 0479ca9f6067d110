import type { ComponentChildren } from 'preact';
import { type LogLine, textField } from '../../../analysis/log-line.js';
import { metricOfSpan } from '../../../analysis/span-links.js';
import { selfTimeUs } from '../../../analysis/time-spent.js';
import type { Trace } from '../../../analysis/trace.js';
import type { SpanNode } from '../../../analysis/tree.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { DetailsHead } from './details-head.js';

interface SpanDetailsProps {
  readonly node: SpanNode;
  readonly trace: Trace;
  readonly lines: readonly LogLine[];
  readonly close: () => void;
}

/** All that a span says, and where it leads: its log lines, its metric, its error's meaning, other traces. */
export const SpanDetails = ({ node, trace, lines, close }: SpanDetailsProps) => {
  const { span } = node;
  const own = lines.filter(({ spanId }) => spanId === span.spanId);
  const startMs = span.startUs / 1_000;
  const around = { from: String(Math.floor(startMs - 900_000)), to: String(Math.ceil(startMs + 900_000)) };
  const metric = metricOfSpan(span);
  const code = errorCodeOf(node);
  return (
    <>
      <DetailsHead title={span.name} service={span.service} close={close} />
      <dl class="figures">
        <Figure name="starts">{formatDuration((span.startUs - trace.startUs) / 1_000)}</Figure>
        <Figure name="takes">{formatDuration(span.durationUs / 1_000)}</Figure>
        <Figure name="itself">{formatDuration(selfTimeUs(node) / 1_000)}</Figure>
        <Figure name="at">{formatTime(startMs)}</Figure>
      </dl>
      <Clock node={node} />
      <p class="link-row">
        <Link href={toUrl('/logs', { q: `trace.id:${trace.traceId} AND span.id:${span.spanId}`, ...around })}>
          {own.length === 1 ? '1 log line' : `${own.length} log lines`}
        </Link>
        {metric === undefined ? null : <Link href={toUrl('/metrics', { q: metric, ...around })}>its metric</Link>}
        {code === '' ? null : <Link href={`/docs/errors#${encodeURIComponent(code)}`}>what {code} means</Link>}
        <Link href={toUrl('/traces', { service: span.service, operation: span.name })}>others like it</Link>
      </p>
      {span.references.map(({ traceId, spanId }) => (
        <p key={`${traceId} ${spanId}`}>
          Follows from{' '}
          <Link href={toUrl(`/traces/${traceId}`, { span: spanId })}>
            {traceId === trace.traceId ? 'another span of this trace' : `trace ${traceId.slice(0, 8)}`}
          </Link>
        </p>
      ))}
      <Events node={node} />
      {own.length === 0 ? null : (
        <section>
          <h3>Log lines</h3>
          <ul class="own-lines">
            {own.map((line) => (
              <li key={line.id}>
                <span class={`level level-${line.level}`}>{line.level}</span> <PlainText text={line.message} />{' '}
                <span class="muted mono">{textField(line, 'error.code')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>Tags</h3>
        <Pairs pairs={[...Object.entries(span.tags), ['span id', span.spanId]]} />
      </section>
    </>
  );
};

const errorCodeOf = ({ span }: SpanNode): string =>
  span.events.map(({ fields }) => String(fields['error.code'] ?? '')).find((code) => /^[a-z_]+$/.test(code)) ?? '';

const Figure = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** Times are shown as each process told them; where they cannot all be true, that is said. */
const Clock = ({ node }: { readonly node: SpanNode }) => {
  if (node.isOrphan) return <p class="hint">Its parent is not in the trace: not sent yet, lost, or never recorded.</p>;
  if (node.skewUs === 0) return null;
  const by = formatDuration(Math.abs(node.skewUs) / 1_000);
  return (
    <p class="hint">
      {node.skewUs < 0
        ? `It starts ${by} before the span that it is part of: two clocks differ. Times are shown as they were told.`
        : `It ends ${by} after its caller had its answer, or had given up: the caller did not wait, or two clocks differ.`}
    </p>
  );
};

const Events = ({ node: { span } }: { readonly node: SpanNode }) => {
  if (span.events.length === 0) return null;
  return (
    <section>
      <h3>Events</h3>
      {span.events.map(({ atUs, fields }) => (
        <div key={`${atUs} ${JSON.stringify(fields)}`} class="span-event">
          <span class="muted">after {formatDuration((atUs - span.startUs) / 1_000)}</span>
          <Pairs pairs={Object.entries(fields)} />
        </div>
      ))}
    </section>
  );
};

const Pairs = ({ pairs }: { readonly pairs: readonly (readonly [string, unknown])[] }) => (
  <dl class="pairs">
    {pairs.map(([name, value]) => (
      <div key={name}>
        <dt>
          <PlainText text={name} />
        </dt>
        <dd>
          <PlainText text={String(value)} keepLines />
        </dd>
      </div>
    ))}
  </dl>
);
