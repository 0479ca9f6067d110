import type { Cause } from '../../../analysis/why/cause.js';
import type { ErrorSeen, Explanation } from '../../../analysis/why/explanation.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';

const outcomes: Readonly<Record<Cause['fate'], string>> = {
  failed: 'So the request failed.',
  absorbed: 'The request was answered all the same.',
  retried: 'Another attempt made it good.',
  unknown: '',
};

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
        <p class="muted">{outcomes[cause.fate]}</p>
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
      {fate === 'retried' ? <span class="muted">made good by another attempt</span> : null}
    </li>
  );
};
