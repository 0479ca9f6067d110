import { createPromql } from '../../promql/index.js';
import { createMetricStore } from '../../store/metrics.js';

export interface RangeQueryFigures {
  series: number;
  /** Of CPU time for each of the repetitions, ascending. */
  cpuMs: number[];
  wallMs: number[];
  /** What the store says that the hour of samples takes. */
  bytes: number;
}

const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'];
const routes = 20;
const hourMs = 3_600_000;

/** `query_range` of a rate and a histogram_quantile over 1 h at 15 s, of 200 series with one sample a second. */
export const measureRangeQuery = (repetitions = 20): RangeQueryFigures => {
  const store = createMetricStore(routes * bounds.length);
  const writer = store.createWriter();
  const start = 1_700_000_000_000;
  const counts = new Map<string, number>();
  for (let at = start - 60_000; at <= start + hourMs; at += 1_000) {
    writer.begin(at);
    for (let route = 0; route < routes; route++)
      for (const [place, le] of bounds.entries()) {
        const key = `${route} ${le}`;
        const count = (counts.get(key) ?? 0) + ((at / 1_000 + route) % (12 - place) === 0 ? place + 1 : 0);
        counts.set(key, count);
        writer.sample(key, () => ({ __name__: 'x_bucket', route: `/api/${route}`, le, job: 'gateway' }), count);
      }
    writer.finish();
  }
  const promql = createPromql(store);
  const query = 'histogram_quantile(0.95, sum by (le) (rate(x_bucket[1m])))';
  const times = Array.from({ length: repetitions }, () => {
    const [before, began] = [process.cpuUsage(), performance.now()];
    promql.queryRange(query, start, start + hourMs, 15_000);
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - began };
  });
  const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
  return {
    series: store.stats().series,
    cpuMs: sorted(times.map(({ cpuMs }) => cpuMs)),
    wallMs: sorted(times.map(({ wallMs }) => wallMs)),
    bytes: store.stats().bytes,
  };
};
