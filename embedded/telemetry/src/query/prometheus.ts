import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { createApi, statusOf } from '../http.js';
import { createPromql, type Expression, type Labels, PromqlError, parsePromql, type Value } from '../promql/index.js';
import type { Scraper } from '../scrape/scraper.js';
import type { MetricStore } from '../store/metrics.js';
import type { Matcher } from '../store/metrics-labels.js';
import { argument, durationArgument, matchArguments, refuse, timeArgument } from './prometheus-parameters.js';

const maxQueryLength = 16_384;
const maxPointsPerSeries = 11_000;
const maxTimeoutMs = 10_000;
const statuses = { bad_data: 400, execution: 422, timeout: 503 };

export interface PrometheusApiOptions {
  metrics: MetricStore;
  scraper: Pick<Scraper, 'targets' | 'metadata'>;
  /** Epoch milliseconds. */
  now: () => number;
  /** Serves `/api/v1/rules` and `/api/v1/alerts`. */
  rules?: Router | undefined;
}

/** Prometheus' HTTP API, as Grafana and the console ask it. What is not supported is refused in its error form. */
export const createPrometheusApi = ({ metrics, scraper, now, rules }: PrometheusApiOptions): Express => {
  const api = createApi();
  const form = express.urlencoded({ extended: false, limit: 65_536 });
  const expressionOf = (req: Request): Expression => {
    const text = argument(req, 'query');
    return text.length > maxQueryLength ? refuse('query', 'it is too long') : parsePromql(text);
  };
  const promqlFor = (req: Request) => {
    if (argument(req, 'lookback_delta') !== '') refuse('lookback_delta', 'it is not supported');
    const timeoutMs = argument(req, 'timeout') === '' ? maxTimeoutMs : durationArgument(req, 'timeout');
    return createPromql(metrics, Math.min(timeoutMs, maxTimeoutMs));
  };
  const labelsOf = (req: Request, selectors = matchArguments(req)): Labels[] => {
    const [start, end] = [timeArgument(req, 'start', 0), timeArgument(req, 'end', Number.POSITIVE_INFINITY)];
    const series = (selectors.length > 0 ? selectors : [[]]).flatMap((matchers) => metrics.select(matchers));
    const wanted = series.filter(({ firstAt, lastAt }) => firstAt <= end && lastAt >= start);
    return [...new Set(wanted)].map(({ labels }) => labels);
  };
  const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();

  const answers: Readonly<Record<string, (req: Request) => unknown>> = {
    query(req) {
      const at = timeArgument(req, 'time', now());
      return toJson(promqlFor(req).query(expressionOf(req), at), at);
    },
    query_range(req) {
      const [start, end, step] = [timeArgument(req, 'start'), timeArgument(req, 'end'), durationArgument(req, 'step')];
      if (end < start) refuse('end', 'end timestamp must not be before start time');
      if ((end - start) / step > maxPointsPerSeries)
        refuse(
          'step',
          'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution',
        );
      return toJson(promqlFor(req).queryRange(expressionOf(req), start, end, step), end);
    },
    query_exemplars(req) {
      const [start, end] = [timeArgument(req, 'start', 0), timeArgument(req, 'end', now())];
      const found = selectorsOf(expressionOf(req)).flatMap((matchers) => metrics.exemplars(matchers, start, end));
      return found.map(({ labels, exemplars }) => ({
        seriesLabels: labels,
        exemplars: exemplars.map((exemplar) => ({ ...exemplar, value: toText(exemplar.value) })),
      }));
    },
    series: (req) => (matchArguments(req).length > 0 ? labelsOf(req) : refuse('match[]', 'it is not provided')),
    labels: (req) => distinct(labelsOf(req).flatMap(Object.keys)),
    'label/:name/values'(req) {
      const name = String(req.params.name);
      if (!/^[a-zA-Z_]\w*$/.test(name)) refuse('name', `invalid label name: ${JSON.stringify(name)}`);
      return distinct(labelsOf(req).flatMap((labels) => labels[name] ?? []));
    },
    metadata(req) {
      const [metric, limit] = [argument(req, 'metric'), Number(argument(req, 'limit') || Number.POSITIVE_INFINITY)];
      const known = [...scraper.metadata()].filter(([name]) => metric === '' || name === metric);
      return Object.fromEntries(known.slice(0, limit).map(([name, said]) => [name, [said]]));
    },
    targets: () => ({ activeTargets: scraper.targets(), droppedTargets: [], droppedTargetCounts: {} }),
    // Grafana asks which Prometheus it speaks to, and offers what that one knows.
    'status/buildinfo': () => ({ version: '2.42.0', revision: 'embedded', branch: '', buildUser: '', buildDate: '' }),
  };
  for (const [path, answer] of Object.entries(answers)) {
    const handle = (req: Request, res: Response): void => void res.json({ status: 'success', data: answer(req) });
    api.route(`/api/v1/${path}`).get(handle).post(form, handle);
  }
  for (const state of ['Healthy', 'Ready'])
    api.get(`/-/${state.toLowerCase()}`, (_req, res) => void res.type('text').send(`Prometheus Server is ${state}.\n`));
  if (rules) api.use(rules);
  api.use((req: Request, res: Response) =>
    fail(res, 404, 'not_found', `${req.path} is not served by the embedded backend`),
  );
  api.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    if (error instanceof PromqlError) return fail(res, statuses[error.errorType], error.errorType, error.message);
    const status = statusOf(error);
    if (status < 500) return fail(res, status, 'bad_data', error instanceof Error ? error.message : 'bad request');
    fail(res, status, 'internal', 'internal error');
  });
  return api;
};

const fail = (res: Response, status: number, errorType: string, error: string): void => {
  res.status(status).json({ status: 'error', errorType, error });
};

const selectorsOf = (expression: Expression): Matcher[][] => {
  if (expression.kind === 'selector') return [expression.matchers];
  const parts = Object.values(expression).flat() as unknown[];
  return parts.flatMap((part) =>
    typeof part === 'object' && part !== null && 'kind' in part ? selectorsOf(part as Expression) : [],
  );
};

const toJson = (value: Value, at: number) => {
  const point = (number: number, time = at) => [time / 1_000, toText(number)];
  if (value.type === 'scalar') return { resultType: value.type, result: point(value.value) };
  const result =
    value.type === 'vector'
      ? value.samples.map(({ labels, value }) => ({ metric: labels, value: point(value) }))
      : value.series.map(({ labels, points }) => ({ metric: labels, values: points.map((p) => point(p.value, p.at)) }));
  return { resultType: value.type, result };
};

/** As Go writes it, whose exponents have two digits at least. */
const toText = (value: number): string => {
  if (Number.isFinite(value)) return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};
