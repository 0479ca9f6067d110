import { type LogLine, textField } from '../../../analysis/log-line.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';

/** Where a line leads: the place in its trace, why it came to that, and what its words mean. */
export const LineLinks = ({ line }: { readonly line: LogLine }) => {
  const code = textField(line, 'error.code');
  const { traceId, spanId, fact } = line;
  return (
    <p class="link-row">
      {traceId === undefined ? null : (
        <>
          <Link href={toUrl(`/traces/${encodeURIComponent(traceId)}`, { span: spanId })}>its trace</Link>
          <Link href={`/why/${encodeURIComponent(traceId)}`}>why</Link>
        </>
      )}
      {fact === '' ? null : <Link href={`/docs/telemetry#${encodeURIComponent(fact)}`}>what {fact} is</Link>}
      {code === '' ? null : <Link href={`/docs/errors#${encodeURIComponent(code)}`}>what {code} means</Link>}
    </p>
  );
};
