import type { TraceSummary } from '../../../analysis/trace-search.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { navigate } from '../../shell/location.js';

const height = 130;
const width = 1_000;
const margin = { left: 6, right: 6, top: 10, bottom: 10 };

/**
 * Each trace by when it began and how long it took, on a logarithmic scale: the slow and the failed ones stand out. The
 * list below tells the same to whoever cannot see it.
 */
export const Scatter = ({ summaries }: { readonly summaries: readonly TraceSummary[] }) => {
  const durations = summaries.map(({ durationUs }) => Math.max(1, durationUs));
  const starts = summaries.map(({ trace }) => trace.startUs);
  const [lowUs, highUs] = [Math.min(...durations) / 1.3, Math.max(...durations) * 1.3];
  const [firstUs, lastUs] = [Math.min(...starts), Math.max(...starts)];
  const x = (us: number): number =>
    margin.left + ((us - firstUs) / Math.max(1, lastUs - firstUs)) * (width - margin.left - margin.right);
  const y = (us: number): number =>
    height - margin.bottom - (Math.log(us / lowUs) / Math.log(highUs / lowUs)) * (height - margin.top - margin.bottom);
  return (
    <figure class="scatter card">
      <div class="scatter-axis" aria-hidden="true">
        {ticks(lowUs, highUs).map((us) => (
          <span key={us} class="scatter-tick" style={{ top: `${(y(us) / height) * 100}%` }}>
            {formatDuration(us / 1_000)}
          </span>
        ))}
      </div>
      <div class="scatter-field">
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {ticks(lowUs, highUs).map((us) => (
            <line key={us} x1={0} x2={width} y1={y(us)} y2={y(us)} class="grid" vector-effect="non-scaling-stroke" />
          ))}
        </svg>
        {summaries.map(({ trace, root, durationUs, errors }) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list below is the way for keys and screen readers
          // biome-ignore lint/a11y/useKeyWithClickEvents: the same
          <span
            key={trace.traceId}
            class={errors > 0 ? 'dot dot-error' : 'dot'}
            style={{
              left: `${(x(trace.startUs) / width) * 100}%`,
              top: `${(y(Math.max(1, durationUs)) / height) * 100}%`,
            }}
            title={`${root?.service ?? ''} ${root?.name ?? ''}\n${formatDuration(durationUs / 1_000)} at ${formatTime(trace.startUs / 1_000)}${errors > 0 ? `, ${errors} errors` : ''}`}
            onClick={() => navigate(`/traces/${trace.traceId}`)}
          />
        ))}
      </div>
      <figcaption>
        <span>{formatTime(firstUs / 1_000).slice(0, 8)}</span>
        <span class="muted">duration of each trace; red squares failed; click opens</span>
        <span>{formatTime(lastUs / 1_000).slice(0, 8)}</span>
      </figcaption>
    </figure>
  );
};

/** Powers of ten within the range; both ends where there is none. */
const ticks = (lowUs: number, highUs: number): number[] => {
  const powers: number[] = [];
  for (let power = 10 ** Math.ceil(Math.log10(lowUs)); power <= highUs; power *= 10) powers.push(power);
  return powers.length > 0 ? powers : [lowUs * 1.3, highUs / 1.3];
};
