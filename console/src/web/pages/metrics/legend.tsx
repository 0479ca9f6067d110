import type { Series } from '../../../queries/prometheus.js';
import { formatTime } from '../../parts/format.js';
import { seriesColor } from './plot.js';
import { formatValue, type Unit } from './units.js';

interface LegendProps {
  readonly series: readonly Series[];
  readonly names: readonly string[];
  readonly unit: Unit;
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (name: string) => void;
  /** The time whose values are shown; undefined: the last ones. */
  readonly atMs: number | undefined;
}

/** The names of the lines with their values; a click hides a line or brings it back. */
export const Legend = ({ series, names, unit, hidden, toggle, atMs }: LegendProps) => (
  <ul class="legend" aria-label={atMs === undefined ? 'Last values' : `Values at ${formatTime(atMs)}`}>
    {series.map((each, index) => {
      const name = names[index] ?? '';
      const value =
        atMs === undefined ? each.points.at(-1)?.value : each.points.find((point) => point.atMs === atMs)?.value;
      return (
        <li key={name}>
          <button type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
            <span class="swatch" style={{ background: `var(${seriesColor(index)})` }} />
            <span class="legend-name">{name}</span>
            <span class="number">{value === undefined ? '–' : formatValue(unit, value)}</span>
          </button>
        </li>
      );
    })}
  </ul>
);
