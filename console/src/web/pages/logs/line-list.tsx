import { useState } from 'preact/hooks';
import { type LogLine, textField } from '../../../analysis/log-line.js';
import type { LogQuery } from '../../../analysis/log-query/syntax.js';
import { toVisibleText } from '../../../analysis/visible-text.js';
import { formatDateTime, formatTime } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { FieldTable } from './field-table.js';
import { LineLinks } from './line-links.js';

interface LineListProps {
  readonly lines: readonly LogLine[];
  readonly query: LogQuery;
}

export const LineList = ({ lines, query }: LineListProps) => {
  const [openIds, setOpenIds] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string): void =>
    setOpenIds((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return (
    <ol class="lines">
      {lines.map((line) => (
        <Line key={line.id} line={line} query={query} isOpen={openIds.has(line.id)} toggle={toggle} />
      ))}
    </ol>
  );
};

interface LineProps {
  readonly line: LogLine;
  readonly query: LogQuery;
  readonly isOpen: boolean;
  readonly toggle: (id: string) => void;
}

const maxWord = 60;

const Line = ({ line, query, isOpen, toggle }: LineProps) => {
  const { id, atMs, level, service, message, fact, traceId, spanId } = line;
  const code = textField(line, 'error.code');
  return (
    <li class={`line line-${/^(error|warn|info|debug)$/.test(level) ? level : 'other'}`}>
      <button
        type="button"
        class="line-time"
        aria-expanded={isOpen}
        onClick={() => toggle(id)}
        title={formatDateTime(atMs)}
      >
        {formatTime(atMs)}
      </button>
      <span class="level">{toVisibleText(level.slice(0, maxWord))}</span>
      <b class="line-service">{toVisibleText(service.slice(0, maxWord))}</b>
      <span class="line-message">
        <PlainText text={message} />
        {fact === '' ? null : (
          <Link href={`/docs/telemetry#${encodeURIComponent(fact)}`} class="line-fact">
            {toVisibleText(fact.slice(0, maxWord))}
          </Link>
        )}
        {code === '' ? null : (
          <Link href={`/docs/errors#${encodeURIComponent(code)}`} class="line-fact">
            {toVisibleText(code.slice(0, maxWord))}
          </Link>
        )}
      </span>
      {traceId === undefined ? null : (
        <Link class="line-trace" href={toUrl(`/traces/${encodeURIComponent(traceId)}`, { span: spanId })}>
          trace
        </Link>
      )}
      {isOpen ? (
        <div class="line-open">
          <LineLinks line={line} />
          <FieldTable line={line} query={query} />
        </div>
      ) : null}
    </li>
  );
};
