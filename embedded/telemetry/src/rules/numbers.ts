/** Numbers as Go's fmt and Prometheus' template functions write them. */

const special = (value: number): string | undefined => {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

/** Go's exponents have at least two digits: `1e+06`. */
const toGoExponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

/** Go's `%v`: the shortest text that is read back as the same number. */
export const formatFloat = (value: number): string => {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-4 && size < 1e6);
  return special(value) ?? (isPlain ? toPlain(value) : formatExponent(value));
};

/** Go's `%e` with the fewest digits, the form of values in Prometheus' list of alerts. */
export const formatExponent = (value: number): string => special(value) ?? toGoExponent(value.toExponential());

/** Go's `%.4g`, for 4 or any other number of significant digits. */
const formatGeneral = (value: number, digits: number): string => {
  const text = special(value);
  if (text !== undefined) return text;
  const rounded = round(value, digits);
  const size = Math.abs(rounded);
  if (size !== 0 && (size < 1e-4 || size >= 10 ** digits)) return toGoExponent(rounded.toExponential());
  return toPlain(rounded);
};

/** Go's `%.2f`, for 2 or any other number of decimals. */
export const formatFixed = (value: number, decimals: number): string => {
  const text = special(value);
  if (text !== undefined) return text;
  const digits = Number(value.toExponential().split('e')[1]) + 1 + decimals;
  // toFixed itself turns to exponents at 1e21.
  if (digits > 21) return BigInt(Math.trunc(value)).toString() + (Math.abs(value) % 1).toFixed(decimals).slice(1);
  if (digits > 0) return round(value, digits).toFixed(decimals);
  return (Math.abs(value) === 0.5 ? 0 : value).toFixed(decimals);
};

/** To so many significant digits. Exactly between two numbers Go takes the even one, JavaScript the larger. */
const round = (value: number, digits: number): number => {
  // A tie has few digits more than it is rounded to, so 100 show for sure whether it is one.
  const [mantissa = '', exponent] = value.toExponential(100).split('e');
  const figures = mantissa.replace('.', '');
  const signs = value < 0 ? 1 : 0;
  const kept = figures.slice(0, digits + signs);
  const isTieAtEven = /^50*$/.test(figures.slice(digits + signs)) && /[02468]$/.test(kept);
  return Number(isTieAtEven ? `${kept}e${Number(exponent) + 1 - digits}` : value.toPrecision(Math.min(100, digits)));
};

/** JavaScript turns to exponents only below 1e-6 and from 1e21 on, so this is plain wherever Go is. */
const toPlain = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const larger = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const smaller = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

/** With a metric prefix, `1.234k`. */
export const humanize = (value: number): string => {
  if (value === 0 || !Number.isFinite(value)) return formatGeneral(value, 4);
  return Math.abs(value) >= 1 ? scaleDown(value) : scaleUp(value);
};

const scaleDown = (value: number): string => {
  let rest = value;
  let step = 0;
  for (; Math.abs(rest) >= 1_000 && step < larger.length - 1; step++) rest /= 1_000;
  return `${formatGeneral(rest, 4)}${larger[step]}`;
};

const scaleUp = (value: number): string => {
  let rest = value;
  let step = 0;
  for (; Math.abs(rest) < 1 && step < smaller.length - 1; step++) rest *= 1_000;
  return `${formatGeneral(rest, 4)}${smaller[step]}`;
};

/** A share as percent, `12.5%`. */
export const humanizePercentage = (ratio: number): string => `${formatGeneral(ratio * 100, 4)}%`;

/** Seconds as `2m 15s`, `250ms`. */
export const humanizeDuration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return formatGeneral(seconds, 4);
  if (seconds === 0) return '0s';
  if (Math.abs(seconds) < 1) return `${scaleUp(seconds)}s`;
  const whole = Math.trunc(Math.abs(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const sign = seconds < 0 ? '-' : '';
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${whole % 60}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${whole % 60}s`;
  if (minutes > 0) return `${sign}${minutes}m ${whole % 60}s`;
  return `${sign}${formatGeneral(Math.abs(seconds), 4)}s`;
};
