import type { FieldValue, LogLine } from '../../../analysis/log-line.js';
import { withPart } from '../../../analysis/log-query/edit.js';
import { printLogQuery } from '../../../analysis/log-query/print.js';
import type { LogQuery } from '../../../analysis/log-query/syntax.js';
import { toVisibleText } from '../../../analysis/visible-text.js';
import { PlainText } from '../../parts/plain-text.js';
import { navigate, setQuery, toUrl } from '../../shell/location.js';

interface FieldTableProps {
  readonly line: LogLine;
  /** What is asked for now; without it a filter begins a new search. */
  readonly query?: LogQuery;
}

/** A longer value is nothing to filter by, and would not fit into a URL. */
const longestFilter = 500;

/** Every field of a line, each to be asked for or excluded. */
export const FieldTable = ({ line, query }: FieldTableProps) => {
  const filter = (part: LogQuery): void => {
    if (query !== undefined) setQuery({ q: printLogQuery(withPart(query, part)) });
    else navigate(toUrl('/logs', { q: printLogQuery(part), from: 'now-1d' }));
  };
  return (
    <dl class="fields">
      {Object.entries(line.fields)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => (
          <Field key={name} name={name} value={value} filter={filter} />
        ))}
    </dl>
  );
};

/** A query is one line of characters that can be seen. */
const canBeTyped = (text: string): boolean => text.length <= longestFilter && !/\p{Cc}/u.test(text);

interface FieldProps {
  readonly name: string;
  readonly value: FieldValue;
  readonly filter: (part: LogQuery) => void;
}

const Field = ({ name, value, filter }: FieldProps) => {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  const part: LogQuery = { kind: 'is', field: name, value: text };
  const canFilter = typeof value !== 'object' && canBeTyped(text) && /^[A-Za-z_@][\w@.-]*$/.test(name);
  const shown = toVisibleText(name);
  return (
    <div class="field-row">
      <dt>
        <PlainText text={name} maxLength={100} />
      </dt>
      <dd>
        <PlainText text={text} maxLength={600} keepLines />
      </dd>
      <dd class="field-filters">
        {canFilter ? (
          <>
            <button
              type="button"
              aria-label={`Only lines with this ${shown}`}
              title="Only these"
              onClick={() => filter(part)}
            >
              +
            </button>
            <button
              type="button"
              aria-label={`No lines with this ${shown}`}
              title="None of these"
              onClick={() => filter({ kind: 'not', part })}
            >
              −
            </button>
          </>
        ) : null}
      </dd>
    </div>
  );
};
