import { ElasticError } from './errors.js';

const form =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/;
type Unit = 'y' | 'M' | 'w' | 'd' | 'h' | 'H' | 'm' | 's';

/**
 * Epoch milliseconds of a date as Elasticsearch reads it with `strict_date_optional_time||epoch_millis` and date math
 * (`now-15m`, `now/d`, `2026-11-22||+1h`). `roundUp` takes the last millisecond of what is left open of the day or by
 * the math; a day or month that is not named is the first one all the same.
 */
export const parseDate = (value: unknown, now: number, roundUp: boolean): number => {
  const text = String(value);
  const [anchor, math] = text.startsWith('now') ? ['now', text.slice(3)] : splitOnce(text, '||');
  const start = anchor === 'now' ? now : parseAnchor(anchor, roundUp && !text.includes('||'));
  const end = start === undefined ? undefined : applyMath(start, math, roundUp);
  if (end === undefined || Number.isNaN(end)) {
    const reason = `failed to parse date field [${text}] with format [strict_date_optional_time||epoch_millis]`;
    throw new ElasticError('parse_exception', reason);
  }
  return end;
};

const splitOnce = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
};

const parseAnchor = (text: string, roundUp: boolean): number | undefined => {
  // Four digits are a year.
  if (/^(?!\d{4}$)-?\d{1,15}$/.test(text)) return Number(text);
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const iso = `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}`;
  const start = Date.parse(`${iso}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}${zone ?? 'Z'}`);
  if (!roundUp || fraction !== undefined) return start;
  const open: Unit = second ? 's' : minute ? 'm' : hour ? 'h' : 'd';
  return shift(start, 1, open) - 1;
};

const applyMath = (start: number, math: string, roundUp: boolean): number | undefined => {
  if (!/^([+-]\d*[yMwdhHms]|\/[yMwdhHms])*$/.test(math)) return undefined;
  let time = start;
  for (const [, sign, amount, unit] of math.matchAll(/([+\-/])(\d*)([yMwdhHms])/g)) {
    const by = unit as Unit;
    if (sign === '/') time = roundUp ? shift(floor(time, by), 1, by) - 1 : floor(time, by);
    else time = shift(time, (sign === '-' ? -1 : 1) * Number(amount || '1'), by);
  }
  return time;
};

const milliseconds = { s: 1e3, m: 6e4, h: 36e5, H: 36e5, d: 864e5, w: 6048e5 };

const shift = (time: number, amount: number, unit: Unit): number => {
  if (unit !== 'y' && unit !== 'M') return time + amount * milliseconds[unit];
  const date = new Date(time);
  const month = date.getUTCMonth() + amount * (unit === 'y' ? 12 : 1);
  // The 31st plus one month is the last day of a shorter month, not a day of the month after it.
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  date.setUTCMonth(month, Math.min(date.getUTCDate(), lastDay));
  return date.getTime();
};

const floor = (time: number, unit: Unit): number => {
  const date = new Date(time);
  if (unit === 'y') return Date.UTC(date.getUTCFullYear(), 0);
  if (unit === 'M') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  // Weeks begin on Monday; the epoch was a Thursday.
  const origin = unit === 'w' ? -3 * milliseconds.d : 0;
  return Math.floor((time - origin) / milliseconds[unit]) * milliseconds[unit] + origin;
};
