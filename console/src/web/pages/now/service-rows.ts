import type { Point, Sample, Series } from '../../../queries/prometheus.js';

/** A service as the first page shows it. */
export interface ServiceRow {
  readonly service: string;
  /** Whether its metrics could be read; `part`: some of its instances could not. */
  readonly state: 'up' | 'part' | 'down';
  /** Requests per second, and now; undefined without any. */
  readonly rates: readonly Point[];
  readonly rate: number | undefined;
  /** Failed requests per second. */
  readonly errors: readonly Point[];
  /** Share of the requests that fail, 0 to 1; undefined without requests. */
  readonly errorShare: number | undefined;
  /** Seconds. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly p95s: readonly Point[];
}

export interface ServiceSeries {
  readonly up: readonly Sample[];
  readonly rates: readonly Series[];
  readonly errors: readonly Series[];
  readonly p50s: readonly Series[];
  readonly p95s: readonly Series[];
  readonly p99s: readonly Series[];
}

/** One row for each service that is scraped or that has been, in the order in which a request meets them. */
export const toServiceRows = (series: ServiceSeries): ServiceRow[] => {
  const services = new Set([...series.up, ...series.rates].map(({ labels }) => labels.job ?? ''));
  return [...services]
    .filter((service) => service !== '')
    .sort(byPlace)
    .map((service) => toRow(service, series));
};

const toRow = (service: string, series: ServiceSeries): ServiceRow => {
  const pointsOf = (list: readonly Series[]): readonly Point[] =>
    list.find(({ labels }) => labels.job === service)?.points ?? [];
  const [rates, errors, p95s] = [pointsOf(series.rates), pointsOf(series.errors), pointsOf(series.p95s)];
  const rate = lastOf(rates);
  return {
    service,
    state: toState(series.up.filter(({ labels }) => labels.job === service)),
    rates,
    rate,
    errors,
    errorShare: rate === undefined || rate === 0 ? undefined : (lastOf(errors) ?? 0) / rate,
    p50: lastOf(pointsOf(series.p50s)),
    p95: lastOf(p95s),
    p99: lastOf(pointsOf(series.p99s)),
    p95s,
  };
};

const toState = (instances: readonly Sample[]): ServiceRow['state'] => {
  const ups = instances.filter(({ value }) => value === 1).length;
  if (ups === 0) return 'down';
  return ups === instances.length ? 'up' : 'part';
};

/** A quantile of nothing is NaN, which is not a value that anybody wants to see. */
const lastOf = (points: readonly Point[]): number | undefined => {
  const value = points.at(-1)?.value;
  return value === undefined || !Number.isFinite(value) ? undefined : value;
};

/** The door first, who watches last. */
const places: readonly string[] = ['gateway', '', 'console'];

const placeOf = (service: string): number => (places.includes(service) ? places.indexOf(service) : 1);

const byPlace = (a: string, b: string): number => placeOf(a) - placeOf(b) || a.localeCompare(b);
