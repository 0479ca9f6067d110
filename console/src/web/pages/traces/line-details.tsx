import type { LogLine } from '../../../analysis/log-line.js';
import { formatDuration } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { FieldTable } from '../logs/field-table.js';
import { LineLinks } from '../logs/line-links.js';
import { DetailsHead } from './details-head.js';

interface LineDetailsProps {
  readonly line: LogLine;
  /** After the start of the trace, microseconds. */
  readonly offsetUs: number;
  readonly close: () => void;
}

/** All fields of a log line of the waterfall. */
export const LineDetails = ({ line, offsetUs, close }: LineDetailsProps) => (
  <>
    <DetailsHead title={line.fact || 'log line'} service={line.service} close={close} />
    <p>
      <span class={`level level-${line.level}`}>{line.level}</span> <PlainText text={line.message} keepLines />{' '}
      <span class="muted">after {formatDuration(offsetUs / 1_000)}</span>
    </p>
    <LineLinks line={line} />
    <FieldTable line={line} />
  </>
);
