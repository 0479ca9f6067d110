/** Expressions that more than one page asks. They name the metrics of docs/telemetry.md. */
const duration = 'http_server_request_duration_seconds';

/** A selector's text, `{job="order",le="0.5"}`; empty matchers are left out. */
export const toSelector = (...matchers: readonly string[]): string => {
  const kept = matchers.filter((matcher) => matcher !== '');
  return kept.length === 0 ? '' : `{${kept.join(',')}}`;
};

/** One matcher with its value quoted as PromQL wants it. */
export const matches = (label: string, value: string, operator: '=' | '!=' | '=~' | '!~' = '='): string =>
  `${label}${operator}${quote(value)}`;

export const quote = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const serverErrors = matches('http_response_status_code', '5..', '=~');

interface RedOptions {
  /** Only what these matchers select. */
  readonly only?: readonly string[];
  readonly by: string;
  /** A range in PromQL's form. */
  readonly window: string;
}

/** Requests per second. */
export const requestRate = ({ only = [], by, window }: RedOptions): string =>
  `sum by (${by}) (rate(${duration}_count${toSelector(...only)}[${window}]))`;

/** Failed requests (5xx) per second; nothing where none has ever failed. */
export const errorRate = ({ only = [], by, window }: RedOptions): string =>
  `sum by (${by}) (rate(${duration}_count${toSelector(...only, serverErrors)}[${window}]))`;

/** Seconds that a share of the requests stays below. */
export const durationQuantile = (quantile: number, { only = [], by, window }: RedOptions): string => {
  const selected = `${duration}_bucket${toSelector(...only)}`;
  return `histogram_quantile(${quantile}, sum by (${by}, le) (rate(${selected}[${window}])))`;
};
