import { useState } from 'preact/hooks';
import type { Explanation } from '../../../analysis/why/explanation.js';
import { Notice } from '../../parts/notice.js';
import { PlainText } from '../../parts/plain-text.js';
import { navigate } from '../../shell/location.js';
import { Failures } from './failures.js';

interface AskProps {
  /** The question before, if it found nothing. */
  readonly nothingFor?: Explanation;
  readonly isWaiting?: boolean;
}

/** Where to put what one has in hand. */
export const Ask = ({ nothingFor, isWaiting = false }: AskProps) => {
  const [text, setText] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (text.trim() !== '') navigate(`/why/${encodeURIComponent(text.trim())}`);
  };
  return (
    <>
      <h1>Why?</h1>
      {nothingFor === undefined ? null : <NothingFound explanation={nothingFor} isWaiting={isWaiting} />}
      <search class="card why-ask">
        <form class="toolbar" onSubmit={submit}>
          <input
            type="search"
            data-search
            class="mono"
            aria-label="Trace id, order number, order id or request id"
            placeholder="4bf92f3577b34da6a3ce929d0e0e4736, G-2026-7K3M9Q, or a whole header"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            Ask
          </button>
        </form>
        <p class="muted">
          Every answer of the shop has the headers <code>traceresponse</code> and <code>x-request-id</code>; paste
          either as it is. An order has an <code>orderNo</code> and an <code>id</code>. In a terminal:{' '}
          <code>npm run why -- &lt;id&gt;</code>
        </p>
      </search>
      <Failures />
    </>
  );
};

const NothingFound = ({
  explanation,
  isWaiting,
}: {
  readonly explanation: Explanation;
  readonly isWaiting: boolean;
}) => {
  const { text, looked, unavailable } = explanation;
  if (looked.length === 0) {
    return (
      <Notice kind="warn" title="That is no id.">
        <PlainText text={text} maxLength={100} /> is neither a trace id, a request id, nor an order's number or id.
      </Notice>
    );
  }
  return (
    <Notice kind="warn" title={isWaiting ? 'Nothing has arrived yet.' : 'Nothing was found.'}>
      <p>
        Looked for the {looked.join(', and the ')}, among traces and log lines.
        {isWaiting ? ' Evidence arrives within a second; this page keeps looking.' : ' It may be too old to be held.'}
      </p>
      {unavailable.map(({ backend, message }) => (
        <p key={backend}>
          {backend} gave no answer: {message}.
        </p>
      ))}
    </Notice>
  );
};
