import type { Alert } from '../../../queries/prometheus.js';
import type { ServiceRow } from './service-rows.js';

interface HeadlineProps {
  readonly rows: readonly ServiceRow[] | undefined;
  readonly alerts: readonly Alert[] | undefined;
}

/** The answer in one line, for whoever has only time for that. */
export const Headline = ({ rows, alerts }: HeadlineProps) => {
  if (rows === undefined || rows.length === 0) return null;
  const down = rows.filter(({ state }) => state !== 'up').map(({ service }) => service);
  const firing = alerts?.filter(({ state }) => state === 'firing').length;
  const isBad = down.length > 0 || (firing ?? 0) > 0;
  return (
    <p class={isBad ? 'headline headline-bad' : 'headline'}>
      {down.length === 0
        ? `All ${rows.length} services are up.`
        : `${toList(down)} ${down.length === 1 ? 'is' : 'are'} down.`}
      {firing === undefined ? null : ` ${toAlertText(firing)}`}
    </p>
  );
};

const toList = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const toAlertText = (count: number): string => {
  if (count === 0) return 'No alert is firing.';
  return count === 1 ? '1 alert is firing.' : `${count} alerts are firing.`;
};
