import type { Explanation, Verdict } from '../../../analysis/why/explanation.js';
import { formatDateTime, formatDuration } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';

const words: Readonly<Record<Verdict, readonly [name: string, kind: string]>> = {
  failed: ['failed', 'error'],
  unfinished: ['not finished', 'error'],
  recovered: ['recovered', 'warn'],
  refused: ['refused', 'warn'],
  survived: ['survived an error', 'warn'],
  slow: ['slow', 'warn'],
  fine: ['went well', 'ok'],
  unknown: ['unknown', 'warn'],
};

/** The answer in one or two sentences, and what was asked. */
export const Conclusion = ({ explanation }: { readonly explanation: Explanation }) => {
  const { verdict, headline, asked, order, traces } = explanation;
  const [name, kind] = words[verdict];
  const [focus] = traces;
  return (
    <section class={`card conclusion conclusion-${kind}`} aria-labelledby="conclusion">
      <h1 id="conclusion">
        <span class={`badge badge-${kind}`}>{name}</span> <PlainText text={headline} maxLength={600} />
      </h1>
      {asked === undefined ? null : (
        <p>
          <PlainText text={asked.name} maxLength={150} /> by {asked.caller}
          {asked.status === undefined ? '' : `, answered ${asked.status}`} after{' '}
          {formatDuration(asked.durationUs / 1_000)}, {formatDateTime(asked.atMs)}
        </p>
      )}
      <p class="link-row">
        {focus === undefined ? null : <Link href={`/traces/${focus.traceId}`}>trace {focus.traceId.slice(0, 8)}</Link>}
        {order === undefined ? null : (
          <span>
            order <PlainText text={order.number || order.id} /> {order.state}
          </span>
        )}
        {asked === undefined || asked.requestId === '' ? null : (
          <Link href={toUrl('/logs', { q: `request.id:"${asked.requestId}"`, from: 'now-1d' })}>
            request {asked.requestId.slice(0, 8)}
          </Link>
        )}
      </p>
    </section>
  );
};
