import { useState } from 'preact/hooks';
import { toVisibleText } from '../../analysis/visible-text.js';

interface PlainTextProps {
  readonly text: string;
  /** More characters are hidden behind "show all". Default 300. */
  readonly maxLength?: number;
  readonly keepLines?: boolean;
}

/** Even "show all" has an end: a browser stops answering long before a person has read this much. */
const longest = 100_000;

/** Text from a log or span: always text, whatever it contains, and never longer than a page can bear. */
export const PlainText = ({ text, maxLength = 300, keepLines = false }: PlainTextProps) => {
  const [isWhole, setWhole] = useState(false);
  const limit = isWhole ? longest : maxLength;
  const shown = toVisibleText(text.slice(0, limit), { keepLines });
  return (
    <span class={keepLines ? 'plain-text plain-text-lines' : 'plain-text'}>
      {/* Isolated, so that right-to-left text cannot reorder what stands around it. */}
      <bdi>{shown}</bdi>
      {text.length > limit ? '…' : ''}
      {text.length > maxLength && !isWhole ? (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          show all {text.length.toLocaleString('en')} characters
        </button>
      ) : null}
      {text.length > limit && isWhole ? <em> ({(text.length - limit).toLocaleString('en')} more characters)</em> : null}
    </span>
  );
};
