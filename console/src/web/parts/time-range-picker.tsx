import { setTimeRange, type TimeRange } from '../shell/time-range.js';
import { formatDateTime } from './format.js';

const presets: readonly (readonly [from: string, name: string])[] = [
  ['now-5m', 'last 5 min'],
  ['now-15m', 'last 15 min'],
  ['now-1h', 'last hour'],
  ['now-3h', 'last 3 hours'],
  ['now-1d', 'last day'],
];

/** Chooses how far back a page looks; a range between two fixed times can be left again for a live one. */
export const TimeRangePicker = ({ range }: { readonly range: TimeRange }) => {
  const isPreset = range.isLive && presets.some(([from]) => from === range.from);
  const { startMs, endMs } = range.resolve();
  return (
    <label class="field">
      <span class="visually-hidden">Time range</span>
      <select
        value={isPreset ? range.from : 'fixed'}
        onChange={(event) => setTimeRange(event.currentTarget.value, 'now')}
      >
        {isPreset ? null : (
          <option value="fixed" disabled>
            {range.isLive ? `since ${range.from}` : `${formatDateTime(startMs)} to ${formatDateTime(endMs).slice(11)}`}
          </option>
        )}
        {presets.map(([from, name]) => (
          <option key={from} value={from}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
};
