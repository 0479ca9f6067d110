import type { Exemplar } from '../../../queries/prometheus.js';
import { formatTime } from '../../parts/format.js';
import { formatValue, type Unit } from './units.js';

export interface Dot {
  readonly exemplar: Exemplar;
  /** CSS pixels from the corner of the chart. */
  readonly left: number;
  readonly top: number;
}

/** One observation each, as a link to the trace in which it was made. */
export const ExemplarDots = ({ dots, unit }: { readonly dots: readonly Dot[]; readonly unit: Unit }) => (
  <>
    {dots.map(({ exemplar, left, top }) => (
      <a
        key={`${exemplar.traceId} ${exemplar.atMs} ${exemplar.value}`}
        class="exemplar"
        href={`/traces/${exemplar.traceId}`}
        style={{ left: `${left}px`, top: `${top}px` }}
        title={describe(exemplar, unit)}
      >
        <span class="visually-hidden">{describe(exemplar, unit)}</span>
      </a>
    ))}
  </>
);

const describe = ({ labels, value, atMs, traceId }: Exemplar, unit: Unit): string => {
  const what = [labels.job, labels.http_request_method, labels.http_route].filter(Boolean).join(' ');
  return `${formatValue(unit, value)} at ${formatTime(atMs)}, ${what}: trace ${traceId}`;
};
