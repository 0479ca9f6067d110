import { useEffect, useState } from 'preact/hooks';
import type { LogQueryError } from '../../../analysis/log-query/syntax.js';
import { setQuery } from '../../shell/location.js';

interface QueryLineProps {
  readonly text: string;
  readonly error: LogQueryError | undefined;
  readonly search: () => void;
}

const examples: readonly (readonly [example: string, meaning: string])[] = [
  ['log.level:(warn OR error)', 'one of two values'],
  ['service.name:payment -event.action:http.request', 'the minus, or NOT, excludes'],
  ['http.response.status_code:>=500', 'a comparison; also [200 TO 299]'],
  ['event.duration:>250ms', 'durations with a unit'],
  ['message:"was declined"', 'words one after the other'],
  ['event.action:order.*', 'a beginning'],
  ['_exists_:error.code', 'the field is there'],
  ['G-2026-7K3M9Q', 'anywhere, in any field'],
];

/** The query line; what cannot be read is shown where it is. */
export const QueryLine = ({ text, error, search }: QueryLineProps) => {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (typed.trim() === text) search();
    else setQuery({ q: typed.trim() });
  };
  return (
    <search aria-label="Log lines">
      <form class="query-line" onSubmit={submit}>
        <input
          type="search"
          class="mono"
          data-search
          aria-label="Query"
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : 'query-error'}
          placeholder="log.level:error AND service.name:payment"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Search
        </button>
        {error === undefined ? null : (
          <div id="query-error" class="query-error" role="alert">
            <pre>
              {text.slice(Math.max(0, error.column - 40), error.column + 40)}
              {'\n'}
              {' '.repeat(Math.min(error.column - 1, 39 + Number(error.column < 40)))}^
            </pre>
            Column {error.column}: {error.message}
          </div>
        )}
        <details class="query-help">
          <summary>How to ask</summary>
          <dl>
            {examples.map(([example, meaning]) => (
              <div key={example}>
                <dt>
                  <button type="button" class="quiet mono" onClick={() => setQuery({ q: example })}>
                    {example}
                  </button>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <p class="muted">
            Parts without a word between them must all be true; <code>AND</code>, <code>OR</code>, <code>NOT</code> and
            parentheses in any case.
          </p>
        </details>
      </form>
    </search>
  );
};
