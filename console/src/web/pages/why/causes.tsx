import type { ErrorSeen, Explanation } from '../../../analysis/why/explanation.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';

const fates = { failed: '', absorbed: 'went on without', retried: 'made good by another attempt' } as const;

/** The first error in the causal order, and what it led to. */
export const Causes = ({ explanation: { cause, errors } }: { readonly explanation: Explanation }) => {
  if (cause === undefined) return null;
  return (
    <section class="card" aria-labelledby="cause">
      <header>
        <h2 id="cause">First error: {cause.service}</h2>
        {cause.isInjected ? <span class="badge badge-warn">switched on by somebody</span> : null}
      </header>
      <div class="card-body">
        <p class="cause-sentence">
          <PlainText text={cause.sentence} maxLength={400} />
        </p>
        {cause.message === '' ? null : (
          <p class="muted">
            <PlainText text={cause.message} />
          </p>
        )}
        {errors.length === 0 ? null : (
          <ol class="error-chain" aria-label="Errors in causal order">
            {errors.map((error) => (
              <ErrorItem key={`${error.traceId} ${error.spanId} ${error.service}`} error={error} />
            ))}
          </ol>
        )}
      </div>
    </section>
  );
};

const ErrorItem = ({ error }: { readonly error: ErrorSeen }) => {
  const { service, name, code, fate, traceId, spanId, isFirst } = error;
  return (
    <li class={isFirst ? 'error-first' : ''}>
      <b>{service}</b>{' '}
      <Link href={`/traces/${traceId}?span=${spanId}`}>
        <PlainText text={name} maxLength={100} />
      </Link>{' '}
      {code === '' ? null : (
        <span class="mono">
          <PlainText text={code} maxLength={80} />
        </span>
      )}{' '}
      {fates[fate] === '' ? null : <span class="muted">{fates[fate]}</span>}
    </li>
  );
};
