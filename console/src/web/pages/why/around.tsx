import type { Explanation, Warning } from '../../../analysis/why/explanation.js';
import { formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';

const shown = 10;
const shownSimilar = 10;

/** What else was going on: warnings, circuit breakers, alerts, and failures like this one. */
export const Around = ({ explanation }: { readonly explanation: Explanation }) => {
  const { warnings, breakers, alerts, similar, unavailable } = explanation;
  const isPrometheusDown = unavailable.some(({ backend }) => backend === 'prometheus');
  return (
    <section class="card" aria-labelledby="around">
      <header>
        <h2 id="around">Around it</h2>
      </header>
      <div class="card-body around">
        <h3>Circuit breakers and alerts at that moment</h3>
        {breakers.length + alerts.length === 0 ? (
          <p class="muted">{isPrometheusDown ? 'Not known.' : 'All closed, none firing.'}</p>
        ) : (
          <ul>
            {breakers.map(({ service, peer, state }) => (
              <li key={`${service} ${peer}`}>
                <span class="badge badge-error">{state}</span>{' '}
                <Link href={toUrl('/metrics', { q: `circuit_breaker_state{job="${service}",peer_service="${peer}"}` })}>
                  {service} has stopped calling {peer}
                </Link>
              </li>
            ))}
            {alerts.map(({ name, severity, service, summary }) => (
              <li key={`${name} ${service}`}>
                <span class="badge badge-error">{severity || 'firing'}</span> <b>{name}</b> {service}{' '}
                <PlainText text={summary} />
              </li>
            ))}
          </ul>
        )}
        <h3>Similar failures in the last hour</h3>
        {similar.length === 0 ? (
          <p class="muted">None.</p>
        ) : (
          <p class="similar">
            {similar.length}:{' '}
            {similar.slice(0, shownSimilar).map(({ traceId, startUs }) => (
              <Link key={traceId} href={`/why/${traceId}`}>
                {formatTime(startUs / 1_000).slice(0, 8)}
              </Link>
            ))}
          </p>
        )}
        <h3>Warnings</h3>
        {warnings.length === 0 ? <p class="muted">None.</p> : null}
        <ul>
          {warnings.slice(0, shown).map((warning) => (
            <WarningItem
              key={`${warning.isOwn} ${warning.service} ${warning.fact} ${warning.code} ${warning.text}`}
              warning={warning}
            />
          ))}
        </ul>
      </div>
    </section>
  );
};

const WarningItem = ({ warning }: { readonly warning: Warning }) => {
  const { service, level, fact, code, text, count, firstMs, lastMs, isOwn } = warning;
  const query = `service.name:"${service}"${fact === '' ? '' : ` AND event.action:"${fact}"`}`;
  const around = { from: String(Math.floor(firstMs - 1_000)), to: String(Math.ceil(lastMs + 1_000)) };
  return (
    <li>
      <span class={level === 'error' ? 'badge badge-error' : 'badge badge-warn'}>{level}</span> <b>{service}</b>{' '}
      <PlainText text={text} maxLength={200} />{' '}
      <Link href={toUrl('/logs', { q: query, ...around })} class="mono">
        {code || fact || 'lines'}
      </Link>{' '}
      <span class="muted">
        {count > 1 ? `${count} times, ` : ''}
        {isOwn ? 'of this' : 'of others'}
      </span>
    </li>
  );
};
