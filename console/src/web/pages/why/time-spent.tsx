import { kindNames } from '../../../analysis/time-spent.js';
import type { Explanation } from '../../../analysis/why/explanation.js';
import { formatDuration, formatPercent } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';

const shownSpans = 6;

/** Where the request's time went; each moment belongs to one service and one kind of work. */
export const TimeSpent = ({ explanation: { time, usual, traces } }: { readonly explanation: Explanation }) => {
  const [focus] = traces;
  if (time === undefined || time.totalUs === 0 || focus === undefined) return null;
  return (
    <section class="card" aria-labelledby="time-spent">
      <header>
        <h2 id="time-spent">Where the time went</h2>
        <span class="muted">
          {formatDuration(time.totalUs / 1_000)}
          {usual === undefined ? '' : `, usually ${formatDuration(usual.medianUs / 1_000)}`}
        </span>
      </header>
      <div class="card-body shares">
        <Shares title="By service" shares={time.byService.map(({ name, us, share }) => ({ name, us, share }))} />
        <Shares
          title="By kind"
          shares={time.byKind.map(({ name, us, share }) => ({ name: kindNames[name], us, share }))}
        />
        <h3>By span</h3>
        <ol>
          {time.bySpan.slice(0, shownSpans).map(({ span, us, share }) => (
            <li key={`${span.spanId} ${span.service}`}>
              <Link href={`/traces/${focus.traceId}?span=${span.spanId}`}>
                {span.service} <PlainText text={span.name} maxLength={80} />
              </Link>
              <Amount us={us} share={share} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
};

interface Share {
  readonly name: string;
  readonly us: number;
  readonly share: number;
}

const Shares = ({ title, shares }: { readonly title: string; readonly shares: readonly Share[] }) => (
  <>
    <h3>{title}</h3>
    <ul>
      {shares.map(({ name, us, share }) => (
        <li key={name}>
          <span>{name}</span>
          <Amount us={us} share={share} />
        </li>
      ))}
    </ul>
  </>
);

const Amount = ({ us, share }: { readonly us: number; readonly share: number }) => (
  <span class="amount">
    <i style={{ width: `${share * 100}%` }} />
    <span class="number">
      {formatDuration(us / 1_000)} <span class="muted">{formatPercent(share)}</span>
    </span>
  </span>
);
